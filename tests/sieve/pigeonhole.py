"""Runs scripts by Pigeonhole's sieve-test and reads what it says would be done."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

EXECUTABLE = shutil.which("sieve-test")
_CONFIGURATION = """
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_home = {folder}/home
mail_location = maildir:{folder}/home/mail
base_dir = {folder}/run
log_path = /dev/stderr
ssl = no
plugin {{
  sieve_max_actions = 0
  sieve_max_script_size = 0
  {settings}
}}
"""
_IN_UTC = {**os.environ, "TZ": "UTC"}
_STORE = re.compile(r" \* store message in folder: (.*)")
_FLAGS = re.compile(r"\s+\+ add IMAP flags: (.*)")


def user() -> pwd.struct_passwd:
    """Give whom Pigeonhole's tools run as: root does not."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def configure(folder: Path, settings: str) -> Path:
    """Write a configuration for Pigeonhole's tools into a folder, with these settings of the plugin."""
    configuration = folder / "dovecot.conf"
    someone = user()
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, user=someone.pw_uid, group=someone.pw_gid, settings=settings)
    )
    return configuration


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a message ends up, with the flags it has there; empty if it is discarded."""

    mailboxes: dict[str, frozenset[str]] = field(default_factory=dict)
    """By name, INBOX for where it came; the flags in lower case."""

    def __str__(self) -> str:
        shown = (f"{name}{sorted(flags) if flags else ''}" for name, flags in sorted(self.mailboxes.items()))
        return ", ".join(shown) or "(discarded)"


class ScriptRefused(Exception):
    """Pigeonhole does not take the script, or failed in it."""


class Pigeonhole:
    """A folder in which scripts and messages lie, with a configuration."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._scripts: dict[str, Path] = {}
        self._configuration = configure(folder, "sieve_extensions = +imapflags +editheader")

    def run(self, script: str, message: bytes, *options: str) -> Outcome:
        """Run a script over a message. Raises ScriptRefused."""
        self._number += 1
        mail = self._folder / f"{self._number}.eml"
        mail.write_bytes(message)
        command = ["sieve-test", "-c", str(self._configuration), *options, str(self._script(script)), str(mail)]
        done = subprocess.run(command, env=_IN_UTC, capture_output=True, timeout=60, check=False)
        mail.unlink()
        if done.returncode:
            raise ScriptRefused(done.stderr.decode("utf-8", "replace") or f"exit status {done.returncode}")
        return read_outcome(done.stdout.decode("utf-8", "replace"))

    def beside(self, name: str, script: str) -> None:
        """Put a script where others can include it."""
        personal = self._folder / "home" / "sieve"
        personal.mkdir(parents=True, exist_ok=True)
        (personal / f"{name}.sieve").write_text(script)

    def _script(self, script: str) -> Path:
        path = self._scripts.get(script)
        if path is None:
            path = self._scripts[script] = self._folder / f"s{len(self._scripts)}.sieve"
            path.write_text(script, newline="")
            command = ["sievec", "-c", str(self._configuration), str(path)]
            done = subprocess.run(command, capture_output=True, timeout=60, check=False)
            if done.returncode:
                raise ScriptRefused(done.stderr.decode("utf-8", "replace"))
        return path


def read_outcome(said: str) -> Outcome:
    """Read what sieve-test prints."""
    mailboxes: dict[str, frozenset[str]] = {}
    last = ""
    for line in said.splitlines():
        if stored := _STORE.fullmatch(line):
            last = "INBOX" if stored[1].upper() == "INBOX" else stored[1]
            mailboxes.setdefault(last, frozenset())
        elif flags := _FLAGS.fullmatch(line):
            mailboxes[last] = frozenset(flags[1].lower().split())
    return Outcome(mailboxes)


@contextmanager
def pigeonhole() -> Iterator[Pigeonhole]:
    """Give one for a while."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Pigeonhole(Path(folder))
