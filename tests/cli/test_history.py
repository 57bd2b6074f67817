"""``mailrules history``: what was done is shown in words, as fields, as JSON; nothing is asked of any server."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mailrules.cli import history
from mailrules.engine.journal import MET_AGAIN
from mailrules.imap import MailboxName
from mailrules.store import Entry, EntryState, Naming, SqliteStore, Step, StepKind, StepState
from mailrules.store.schema import MIGRATIONS, migrate
from tests.cli.running import RULES, mailrules, objects, rule_file
from tests.store.builders import entry, move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DONE, HELD, PENDING = EntryState.DONE, EntryState.HELD, EntryState.PENDING
TRACE = (
    '[{"rule": "lists", "conditions": [{"key": "subject.contains", "result": "true", "wanted": "python",'
    ' "seen": "python \\u001b[2J weekly"}]}]'
)
SEEN = Step(kind=StepKind.STORE_FLAGS, rule="lists", add=("\\Seen",), state=StepState.DONE)
GONE = "somebody else moved or expunged it first"
KYIV = MailboxName.from_text("INBOX.Lists.Київ").raw


def mail(uid: int, *steps: Step, sender: str = "Ann <ann@example.org>", subject: str = "hello") -> Entry:
    return replace(entry(uid, *steps, state=DONE), sender=sender, subject=subject, trace=TRACE)


def a_day() -> list[Entry]:
    """Build six entries; they are begun an hour apart, from noon on."""
    moved = move(KYIV, state=StepState.DONE)
    bob = replace(move(b"INBOX.Bob", kind=StepKind.COPY), rule="bob")
    return [
        mail(1, SEEN, moved, subject="python \x1b[2J weekly"),
        replace(mail(2, bob), state=HELD, reason="[NOPERM] no", rules=("bob",)),
        replace(mail(3, moved), state=PENDING, due=START + timedelta(hours=3), attempts=2, reason="[INUSE] later"),
        replace(mail(1, replace(moved, target=b"INBOX"), subject="python"), mailbox=KYIV, undoes=1, rules=()),
        replace(entry(5, account="private", state=HELD), steps=(), rules=(), trace="[]", reason="it can't be read"),
        replace(mail(6, SEEN), state=EntryState.GONE, reason=GONE),
    ]


async def write(state: Path, entries: Sequence[Entry]) -> None:
    async with SqliteStore(state) as store:
        for hours, one in enumerate(entries):
            await store.begin([one], None, now=START + timedelta(hours=hours))
        await store.remember_naming("work", Naming("INBOX.", "."))
        await store.remember_mailboxes("work", {b"INBOX": 1, KYIV: 2, b"INBOX.Bob": 3})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Write a rule file and a state with a day in it."""
    path = rule_file(tmp_path, f"{RULES}")
    path.write_text(path.read_text().replace("[daemon]\n", '[daemon]\ntimezone = "Europe/Kyiv"\n'))
    asyncio.run(write(tmp_path / "state.db", a_day()))
    return path


def ids(rules: Path, *options: str) -> list[int]:
    """List the ids that are shown, through either kind of output."""
    result = mailrules("history", "-c", rules, *options)
    assert (result.exit_code, result.stderr) == (0, "") or not result.stdout
    found = [int(line.split("\t")[0]) for line in result.stdout.splitlines()]
    assert found == [one["id"] for one in objects(mailrules("history", "-c", rules, "--json", *options))]
    return found


