"""Mailboxes full of mail in a moment: one user's mail is delivered once, and cloned for each run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.backlog import fill
from tests.bench.letters import TARGETS, Letter, target
from tests.servers.dovecot import Dovecot

_MASTER = "master"


@dataclass(slots=True)
class Stock:
    """INBOX with the letters 0 to `messages`, and the mailboxes into which the rules move them, empty."""

    server: Dovecot
    messages: int
    letters: Sequence[Letter] = ()
    _users: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.letters = [Letter(number) for number in range(self.messages)]
        self.server.create(_MASTER, *map(target, range(TARGETS)))
        fill(self.server, _MASTER, [letter.octets() for letter in self.letters])

    def user(self) -> str:
        """Make a user with a mailbox as full; mail files are linked, since Dovecot never writes to one twice."""
        name = f"clone-{len(self._users)}"
        self._users.append(name)
        _clone(self.server.folder / "mail" / _MASTER, self.server.folder / "mail" / name)
        return name

    def large_user(self, messages: int) -> str:
        """Make a user whose INBOX has the letters again and again, as many as it takes: links to the same files."""
        name = self.user()
        inbox = self.server.folder / "mail" / name / "mail" / "mailboxes" / "INBOX" / "dbox-Mails"
        for uid in range(self.messages + 1, messages + 1):
            (inbox / f"u.{uid}").hardlink_to(inbox / f"u.{(uid - 1) % self.messages + 1}")
        self.server.doveadm("force-resync", "-u", name, "INBOX")
        return name

    def left(self, user: str) -> int:
        """Count what is in INBOX, and remove the user's mail."""
        told = self.server.doveadm("mailbox", "status", "-u", user, "messages", "INBOX")
        shutil.rmtree(self.server.folder / "mail" / user, ignore_errors=True)
        return int(told.strip().rpartition("=")[2])

    def plan(self, rules: int) -> list[str | None]:
        """Give where each message belongs."""
        return [letter.destination(rules) for letter in self.letters]


def _clone(source: Path, goal: Path) -> None:
    for folder, _, names in os.walk(source):
        there = goal / Path(folder).relative_to(source)
        there.mkdir(parents=True)
        _like(Path(folder), there)
        for name in names:
            if name.startswith("u."):
                (there / name).hardlink_to(Path(folder) / name)
            else:
                shutil.copy2(Path(folder) / name, there / name)
                _like(Path(folder) / name, there / name)


def _like(source: Path, goal: Path) -> None:
    status = source.stat()
    os.chown(goal, status.st_uid, status.st_gid)
    goal.chmod(status.st_mode & 0o7777)
