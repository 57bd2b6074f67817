"""The peer inside the server: Pigeonhole, with the mixed rules as a Sieve script (RFC 5228).

sieve-filter runs a compiled script over a mailbox in one process. What it takes above an empty script over the same
messages is the evaluation: reading the header fields from the message, decoding them, and the tests of all rules.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench.programs import Program, measured
from tests.sieve.pigeonhole import configure, user

_REQUIRED = 'require ["fileinto", "imap4flags", "regex"];\n'
EMPTY = _REQUIRED + "keep;\n"
_FIELDS = {"from": '"From"', "recipient": '["To", "Cc"]', "subject": '"Subject"', "list_id": '"List-Id"'}
_ADDRESSES = ("from", "recipient")


def available() -> bool:
    """Whether it is installed."""
    return shutil.which("sieve-filter") is not None and shutil.which("sievec") is not None


def script(rules: str) -> str:
    """Write the mixed rules (``mixed``) as a Sieve script."""
    written = tomllib.loads(rules).get("rules", [])
    return _REQUIRED + "".join(
        f"if {_all_of(rule['match'])} {{ fileinto {_quoted(rule['then']['move'])}; stop; }}\n" for rule in written
    )


def _all_of(match: dict[str, object]) -> str:
    return _joined("allof", [_test(key, value) for key, value in match.items()])


def _joined(word: str, tests: Sequence[str]) -> str:
    return tests[0] if len(tests) == 1 else f"{word}({', '.join(tests)})"


def _test(key: str, value: object) -> str:
    match key, value:
        case "any", list(groups):
            return _joined("anyof", [_all_of(group) for group in groups])
        case "not", dict(group):
            return f"not {_all_of(group)}"
        case "size", dict(bounds):
            return _joined("allof", [f"size :{word} {number}" for word, number in bounds.items()])
        case "flags", str() | list():
            return f"hasflag {_list(_texts(value))}"
        case _, str() | list() if key in _ADDRESSES:
            return _joined("anyof", [_address(_FIELDS[key], text) for text in _texts(value)])
        case _, str() | list():
            return f"header :is {_FIELDS[key]} {_list(_texts(value))}"
        case _, dict(operators):
            return _joined("allof", [_operator(key, word, _texts(texts)) for word, texts in operators.items()])
    raise ValueError(f"{key} = {value!r} has no Sieve here")


def _address(field: str, text: str) -> str:
    """An address; an address of a domain; or a glob of either."""
    kind = ":matches" if "*" in text or "?" in text else ":is"
    if text.startswith("@"):
        return f"address {kind} :domain {field} {_quoted(text[1:])}"
    return f"address {kind} {field} {_quoted(text)}"


def _operator(key: str, word: str, texts: Sequence[str]) -> str:
    field = _FIELDS[key]
    match word:
        case "domain":
            return f"address :is :domain {field} {_list(texts)}"
        case "contains" if key in _ADDRESSES:
            return f"address :contains {field} {_list(texts)}"
        case "contains":
            return f"header :contains {field} {_list(texts)}"
        case "glob":
            return f"header :matches {field} {_list([_anywhere(key, text) for text in texts])}"
        case "starts_with":
            return f"header :matches {field} {_list([_literally(text) + '*' for text in texts])}"
        case "regex":
            return f"header :regex {field} {_list([_posix(key, text) for text in texts])}"
    raise ValueError(f"{key}.{word} has no Sieve here")


def _anywhere(key: str, glob: str) -> str:
    """A List-Id stands within angle brackets there, after its description."""
    return f"*<{glob.removeprefix('*') if glob.startswith('*') else glob}>" if key == "list_id" else glob


def _literally(text: str) -> str:
    return re.sub(r"([*?\\])", r"\\\1", text)


def _posix(key: str, pattern: str) -> str:
    """Write a pattern as an extended regular expression of POSIX, which takes no account of case here anyway."""
    posix = pattern.removeprefix("(?i)").replace(r"\d", "[0-9]")
    return "<" + posix.removeprefix("^") if key == "list_id" and posix.startswith("^") else posix


def _texts(value: object) -> list[str]:
    match value:
        case str(text):
            return [text]
        case list(texts):
            return [str(text) for text in texts]
    raise ValueError(f"{value!r} is no text")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _list(texts: Sequence[str]) -> str:
    return _quoted(texts[0]) if len(texts) == 1 else f"[{', '.join(map(_quoted, texts))}]"


class Filter:
    """A mailbox of messages and a place for scripts."""

    def __init__(self, folder: Path, messages: Iterable[bytes]) -> None:
        self._folder = folder
        self._configuration = configure(folder, "sieve_max_cpu_time = 0")
        mail = folder / "home" / "mail"
        for name in ("cur", "new", "tmp"):
            (mail / name).mkdir(parents=True)
        for number, message in enumerate(messages):
            (mail / "cur" / f"{1_700_000_000 + number}.M{number}P1.bench:2,S").write_bytes(message)
        if os.geteuid() == 0:
            owner = user()
            for path in (folder / "home", *(folder / "home").rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self._scripts = 0

    def compiled(self, text: str) -> Path:
        """Compile a script, once for all runs."""
        self._scripts += 1
        path = self._folder / f"script-{self._scripts}.sieve"
        path.write_text(text)
        subprocess.run(["sievec", "-c", str(self._configuration), str(path)], check=True, capture_output=True)
        return path

    def seconds(self, compiled: Path) -> float:
        """Run a script over all messages; seconds of the processor."""
        return measured(Program(self._command(compiled))).cpu

    def filed(self, compiled: Path) -> int:
        """Run a script, and count the messages that it files elsewhere than INBOX."""
        done = subprocess.run(self._command(compiled), check=True, capture_output=True)
        return done.stdout.count(b"store message in folder: ") - done.stdout.count(b"store message in folder: INBOX")

    def _command(self, compiled: Path) -> list[str]:
        return ["sieve-filter", "-c", str(self._configuration), str(compiled), "INBOX"]
