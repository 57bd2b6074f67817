"""What ``mailrules status`` says, on a terminal and elsewhere, of a daemon that answers in all ways and of none."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.text import Text

from mailrules.cli.ages import ago, span
from mailrules.cli.reportview import show
from mailrules.daemon import calling
from mailrules.daemon.calling import socket_path
from mailrules.daemon.reporting import to_json
from mailrules.daemon.vitals import Condition
from mailrules.store import Entry, EntryState, SqliteStore
from tests.cli.running import mailrules, rule_file
from tests.daemon.reports import DEAD, FORGOTTEN, NOW, REPORT, WELL, WORK, with_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typer.testing import Result

    from mailrules.daemon.vitals import DaemonReport

    Screen = Callable[[DaemonReport], str]

BAD = with_accounts(replace(WORK, mailboxes=(WELL, FORGOTTEN)), DEAD)


@contextmanager
def answering(folder: Path, answer: bytes) -> Iterator[None]:
    """Stand in for a daemon that says this to everybody."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(socket_path(folder / "state.db")))
        door.listen()

        def serve() -> None:
            while True:
                try:
                    visitor, _ = door.accept()
                except OSError:
                    return
                with visitor, visitor.makefile("rb") as asked:
                    assert asked.readline() == b'{"status": true}\n'
                    visitor.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()


def run(folder: Path, answer: object, *arguments: str) -> Result:
    with answering(folder, answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n"):
        return mailrules("status", "-c", rule_file(folder), *arguments)


def told(report: DaemonReport) -> dict[str, object]:
    return {"status": to_json(report)}


@pytest.mark.parametrize(
    ("report", "code"),
    [(REPORT, 0), (BAD, 1), (replace(REPORT, refused="rules.toml:1: no"), 1), (replace(REPORT, late=("work",)), 1)],
)
def test_the_exit_status_says_whether_all_is_well(tmp_path: Path, report: DaemonReport, code: int) -> None:
    result = run(tmp_path, told(report))
    assert (result.exit_code, result.stderr) == (code, "")
    assert result.stdout.startswith("mailrules 1.2.3 has been running since ")


def test_json_is_one_object_with_all_that_the_daemon_tells(tmp_path: Path) -> None:
    result = run(tmp_path, told(BAD), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"running": True, "state": str(tmp_path / "state.db"), **to_json(BAD)}
    assert len(result.stdout.splitlines()) == 1


def test_one_account_can_be_asked_for_and_it_alone_counts_then(tmp_path: Path) -> None:
    result = run(tmp_path, told(with_accounts(WORK, DEAD)), "--account", "work", "--json")
    assert (result.exit_code, [each["name"] for each in json.loads(result.stdout)["accounts"]]) == (0, ["work"])


def test_an_account_that_the_daemon_does_not_have_is_wrong_usage(tmp_path: Path) -> None:
    result = run(tmp_path, told(REPORT), "--account", "nobody")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--account nobody: the daemon has no such account (it has work, home)" in result.stderr


def test_thousands_of_mailboxes_are_no_trouble(tmp_path: Path) -> None:
    many = replace(WORK, mailboxes=tuple(replace(WELL, path=f"Lists/{number}") for number in range(3000)))
    assert len(run(tmp_path, told(with_accounts(many))).stdout.splitlines()) == 3002


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "not understood"}, "the daemon does not tell: not understood"),
        ({"status": {"version": 3}}, "the daemon's answer is not understood; is it of another version?"),
        (b"nonsense\n", "the daemon's answer is not understood; is it of another version?"),
        (b"", "the daemon has hung up without an answer: it may just be ending"),
        (b"[" * 100_000 + b"\n", "the daemon's answer is not understood; is it of another version?"),
    ],
)
def test_a_daemon_that_answers_otherwise_is_a_failure_in_one_line(tmp_path: Path, answer: object, said: str) -> None:
    result = run(tmp_path, answer)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{said}\n")


