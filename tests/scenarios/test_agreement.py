"""What explain says of a message is what a dry run says, and what the daemon then does: random rules, nasty mail."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.cli.running import mailrules, objects
from tests.faults.process import eventually
from tests.mime_corpus import messages
from tests.scenarios.setting import account
from tests.scenarios.test_search_agrees import HEADERS
from tests.servers.names import from_wire, to_wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.daemon.house import House
    from tests.servers.dovecot import Dovecot

Told = dict[str, object]
"""What a command says of one message: matched, unknown, steps, error."""
Picture = Counter[tuple[str, int, frozenset[str]]]
"""How often which message lies in which mailbox with which flags."""

_IN_THE_FILE = [
    'from.domain = "example.com"',
    'from.name.contains = "müller"',
    'from = "@*.example"',
    'subject.contains = ["invoice", "рахунок"]',
    "subject.regex = '(?i)needle|parts|message'",
    "subject.exists = false",
    'subject.starts_with = "a"',
    "to.count = { over = 1 }",
    "list_id.exists = true",
    'header."X-Tag".is = "beta"',
    "size.over = 700",
    'body = "needle"',
    'body.contains = ["Rahmenvertrag", "secret"]',
    "attachment = true",
    'attachment.name.glob = "*.pdf"',
    'attachment = { type = "application/*", count = 1 }',
    'part.type = "text/html"',
    'not.body.contains = "e"',
    'any = [{ subject = "boundary" }, { attachment.size.over = 10 }]',
    'sent.before = "2024-12-31"',
    'kind = "list"',
    "thread.exists = true",
    "duplicate = true",
]
_ON_THE_SERVER = [
    "search = 'UNSEEN SUBJECT \"part\"'",
    "search = 'BODY needle'",
    "not.search = 'FROM example'",
    "flags = '\\Seen'",
    "not.flags = ['\\Flagged', '$Work']",
    'received.after = "2025-01-01"',
    'mailbox_exists = "Archive"',
]
_ACTIONS = [
    'move = "Moved/A"',
    'move = "By/{from.domain}"',
    'move = "Subjects/{subject}"',
    "move = '\\Archive'",
    'move = "INBOX"',
    'copy = ["Copied/A", "Copied/B"]',
    'copy = "Names/{from.name}"',
    'copy = "INBOX"',
    "add_flags = ['\\Flagged', '$One']",
    "remove_flags = '\\Seen'",
    "set_flags = ['$Two']",
    "set_flags = []",
    "trash = true",
    "expunge = true",
    "stop = true",
]
_LAST = """
[[rules]]
name = "the end"
match.header.X-The-End.exists = true
then.move = "The end"
"""


def random_rules(chance: random.Random, conditions: Sequence[str]) -> str:
    """A dozen rules; those that take nearly everything come late, so that others have their turn."""
    rules = []
    for number in range(12):
        matches = chance.sample(conditions, chance.choice([1, 1, 2]))
        keys = [match.partition("=")[0].split(".")[0].strip() for match in matches]
        if len(set(keys)) < len(keys):
            matches = matches[:1]
        lines = [f"match.{match}" for match in matches] + [f"then.{chance.choice(_ACTIONS)}"]
        mode = ['mode = "observe"'] if chance.random() < 0.1 else []
        rules.append("\n".join(["[[rules]]", f'name = "rule {number}"', *mode, *lines, ""]))
    return _LAST + "\n".join(rules)


class Mail(NamedTuple):
    """A message as it is delivered; ``X-Number`` tells which it is."""

    raw: bytes
    flags: tuple[str, ...] = ()
    received: str = "03-Mar-2025 09:00:00 +0000"


_RECEIVED = Mail(b"").received
_TWICE = Mail(b"Message-ID: <twice@example.com>\r\nFrom: bob@example.com\r\nSubject: twice\r\n\r\nneedle\r\n")


_READ_OTHERWISE = (b"Subject: no semicolon", b"Subject: names without quotes")
"""Here Dovecot sees another type, or half of a name, where people see the whole."""


def mails() -> list[Mail]:
    """All messages; the last is there already."""
    nasty = [Mail(raw) for raw in messages().values()]
    nasty += [Mail(mail.octets(), mail.flags, mail.received) for mail in HEADERS.values()]
    numbered = enumerate([*nasty, _TWICE, _TWICE], start=1)
    return [mail._replace(raw=b"X-Number: %d\r\n" % number + mail.raw) for number, mail in numbered]


def _elsewhere(all_mail: Sequence[Mail]) -> frozenset[int]:
    """The messages of which a file does not tell all that a server does."""
    return frozenset(
        number
        for number, mail in enumerate(all_mail, start=1)
        if mail.flags
        or mail.received != _RECEIVED
        or number == len(all_mail)
        or any(each in mail.raw for each in _READ_OTHERWISE)
    )


def picture(server: Dovecot, user: str) -> Picture:
    """Look through imaplib where every message is."""
    seen: Picture = Counter()
    with server.session(user) as imap:
        for mailbox in server.look(user):
            imap.select(to_wire(mailbox), readonly=True)
            answer = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (X-NUMBER)])")[1]
            for line, header in (item for item in answer if isinstance(item, tuple)):
                number = re.search(rb"X-Number: (\d+)", header)
                flags = line.split(b"FLAGS (")[1].split(b")")[0].decode().split()
                if number:
                    seen[from_wire(to_wire(mailbox)), int(number[1]), frozenset(flags) - {"\\Recent"}] += 1
    return seen


def foretold(told: Mapping[int, Told], flags: Mapping[int, frozenset[str]]) -> Picture:
    """Carry out on paper what was said of each message."""
    where: Picture = Counter()
    for number, said in told.items():
        steps = said["steps"]
        assert isinstance(steps, list)
        own, home, copies = set(flags[number]), "INBOX", []
        for step in steps:
            match step:
                case {"add_flags": more}:
                    own |= set(more)
                case {"remove_flags": fewer}:
                    own -= set(fewer)
                case {"set_flags": whole}:
                    own = set(whole)
                case {"copy": target}:
                    copies.append(target)
                case {"move": target}:
                    home = {"\\Archive": "Archive"}.get(target, target)
                case {"trash": True}:
                    home = "Trash"
                case {"expunge": True}:
                    home = ""
        for mailbox in (*(copy for copy in copies if copy not in {"INBOX", home}), *([home] if home else [])):
            where[mailbox, number, frozenset(own)] += 1
    return where


def essence(told: Told) -> Told:
    """What is said of a message wherever it is said."""
    return {key: told.get(key) for key in ("matched", "observed", "unknown", "steps", "error")}


def is_told_of(told: Told) -> bool:
    """A dry run tells of messages that something would be done with, on trial or not."""
    return bool(told["steps"] or told["error"] or told["observed"])


def as_in_a_dry_run(told: Told) -> Told:
    """It names the rules that act, and none where there is nothing to do."""
    return told if told["steps"] or told["error"] else {**told, "matched": []}


def explained_files(folder: Path, config: Path, all_mail: Sequence[Mail]) -> dict[int, Told]:
    files = [folder / f"{number}.eml" for number in range(1, len(all_mail) + 1)]
    for file, mail in zip(files, all_mail, strict=True):
        file.write_bytes(mail.raw)
    said = objects(mailrules("explain", *files, "-c", config, "--json"))
    return dict(enumerate(map(essence, said), start=1))


@pytest.mark.parametrize(
    ("seed", "conditions"),
    [*((seed, _ON_THE_SERVER + _IN_THE_FILE) for seed in range(3)), (3, _IN_THE_FILE), (4, _IN_THE_FILE)],
)
async def test_explain_a_dry_run_and_the_daemon_agree(
    dovecot: Dovecot, house: House, user: str, tmp_path: Path, seed: int, conditions: list[str]
) -> None:
    house.write(account("work", user, dovecot.ports.imap), rules=random_rules(random.Random(seed), conditions))
    async with house.running():
        await house.heard("watching")
    all_mail = mails()
    flags = {number: frozenset(mail.flags) for number, mail in enumerate(all_mail, start=1)}

    def deliver() -> None:
        for mail in all_mail:
            dovecot.append(user, "INBOX", *mail)

    await asyncio.to_thread(deliver)
    assert sum(picture(dovecot, user).values()) == len(all_mail)

    uids = [word for number in flags for word in ("--uid", str(number))]
    explained = await asyncio.to_thread(mailrules, "explain", "-c", house.path, "--json", *uids)
    assert (explained.exit_code, explained.stderr) == (0, "")
    on_server = dict(enumerate(map(essence, objects(explained)), start=1))

    dry = await asyncio.to_thread(mailrules, "apply", "-c", house.path, "--dry-run", "--json")
    said = {int(str(told["uid"])): essence(told) for told in objects(dry)}
    assert said == {number: as_in_a_dry_run(told) for number, told in on_server.items() if is_told_of(told)}

    in_files = await asyncio.to_thread(explained_files, tmp_path, house.path, all_mail)
    alike = [number for number, told in in_files.items() if not told["unknown"] and number not in _elsewhere(all_mail)]
    assert len(alike) > 50 or conditions is not _IN_THE_FILE
    assert {number: in_files[number] for number in alike} == {number: on_server[number] for number in alike}

    expected = foretold(on_server, flags)
    dovecot.append(user, "INBOX", b"X-The-End: yes\r\n\r\n")
    async with house.running():
        await eventually(lambda: picture(dovecot, user) == expected, lambda: picture(dovecot, user) - expected)
