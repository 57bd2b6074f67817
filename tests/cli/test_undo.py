"""``mailrules undo`` on a real server."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mailrules.cli import undo as command
from mailrules.engine.undoing import undo
from mailrules.store.lease import lease
from tests.builders import message
from tests.cli.running import RULES, mailrules, objects, rule_file
from tests.daemon.house import account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from mailrules.client import Session
    from mailrules.engine.account import AccountContext
    from mailrules.engine.apply import ApplyMode
    from mailrules.engine.undone import TakenBack
    from mailrules.store import Entry
    from tests.servers.dovecot import Dovecot

FILED = {"INBOX": ["bob", "nobody's"], "Bob": ["bob"], "Lists/Python": ["list"]}
BACK = {"INBOX": ["bob", "nobody's", "list"]}
LIST_ID = "<list@example.com>"


@pytest.fixture
def rules(tmp_path: Path, dovecot: Dovecot, user: str) -> Path:
    """Three messages, of which one was moved and one copied."""
    dovecot.deliver(
        user,
        message("list", sender="ann@example.com", message_id=LIST_ID, List_Id="<python.example.org>"),
        message("bob"),
        message("nobody's", sender="eve@example.com"),
    )
    path = rule_file(tmp_path, RULES, account("work", dovecot.ports.imap, user))
    path.chmod(0o600)
    assert mailrules("apply", "-c", path, "--yes").exit_code == 0
    assert dovecot.subjects(user) == FILED
    return path


def test_everything_of_an_hour_is_taken_back_once(rules: Path, dovecot: Dovecot, user: str) -> None:
    result = mailrules("undo", "-c", rules, "--since", "1h", "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "2\twork\tBob <bob@example.com>\tbob\tINBOX, no copy in Bob\n"
        "1\twork\tann@example.com\tlist\tLists/Python → INBOX, -\\Seen\n"
        "2 messages: 2 taken back\n"
    )
    assert dovecot.subjects(user) == BACK
    assert [found.flags for found in dovecot.look(user)["INBOX"]] == [frozenset()] * 3

    again = mailrules("undo", "-c", rules, "--since", "1h")
    assert (again.exit_code, again.stdout) == (0, "2 messages: 2 already taken back\n")
    assert dovecot.subjects(user) == BACK


def test_the_last_ones_are_taken_back_one_after_another(rules: Path, dovecot: Dovecot, user: str) -> None:
    assert mailrules("undo", "-c", rules, "--last").exit_code == 0
    assert dovecot.subjects(user) == {"INBOX": ["bob", "nobody's"], "Lists/Python": ["list"]}
    assert mailrules("undo", "-c", rules, "--last", "2", "--yes").exit_code == 0
    assert dovecot.subjects(user) == BACK
    none = mailrules("undo", "-c", rules, "--last")
    assert (none.exit_code, none.stdout) == (0, "0 messages: nothing to take back\n")


@pytest.mark.parametrize(
    "choice",
    [
        ("--rule", "lists"),
        ("--message-id", LIST_ID),
        ("--message-id", LIST_ID.strip("<>")),
        ("--id", "1"),
        ("--since", "today", "--mailbox", "Lists/Python"),
        ("--until", "2100-01-01", "--rule", "lists", "--account", "work"),
    ],
)
def test_one_message_can_be_chosen_in_many_ways(
    rules: Path, dovecot: Dovecot, user: str, choice: tuple[str, ...]
) -> None:
    assert mailrules("undo", "-c", rules, *choice).exit_code == 0
    assert dovecot.subjects(user) == {"INBOX": ["bob", "nobody's", "list"], "Bob": ["bob"]}


def test_a_dry_run_says_the_same_and_changes_neither_server_nor_state(rules: Path, dovecot: Dovecot, user: str) -> None:
    before, state = dovecot.look(user), _state(rules)
    result = mailrules("undo", "-c", rules, "--since", "1h", "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "2\twork\tBob <bob@example.com>\tbob\tINBOX, no copy in Bob\n"
        "1\twork\tann@example.com\tlist\tLists/Python → INBOX, -\\Seen\n"
        "2 messages: 2 would be taken back\n"
    )
    assert (dovecot.look(user), _state(rules)) == (before, state)


def _state(rules: Path) -> bytes:
    program = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).iterdump(), sep='\\n')"
    words = [sys.executable, "-c", program, str(rules.with_name("state.db"))]
    return subprocess.run(words, capture_output=True, check=True).stdout


def test_json_has_one_object_a_message(rules: Path) -> None:
    bob, lists = objects(mailrules("undo", "-c", rules, "--since", "1h", "--yes", "--json"))
    assert lists == {
        "id": 1,
        "account": "work",
        "message_id": LIST_ID,
        "from": "ann@example.com",
        "subject": "list",
        "rules": ["lists"],
        "mailbox": "Lists/Python",
        "home": "INBOX",
        "steps": [{"move": "INBOX"}, {"remove_flags": ["\\Seen"]}],
        "result": "done",
        "undone_by": [5],
        "remarks": [],
        "copies_left": 0,
    }
    assert (bob["steps"], bob["result"], bob["undone_by"]) == ([{"expunge": "Bob"}], "done", [3, 4])


def test_an_undo_is_taken_back_by_its_id(rules: Path, dovecot: Dovecot, user: str) -> None:
    (shown,) = objects(mailrules("undo", "-c", rules, "--rule", "lists", "--json"))
    assert shown["undone_by"] == [3]
    assert mailrules("undo", "-c", rules, "--id", "3").exit_code == 0
    assert dovecot.subjects(user) == FILED
    assert dovecot.look(user)["Lists/Python"][0].flags == {"\\Seen"}
    assert mailrules("undo", "-c", rules, "--rule", "lists").exit_code == 0
    assert dovecot.subjects(user)["INBOX"] == BACK["INBOX"]


def test_what_is_not_there_any_more_is_said_and_exit_status_1(rules: Path, dovecot: Dovecot, user: str) -> None:
    with dovecot.session(user) as other:
        other.select("Lists/Python")
        other.uid("MOVE", "1", "Archive")
    result = mailrules("undo", "-c", rules, "--since", "1h", "--yes")
    assert result.exit_code == 1
    assert result.stderr == "work 1 list: not taken back: no longer in Lists/Python: somebody moved or deleted it\n"
    assert result.stdout.endswith("2 messages: 1 not taken back, 1 taken back\n")
    assert dovecot.subjects(user) == {"Archive": ["list"], "INBOX": ["bob", "nobody's"]}


def test_several_messages_want_a_yes(rules: Path, dovecot: Dovecot, user: str) -> None:
    result = mailrules("undo", "-c", rules, "--since", "1h")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "Take back what was done to 2 messages of work? Say --yes, or look first with --dry-run.\n"
    )
    assert dovecot.subjects(user) == FILED


@pytest.mark.parametrize(("answer", "status", "there"), [("y", 0, BACK), ("n", 1, FILED)])
def test_on_a_terminal_it_asks(
    rules: Path, dovecot: Dovecot, user: str, answer: str, status: int, there: dict[str, list[str]]
) -> None:
    ours, its = pty.openpty()
    words = [sys.executable, "-m", "mailrules", "undo", "-c", str(rules), "--since", "1h"]
    with subprocess.Popen(words, stdin=its, stdout=subprocess.DEVNULL, stderr=its) as process:
        os.close(its)
        os.write(ours, f"{answer}\n".encode())
        assert process.wait(60) == status
    os.close(ours)
    assert dovecot.subjects(user) == there


def test_one_interrupt_at_the_question_is_a_no(rules: Path, dovecot: Dovecot, user: str) -> None:
    ours, its = pty.openpty()
    words = [sys.executable, "-m", "mailrules", "undo", "-c", str(rules), "--since", "1h"]
    with subprocess.Popen(words, stdin=its, stdout=subprocess.DEVNULL, stderr=its) as process:
        os.close(its)
        told = b""
        while b"[y/N]:" not in told:
            told += os.read(ours, 1000)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 1
    told += os.read(ours, 1000)
    os.close(ours)
    assert b"Aborted!" in told
    assert dovecot.subjects(user) == FILED


def test_an_interrupt_in_the_middle_says_how_far_it_is_and_the_next_undo_finishes(
    rules: Path, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr("mailrules.engine.undoing.Path.execute", interrupted)
        result = mailrules("undo", "-c", rules, "--rule", "lists")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "stopped: of 1 message 1 begun, which the daemon or the next mailrules undo finishes\n"
    assert mailrules("undo", "-c", rules, "--since", "1h", "--yes").exit_code == 0
    assert dovecot.subjects(user) == BACK


def test_an_interrupt_says_what_was_not_begun(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def first_only(
        context: AccountContext, session: Session, entries: Sequence[Entry], *, mode: ApplyMode
    ) -> AsyncIterator[TakenBack]:
        async for result in undo(context, session, entries[:1], mode=mode):
            yield result
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()

    monkeypatch.setattr(command, "undo", first_only)
    result = mailrules("undo", "-c", rules, "--since", "1h", "--yes")
    assert (result.exit_code, result.stderr) == (130, "stopped: of 2 messages 1 taken back, 1 not begun\n")


def test_without_a_state_there_is_nothing_to_take_back_and_none_is_made(tmp_path: Path) -> None:
    path = rule_file(tmp_path, RULES, account("work", 1, "ann"))
    path.chmod(0o600)
    result = mailrules("undo", "-c", path, "--last")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"there is no state {tmp_path / 'state.db'}: nothing has been done yet\n"
    assert not (tmp_path / "state.db").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "choose by --last, --rule"),
        (("3",), "it goes with --last"),
        (("--last", "0"), "1 at the least"),
        (("--since", "soon"), "--since soon: no such time"),
        (("--rule", "list"), "--rule list: no such rule (did you mean 'lists'?)"),
        (("--id", "99"), "--id 99: the history has no such entry"),
        (("--last", "--account", "home"), "--account home: no such account (there is work)"),
        (("--last", "--account", "wrok"), "--account wrok: no such account (did you mean 'work'?)"),
        (("--last", "--mailbox", "bob"), "--mailbox bob: no such mailbox (did you mean 'Bob'?)"),
    ],
)
def test_a_wrong_choice_is_exit_status_2(rules: Path, arguments: tuple[str, ...], words: str) -> None:
    result = mailrules("undo", "-c", rules, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_beside_a_daemon_that_does_not_answer_it_is_exit_status_4(rules: Path, dovecot: Dovecot, user: str) -> None:
    with lease(rules.with_name("state.db"), "work"):
        result = mailrules("undo", "-c", rules, "--last")
    assert result.exit_code == 4
    assert "account 'work' is in use by process" in result.stderr
    assert dovecot.subjects(user) == FILED


def test_a_mailbox_that_was_deleted_meanwhile_is_created_again(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    dovecot.append(user, "Old", message("bob"))
    move = '[[rules]]\nname = "r"\nmatch = "everything"\nthen.move = "New"\n'
    path = rule_file(tmp_path, move, account("work", dovecot.ports.imap, user))
    assert mailrules("apply", "-c", path, "--mailbox", "Old").exit_code == 0
    with dovecot.session(user) as other:
        other.delete("Old")
    result = mailrules("undo", "-c", path, "--last")
    assert result.exit_code == 0
    assert "bob: Old is no longer there, and is created again\n" in result.stderr
    assert dovecot.subjects(user) == {"Old": ["bob"]}


def test_two_accounts_are_taken_back_and_one_that_fails_holds_up_none(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    users = [f"{user}-{number}" for number in range(2)]
    accounts = [account(name, dovecot.ports.imap, each) for name, each in zip(("a", "b"), users, strict=True)]
    for each in users:
        dovecot.deliver(each, message("bob"))
    path = rule_file(tmp_path, RULES, "".join(accounts))
    assert mailrules("apply", "-c", path, "--yes").exit_code == 0
    path.write_text(
        path.read_text().replace(f'username = "{users[1]}"\npassword = "', 'username = "x"\npassword = "no')
    )
    result = mailrules("undo", "-c", path, "--since", "1h", "--yes")
    assert result.exit_code == 3
    assert [dovecot.subjects(each) for each in users] == [{"INBOX": ["bob"]}, {"INBOX": ["bob"], "Bob": ["bob"]}]


def test_what_holds_of_many_messages_is_said_once(rules: Path, dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, message("bob"))
    assert mailrules("apply", "-c", rules, "--yes").exit_code == 0
    with dovecot.session(user) as other:
        other.select("Bob")
        other.uid("STORE", "1:*", "+FLAGS", r"(\Flagged)")
    foreseen = mailrules("undo", "-c", rules, "--rule", "bob", "--dry-run")
    result = mailrules("undo", "-c", rules, "--rule", "bob", "--yes")
    assert (foreseen.exit_code, result.exit_code) == (1, 1)
    assert result.stderr == "2 messages: the copy in Bob stays: somebody marked it \\Flagged\n"
    assert result.stdout.endswith("2 messages: 2 taken back but for copies\n")