def test_json_is_one_object_where_the_daemon_does_not_tell(tmp_path: Path) -> None:
    result = run(tmp_path, b"", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    assert json.loads(result.stdout) == {
        "running": True,
        "state": str(tmp_path / "state.db"),
        "well": False,
        "error": "the daemon has hung up without an answer: it may just be ending",
    }


def test_a_daemon_that_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "_SHORT_PATIENCE", 0.1)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(socket_path(tmp_path / "state.db")))
        silent.listen()
        result = mailrules("status", "-c", rule_file(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the daemon has not answered for" in result.stderr


def test_another_users_daemon_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(asyncio, "open_unix_connection", closed)
    result = mailrules("status", "-c", rule_file(tmp_path))
    said = f"{tmp_path}/state.db.sock belongs to another user: ask as that user, or as root\n"
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", said)


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    result = mailrules("status", "-c", rule_file(folder))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "can't be asked: AF_UNIX path too long" in result.stderr


# Where no daemon runs


def entry(uid: int, state: EntryState, mailbox: bytes = b"INBOX", account: str = "work") -> Entry:
    due = NOW if state is EntryState.PENDING else None
    return Entry(
        account=account, mailbox=mailbox, uidvalidity=1, uid=uid, message_id="", fingerprint=str(uid),
        internaldate=NOW, size=1, state=state, due=due,
    )  # fmt: skip


async def fill(state: Path, *entries: Entry) -> None:
    async with SqliteStore(state) as store:
        for one in entries:
            begun = await store.begin([replace(one, state=EntryState.BEGUN, due=None)], None, now=NOW)
            await store.record([replace(begun[0], state=one.state, due=one.due)], now=NOW)


WAITING = (
    entry(1, EntryState.HELD),
    entry(2, EntryState.HELD),
    entry(3, EntryState.PENDING),
    entry(4, EntryState.BEGUN, "Büro".encode("utf-7").replace(b"+", b"&")),
    entry(5, EntryState.DONE),
    entry(6, EntryState.HELD, account="home"),
)


def test_without_a_daemon_the_state_says_what_waits(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "state.db", *WAITING))
    result = mailrules("status", "-c", rule_file(tmp_path))
    assert (result.exit_code, result.stderr) == (1, "")
    lines = result.stdout.splitlines()
    assert lines[:5] == [
        f"No daemon answers for the state {tmp_path}/state.db.",
        "mailrules run starts one.",
        "home\tINBOX\t0\t0\t1",
        "work\tBüro\t1\t0\t0",
        "work\tINBOX\t0\t1\t2",
    ]
    assert "1 message will be tried again when a daemon runs." in lines
    assert "3 messages are held: mailrules history --held shows why, mailrules retry runs them again." in lines


def test_without_a_daemon_json_is_one_object_too(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "state.db", *WAITING))
    result = mailrules("status", "-c", rule_file(tmp_path), "--json", "--account", "home")
    assert json.loads(result.stdout) == {
        "running": False,
        "state": str(tmp_path / "state.db"),
        "well": False,
        "mailboxes": [{"account": "home", "mailbox": "INBOX", "unfinished": 0, "pending": 0, "held": 1}],
    }


def test_where_there_is_no_state_none_is_made(tmp_path: Path) -> None:
    result = mailrules("status", "-c", rule_file(tmp_path))
    assert result.exit_code == 1
    assert "There is no such file: nothing has been sorted here." in result.stdout
    assert not (tmp_path / "state.db").exists()