def test_piped_it_gives_a_line_an_entry_of_fields_parted_by_tabs(rules: Path) -> None:
    result = mailrules("history", "-c", rules)
    assert result.exit_code == 0
    ann, day = "Ann <ann@example.org>", "2026-03-01T"
    assert [line.replace("\t", " | ") for line in result.stdout.splitlines()] == [
        f"6 | {day}19:00:00+02:00 | work | INBOX | add \\Seen | lists | {ann} | hello | gone | {GONE}",
        f"5 | {day}18:00:00+02:00 | private | INBOX | nothing done |  |  |  | held | it can't be read",
        f"4 | {day}17:00:00+02:00 | work | Lists/Київ | took back #1: moved to INBOX |  | {ann} | python | done | ",
        f"3 | {day}16:00:00+02:00 | work | INBOX | move to Lists/Київ | lists | {ann} | hello"
        " | pending | [INUSE] later",
        f"2 | {day}15:00:00+02:00 | work | INBOX | copy to Bob | bob | {ann} | hello | held | [NOPERM] no",
        f"1 | {day}14:00:00+02:00 | work | INBOX | added \\Seen, moved to Lists/Київ | lists | {ann}"
        " | python \\u001b[2J weekly | undone by 4 | ",
    ]


def test_json_has_all_of_an_entry(rules: Path) -> None:
    (shown,) = objects(mailrules("history", "-c", rules, "--json", "--id", "1"))
    assert shown == {
        "id": 1,
        "account": "work",
        "mailbox": "INBOX",
        "uid": 1,
        "uidvalidity": 7,
        "message_id": "<1@example.org>",
        "sender": "Ann <ann@example.org>",
        "subject": "python \x1b[2J weekly",
        "internaldate": "2026-03-01T14:00:00+02:00",
        "begun": "2026-03-01T14:00:00+02:00",
        "finished": "2026-03-01T14:00:00+02:00",
        "state": "done",
        "rules": ["lists"],
        "actions": [{"add_flags": ["\\Seen"]}, {"move": "Lists/Київ"}],
        "reason": "",
        "trace": json.loads(TRACE),
        "undoes": None,
        "undone_by": 4,
        "attempts": 0,
        "due": None,
        "retried": None,
    }
    (waiting,) = objects(mailrules("history", "-c", rules, "--json", "--id", "3"))
    assert (waiting["due"], waiting["attempts"], waiting["finished"]) == ("2026-03-01T17:00:00+02:00", 2, None)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], [6, 5, 4, 3, 2, 1]),
        (["--last", "2"], [6, 5]),
        (["--account", "private"], [5]),
        (["--mailbox", "Lists/Київ"], [4, 3, 1]),
        (["--mailbox", "Bob"], [2]),
        (["--mailbox", "inbox", "--account", "work"], [6, 4, 3, 2, 1]),
        (["--rule", "bob"], [2]),
        (["--held"], [5, 2]),
        (["--held", "--pending"], [5, 3, 2]),
        (["--pending"], [3]),
        (["--since", "2026-03-01 16:00", "--until", "2026-03-01 18:00"], [4, 3]),
        (["--since", "2026-03-02"], []),
        (["--message-id", "2@example.org"], [2]),
        (["--message-id", "<1@example.org>"], [4, 1]),
        (["--from", "ANN@", "--subject", "PYTHON"], [4, 1]),
        (["--id", "2", "--id", "6", "--id", "99"], [6, 2]),
    ],
)
def test_several_choices_hold_together(rules: Path, options: list[str], found: list[int]) -> None:
    assert ids(rules, *options) == found


