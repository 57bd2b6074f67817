"""The demo ends by itself, files every mail as the example's rules say, and tells why."""

from __future__ import annotations

import asyncio
import imaplib
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import pytest

from mailrules.demo import rulefile
from mailrules.demo.mail import samples
from tests.builders import message

if TYPE_CHECKING:
    from asyncio.subprocess import Process

EXPECTED = {
    "newsletter": {"Newsletters"},
    "invoice": {"INBOX", "Accounting/MONTH"},
    "question": {"Customers/Acme"},
    "contract": {"Büro/Verträge"},
    "list post": {"Lists/compost-dev"},
    "big": {"Big mails"},
    "spam": {"Junk"},
    "alert": {"INBOX"},
    "bill in ukrainian": {"INBOX", "Accounting/MONTH"},
    "invitation": {"INBOX", "Calendar", "Projects/Meetings"},
    "out of office": {"Automatic replies"},
    "personal": {"INBOX"},
}
LIMIT = 90.0  # seconds; the demo has a minute, and without its pauses it takes one second
COMMAND = (sys.executable, "-m", "mailrules", "demo", "--pace", "0")


class Reason(TypedDict):
    rule: str
    condition: str
    wanted: str
    seen: str


class Told(TypedDict):
    """One line of ``demo --json``."""

    matched: list[str]
    observed: list[str]
    why: list[Reason]
    mailboxes: list[str]


class Place(TypedDict):
    """The last line of ``demo --keep --json``."""

    host: str
    port: int
    username: str
    password: str
    rules: str


def demo(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env={**os.environ, **environment},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return [json.loads(line) for line in demo("--json").splitlines()]


def test_every_mail_is_where_the_example_says(told: list[Told]) -> None:
    names = [mail.name for mail in samples(datetime.now(UTC), "ann@example.org")]
    found = {
        name: {re.sub(r"\d{4}-\d\d$", "MONTH", path) for path in mail["mailboxes"]}
        for name, mail in zip(names, told, strict=True)
    }
    assert found == EXPECTED


def test_every_matched_rule_says_why(told: list[Told]) -> None:
    rules = {rule["name"] for rule in tomllib.loads(rulefile.example())["rules"]}
    for mail in told:
        assert rules.issuperset(mail["matched"])
        assert {reason["rule"] for reason in mail["why"]} == {*mail["matched"], *mail["observed"]}
        assert all(reason["seen"] for reason in mail["why"])


def test_rules_of_ones_own_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[[rules]]\nname = "all"\nmatch = "everything"\nthen.move = "All of it"\n')
    assert "└── All of it  12 messages" in demo("--pace", "0", "-c", str(path)).replace("├", "└")


def test_rules_of_ones_own_find_what_lies_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    rule = '[[rules]]\nname = "in {0}"\nmatch.from.domain.in = "senders"\nthen.move = "Of {0}"\n'
    path.write_text('include = ["rules.d/*.toml"]\n' + '[tables.senders]\nfile = "senders.txt"\n')
    tmp_path.joinpath("senders.txt").write_text("acme.example\n")
    tmp_path.joinpath("rules.d").mkdir()
    tmp_path.joinpath("rules.d", "more.toml").write_text(rule.format("the table"))
    assert "Of the table" in demo("--pace", "0", "-c", str(path))


def test_piped_it_reads_as_plain_text() -> None:
    shown = demo()
    assert "\x1b" not in shown
    assert 'rule "contracts" matches' in shown
    assert "→ move Büro/Verträge" in shown
    assert "\n  → would trash\n" in shown
    assert "no rule matches: it stays in INBOX" in shown
    assert shown.index("\nMailboxes\n") > shown.index("\nSunday  from")
    assert "Verträge  1 message, 1 unread" in shown


def test_a_terminal_without_the_letters_gets_their_numbers() -> None:
    assert "move B\\xfcro/Vertr\\xe4ge" in demo(PYTHONIOENCODING="ascii")


async def test_kept_it_takes_other_mail_and_new_rules_until_interrupted() -> None:
    process = await asyncio.create_subprocess_exec(*COMMAND, "--keep", "--json", stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(LIMIT):
            place = await _place(process)
            await asyncio.to_thread(_append, place, message("More", sender="Eve <eve@globex.example>"))
            assert json.loads(await _line(process))["mailboxes"] == ["Customers/Globex"]

            rules = Path(place["rules"])
            rules.write_text(rules.read_text() + '\n[[rules]]\nname = "new"\nmatch.subject = "x"\nthen.move = "New"\n')
            await _taken_over(process)
            await asyncio.to_thread(_append, place, message("x"))
            assert json.loads(await _line(process))["mailboxes"] == ["New"]

            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
            assert not rules.parent.exists()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _line(process: Process) -> bytes:
    assert process.stdout is not None
    return await process.stdout.readline()


async def _place(process: Process) -> Place:
    while "port" not in (found := json.loads(await _line(process))):
        pass
    place: Place = found
    return place


async def _taken_over(process: Process) -> None:
    assert process.stderr is not None
    while b"rules taken over" not in await process.stderr.readline():
        pass


def _append(place: Place, content: bytes) -> None:
    with imaplib.IMAP4(place["host"], place["port"]) as client:
        client.login(place["username"], place["password"])
        assert client.append("INBOX", "", "", content)[0] == "OK"