async def test_a_process_at_work_without_a_socket_is_named(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store, store.lease("work"):
        (tmp_path / "state.db.lease-dead").write_text("4194305\n")
        (tmp_path / "state.db.lease-free").write_text("")
        result = await asyncio.to_thread(mailrules, "status", "-c", rule_file(tmp_path))
    assert f"Another mailrules may be at work on it, in process {os.getpid()}." in result.stdout.splitlines()


def test_the_rule_file_may_be_wrong_where_the_state_is_not(tmp_path: Path) -> None:
    path = rule_file(tmp_path, rules="[[rules]\n")
    assert mailrules("status", "-c", path).exit_code == 1
    path.write_text("[daemon]\nstate = 7\n")
    result = mailrules("status", "-c", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "daemon.state: expected text, not a number" in result.stderr
    assert mailrules("status", "-c", tmp_path / "none.toml").exit_code == 2


def test_a_state_that_is_damaged_is_said(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"no database, but long enough to look like one" * 100)
    result = mailrules("status", "-c", rule_file(tmp_path))
    assert result.exit_code == 1
    assert "the state is damaged" in result.stderr
    result = mailrules("status", "-c", rule_file(tmp_path), "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["running"], told["well"], list(told)[3:]) == (1, False, False, ["error"])
    assert "the state is damaged" in told["error"]


# How it looks


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Show a report on a terminal; what it was sent."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def shown(report: DaemonReport) -> str:
        with redirect_stdout(Terminal()) as out:
            show(report, NOW)
        return out.getvalue()

    return shown


def plain(shown: str) -> list[str]:
    """What was shown, without colours."""
    assert "\x1b[" in shown
    return [Text.from_ansi(line).plain.rstrip() for line in shown.splitlines()]


def test_a_terminal_gets_a_block_for_each_account(screen: Screen) -> None:
    lines = plain(screen(BAD))
    assert lines[1:] == [
        "",
        "work  signed in for 2 h",
        " Mailbox     Watched  Alive     Last message  Backlog  Pending  Held",
        " INBOX       idle     12 s ago  5 min ago           1",
        " Lists/Büro  refused  –         –                            2     3",
        "  Lists/Büro: refused for 10 min: NO [NOPERM] not yours; next try in 30 s",
        "",
        "home  backing off for 61 min: imap.example.org:993: no route to host; next try in 75 s",
        "",
        "2 messages will be tried again without your doing.",
        "3 messages are held: mailrules history --held shows why, mailrules retry runs them again.",
    ]
    assert lines[0].endswith("for 25 h (process 4711); 12 rules, taken over 6 min ago")


def test_a_try_that_is_under_way_is_told_as_such(screen: Screen) -> None:
    lines = plain(screen(with_accounts(replace(DEAD, next_try=NOW))))
    assert lines[2] == "home  backing off for 61 min: imap.example.org:993: no route to host; trying"


def test_one_held_message_is_no_more_than_one(screen: Screen) -> None:
    lines = plain(screen(with_accounts(replace(WORK, mailboxes=(replace(WELL, held=1),)))))
    assert lines[-1] == "1 message is held: mailrules history --held shows why, mailrules retry runs it again."


def test_the_start_is_told_with_its_time_zone(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "CET-1")
        time.tzset()
        line = plain(screen(REPORT))[0]
    time.tzset()
    assert line.startswith("mailrules 1.2.3 has been running since 2026-03-04 12:00 CET, for 25 h")


def test_a_refused_rule_file_and_what_is_late_stand_at_the_top(screen: Screen) -> None:
    assert plain(screen(replace(REPORT, refused="rules.toml:14: no", late=("work: INBOX: at work",))))[1:3] == [
        "The newest rule file is refused, and the old rules stay: rules.toml:14: no",
        "The daemon itself is late: work: INBOX: at work",
    ]


def test_what_is_the_accounts_trouble_is_not_said_of_each_mailbox(screen: Screen) -> None:
    lost = replace(WELL, condition=Condition.BACKING_OFF, reason=DEAD.reason)
    assert screen(with_accounts(replace(DEAD, mailboxes=(lost, lost)))).count("no route to host") == 1


def test_nothing_that_a_server_says_reaches_the_terminal_as_it_is(screen: Screen) -> None:
    evil = "\x9b2J\x1b]0;x\x07\u202e\n"
    mailbox = replace(FORGOTTEN, path=evil, reason=evil)
    out = screen(
        replace(with_accounts(replace(DEAD, name=evil, reason=evil + "x", mailboxes=(mailbox,))), refused=evil)
    )
    assert {"\x9b", "\x1b]", "\x07", "\u202e"} & {
        out[at : at + size] for at in range(len(out)) for size in (1, 2)
    } == set()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (0.9, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 days")],
)
def test_a_time_has_the_unit_that_suits_it(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_times_that_have_been_are_said_from_now() -> None:
    now = datetime.now(UTC)
    assert (ago(None, now), ago(now - timedelta(seconds=12), now)) == ("–", "12 s ago")