def test_a_long_history_is_read_page_by_page(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_PAGE", 2)
    assert ids(rules) == [6, 5, 4, 3, 2, 1]
    assert ids(rules, "--last", "3") == [6, 5, 4]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_in_words_and_obeys_nothing(
    rules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(history, "_NEWEST", 6)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    history.command(config=rules, why=True)
    monkeypatch.undo()
    reasons = [
        '    rule "lists" matched',
        "      yes     subject.contains python – saw python \\u001b[2J weekly",
    ]
    assert terminal.getvalue().splitlines() == [
        "#6  2026-03-01 19:00:00  work  INBOX: add \\Seen",
        "    Ann <ann@example.org>: hello",
        "    rule lists",
        f"    gone: {GONE}",
        *reasons,
        "#5  2026-03-01 18:00:00  private  INBOX: nothing done",
        "    <5@example.org>",
        "    held: it can't be read",
        "#4  2026-03-01 17:00:00  work  Lists/Київ: took back #1: moved to INBOX",
        "    Ann <ann@example.org>: python",
        *reasons,
        "#3  2026-03-01 16:00:00  work  INBOX: move to Lists/Київ",
        "    Ann <ann@example.org>: hello",
        "    rule lists",
        "    waits until 2026-03-01 17:00:00: [INUSE] later",
        *reasons,
        "#2  2026-03-01 15:00:00  work  INBOX: copy to Bob",
        "    Ann <ann@example.org>: hello",
        "    rule bob",
        "    held: [NOPERM] no",
        *reasons,
        "#1  2026-03-01 14:00:00  work  INBOX: added \\Seen, moved to Lists/Київ",
        "    Ann <ann@example.org>: python \\u001b[2J weekly",
        "    rule lists",
        "    undone by #4",
        *reasons,
    ]
    assert capsys.readouterr().err == "These are the newest 6: --last N or --all shows more.\n"


def test_what_the_rules_have_met_again_is_not_said_to_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(write(tmp_path / "state.db", [replace(mail(1), state=EntryState.GONE, reason=MET_AGAIN)]))
    rules = rule_file(tmp_path)
    assert mailrules("history", "-c", rules).stdout.endswith("\thello\tmet again\tlooked at again\n")
    (shown,) = objects(mailrules("history", "-c", rules, "--json"))
    assert shown["state"] == "met again"
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    history.command(config=rules)
    assert terminal.getvalue().splitlines()[-1].strip() == "met again"


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--rule", "list"], 0, "nothing found\n"),
        (["--rule", "bop"], 2, "--rule bop: no such rule (did you mean 'bob'?)\n"),
        (["--account", "wrok"], 2, "--account wrok: no such account (did you mean 'work'?)\n"),
        (["--mailbox", "bob"], 2, "--mailbox bob: no such mailbox (did you mean 'Bob'?)\n"),
        (["--mailbox", "Bob", "--rule", "lists"], 0, "nothing found\n"),
        (["--since", "soon"], 2, "--since soon: no such time: "),
    ],
)
def test_a_name_that_nothing_knows_may_be_a_slip(rules: Path, options: list[str], status: int, said: str) -> None:
    rules.write_text(rules.read_text().replace('"lists"', '"list"'))
    result = mailrules("history", "-c", rules, *options)
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr.startswith(said)


def test_mistakes_in_the_rules_hide_nothing(rules: Path) -> None:
    rules.write_text(rules.read_text().replace("match.from", "match.form"))
    result = mailrules("history", "-c", rules, "--last", "1")
    assert (result.exit_code, result.stdout[:2]) == (0, "6\t")
    assert "rules.toml has mistakes, which mailrules check shows" in result.stderr


def test_without_a_state_nothing_was_done(tmp_path: Path) -> None:
    result = mailrules("history", "-c", rule_file(tmp_path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"there is no state {tmp_path / 'state.db'}: nothing has been done yet\n"
    assert not (tmp_path / "state.db").exists()


def test_a_state_of_an_older_mailrules_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    rules, state = rule_file(tmp_path), tmp_path / "state.db"
    with closing(sqlite3.connect(state, isolation_level=None)) as db:
        migrate(db, MIGRATIONS[:2])
        db.execute("INSERT INTO account (name) VALUES ('work')")
        db.execute("INSERT INTO mailbox (account, name) VALUES (1, CAST('INBOX.Lists' AS BLOB))")
        db.execute(
            "INSERT INTO entry VALUES (1, 1, 7, 5, '<5@example.org>', 'f', 0, 9, '[]', '[]', '', '[]', 0, 0, 'gone',"
            " 0, NULL, '', 0, 1)"
        )
    before = state.read_bytes()
    (shown,) = objects(mailrules("history", "-c", rules, "--json"))
    assert (shown["mailbox"], shown["message_id"], shown["subject"]) == ("INBOX.Lists", "<5@example.org>", "")
    assert state.read_bytes() == before
