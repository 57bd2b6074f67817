"""``mailrules apply`` and ``mailrules mailboxes`` on a real server."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from mailrules.store.lease import lease
from tests.builders import message
from tests.cli.running import RULES, mailrules, objects, rule_file
from tests.daemon.house import account
from tests.servers.dovecot import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.dovecot import Dovecot


@pytest.fixture
def rules(tmp_path: Path, dovecot: Dovecot, user: str) -> Path:
    """Three messages in INBOX, of which one is the list's and one Bob's."""
    dovecot.deliver(
        user,
        message("list", sender="ann@example.com", List_Id="<python.example.org>"),
        message("bob"),
        message("nobody's", sender="eve@example.com"),
    )
    return rule_file(tmp_path, RULES, account("work", dovecot.ports.imap, user))


@contextmanager
def daemon_at_work(rules: Path) -> Iterator[None]:
    """Hold the account's lease, as a daemon does."""
    state = rules.parent / "state.db"
    state.touch()
    with lease(state, "work"):
        yield


FILED = {"INBOX": ["bob", "nobody's"], "Bob": ["bob"], "Lists/Python": ["list"]}
SUMMARY = "work\tINBOX\tlists\t1\nwork\tINBOX\tbob\t1\n"


def test_it_handles_the_mail_that_is_there_and_counts_by_rule(rules: Path, dovecot: Dovecot, user: str) -> None:
    result = mailrules("apply", "-c", rules, "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{SUMMARY}3 messages looked at: 2 done\n"
    assert dovecot.subjects(user) == FILED


def test_a_dry_run_says_the_same_and_changes_nothing(rules: Path, dovecot: Dovecot, user: str) -> None:
    before = dovecot.look(user)
    with daemon_at_work(rules):
        result = mailrules("apply", "-c", rules, "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{SUMMARY}3 messages looked at: 2 would be acted on\n"
    assert dovecot.look(user) == before


def test_applied_again_it_makes_no_copy_twice(rules: Path, dovecot: Dovecot, user: str) -> None:
    for _ in range(2):
        assert mailrules("apply", "-c", rules, "--account", "work").exit_code == 0
    assert dovecot.subjects(user) == FILED


@pytest.mark.parametrize(("mode", "state"), [("--yes", "done"), ("--dry-run", "observed")])
def test_json_has_one_object_a_message(rules: Path, mode: str, state: str) -> None:
    result = mailrules("apply", "-c", rules, "--json", mode)
    common = {"account": "work", "mailbox": "INBOX", "observed": [], "unknown": [], "result": state}
    lists, bob = sorted(objects(result), key=lambda shown: str(shown["uid"]))
    assert lists == {
        **common,
        "uid": 1,
        "matched": ["lists"],
        "steps": [{"add_flags": ["\\Seen"]}, {"move": "Lists/Python"}],
    }
    assert bob == {**common, "uid": 2, "matched": ["bob"], "steps": [{"copy": "Bob"}]}


OBSERVER = '[[rules]]\nname = "observer"\nmode = "observe"\nmatch = "everything"\nthen.trash = true\n'


@pytest.mark.parametrize(("mode", "state"), [("--yes", "done"), ("--dry-run", "observed")])
def test_a_rule_that_only_observes_and_one_that_acts_are_told_in_one_object(rules: Path, mode: str, state: str) -> None:
    rules.write_text(rules.read_text() + OBSERVER)
    shown = objects(mailrules("apply", "-c", rules, "--json", mode))
    told = [(one["uid"], one["matched"], one["observed"], one["result"]) for one in shown]
    assert [(one["steps"], one["would"]) for one in shown if one["uid"] != 1] == [
        ([{"copy": "Bob"}], [{"trash": True}]),
        ([], [{"trash": True}]),
    ]
    assert sorted(told, key=str) == [
        (1, ["lists"], [], state),
        (2, ["bob"], ["observer"], state),
        (3, [], ["observer"], "observed"),
    ]


@pytest.mark.parametrize(("mode", "words"), [("--yes", "done"), ("--dry-run", "would be acted on")])
def test_a_rule_that_only_observes_is_counted_apart(rules: Path, mode: str, words: str) -> None:
    rules.write_text(rules.read_text() + OBSERVER)
    result = mailrules("apply", "-c", rules, mode)
    assert result.stdout == (
        f"{SUMMARY}work\tINBOX\tobserver (observed only)\t2\n3 messages looked at: 2 {words}, 1 observed only\n"
    )


def test_a_daemon_in_observe_mode_tells_of_each_message_once(rules: Path) -> None:
    rules.write_text(rules.read_text().replace("[daemon]", '[daemon]\nmode = "observe"', 1))
    for mode in ("--dry-run", "--yes"):
        shown = objects(mailrules("apply", "-c", rules, "--json", mode))
        assert [(one["uid"], one["result"]) for one in shown] == [(1, "observed"), (2, "observed")]


def test_objects_reach_their_file_while_a_terminal_shows_how_far_it_is(rules: Path, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        ours, its = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "mailrules", "apply", "-c", str(rules), "--dry-run", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=its,
        ) as process:
            os.close(its)
            seen = _read(ours)
            assert process.wait(60) == 0
        os.close(ours)
    assert b"work INBOX" in seen
    assert len((tmp_path / "out").read_text().splitlines()) == 2


def test_one_mailbox_can_be_named_though_it_is_not_watched(rules: Path, dovecot: Dovecot, user: str) -> None:
    dovecot.append(user, "Old/Имя", message("bob's old one"))
    result = mailrules("apply", "-c", rules, "--mailbox", "Old/Имя")
    assert (result.exit_code, result.stdout) == (0, "work\tOld/Имя\tbob\t1\n1 message looked at: 1 done\n")
    assert dovecot.subjects(user)["Bob"] == ["bob's old one"]


def test_a_mailbox_that_is_not_there_is_exit_status_2(rules: Path) -> None:
    result = mailrules("apply", "-c", rules, "--mailbox", "Nowhere")
    assert result.exit_code == 2
    assert "--mailbox Nowhere: the server has no such mailbox" in result.stderr


def test_without_a_terminal_it_asks_for_yes(rules: Path, dovecot: Dovecot, user: str) -> None:
    result = mailrules("apply", "-c", rules)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Say --yes" in result.stderr
    assert "Bob" not in dovecot.subjects(user)


@pytest.mark.parametrize(("answer", "status", "filed"), [("y", 0, FILED), ("n", 1, None)])
def test_on_a_terminal_it_asks(
    rules: Path, dovecot: Dovecot, user: str, answer: str, status: int, filed: dict[str, list[str]] | None
) -> None:
    before = dovecot.subjects(user)
    ours, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "mailrules", "apply", "-c", str(rules)], stdin=its, stdout=its, stderr=its
    ) as process:
        os.close(its)
        seen = _read(ours, until=b"[y/N]")
        os.write(ours, f"{answer}\n".encode())
        seen += _read(ours)
        assert process.wait(60) == status
    os.close(ours)
    assert b"Run 2 rules over all mail in the watched mailboxes of work?" in seen
    assert (b"3 messages looked at: 2 done" in seen) == (answer == "y")
    assert dovecot.subjects(user) == (filed or before)


def _read(terminal: int, until: bytes | None = None) -> bytes:
    seen = b""
    try:
        while (until is None or until not in seen) and (chunk := os.read(terminal, 4096)):
            seen += chunk
    except OSError:  # what Linux says when the last one at the other end has gone
        pass
    return seen


def test_beside_a_daemon_that_does_not_answer_it_is_exit_status_4(rules: Path, dovecot: Dovecot, user: str) -> None:
    with daemon_at_work(rules):
        result = mailrules("apply", "-c", rules, "--yes")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == (
        f"{rules.with_name('state.db')}: account 'work' is in use by process {os.getpid()}:"
        " stop it, or wait until it has finished\n"
    )
    assert "Bob" not in dovecot.subjects(user)


def test_a_refused_sign_in_is_exit_status_3_and_the_next_account_has_its_turn(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    dovecot.deliver(user, message("bob"))
    wrong = account("wrong", dovecot.ports.imap, f"{user}-x", password="canary")
    path = rule_file(tmp_path, RULES, wrong + account("work", dovecot.ports.imap, user))
    result = mailrules("apply", "-c", path, "--yes")
    assert result.exit_code == 3
    assert result.stderr.startswith("account 'wrong': ")
    assert "canary" not in result.stderr
    assert dovecot.subjects(user) == {"INBOX": ["bob"], "Bob": ["bob"]}


def test_what_could_not_be_done_is_exit_status_1(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, message("bob"))
    rule = '[[rules]]\nname = "r"\nmatch = "everything"\nthen.move = "Missing"\nthen.create = false\n'
    path = rule_file(tmp_path, rule, account("work", dovecot.ports.imap, user))
    result = mailrules("apply", "-c", path, "--yes")
    assert result.exit_code == 1
    assert "work INBOX UID 1 <" in result.stderr
    assert result.stdout.endswith("1 message looked at: 1 held\n")


def test_a_server_that_is_not_there_is_exit_status_1(tmp_path: Path) -> None:
    path = rule_file(tmp_path, RULES, account("work", 9, "ann"))
    result = mailrules("apply", "-c", path, "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith("account 'work': 127.0.0.1:9")


def test_mailboxes_shows_how_each_one_is_watched(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    dovecot.create(user, "Lists/a", "Lists/b", "Other")
    dovecot.deliver(user, message("one"), message("two"))
    extra = 'watch = ["INBOX", "Lists/*"]\nmax_connections = 2'
    path = rule_file(tmp_path, RULES, account("work", dovecot.ports.imap, user, extra=extra))
    shown = objects(mailrules("mailboxes", "-c", path, "--json"))
    rows = {row["mailbox"]: (row["special_use"], row["messages"], row["watched"]) for row in shown}
    assert shown[0]["mailbox"] == "INBOX"
    assert {key: rows[key] for key in ("INBOX", "Lists/a", "Lists/b", "Other", "Trash")} == {
        "INBOX": (None, 2, "notify"),
        "Lists/a": (None, 0, "notify status"),
        "Lists/b": (None, 0, "notify status"),
        "Other": (None, 0, "no"),
        "Trash": ("\\Trash", 0, "no"),
    }
    plain = mailrules("mailboxes", "-c", path, "--account", "work")
    assert "work\tINBOX\t\t2\tnotify\n" in plain.stdout
    assert (plain.exit_code, plain.stderr) == (0, "")


def test_mailboxes_names_the_account_that_fails_and_lists_the_others(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    dovecot.deliver(user, message("one"))
    accounts = [
        account("wrong", dovecot.ports.imap, user, password="canary"),
        account("work", dovecot.ports.imap, user),
        account("unread", dovecot.ports.imap, user).replace(f'password = "{PASSWORD}"', 'password.env = "NOT_SET"'),
    ]
    result = mailrules("mailboxes", "-c", rule_file(tmp_path, RULES, "".join(accounts)))
    wrong, unread = result.stderr.splitlines()
    assert result.exit_code == 3
    assert wrong.startswith("account 'wrong': the server refused user name or password")
    assert unread.startswith("account 'unread': the environment variable NOT_SET is not set")
    assert "work\tINBOX\t\t1\tnotify\n" in result.stdout
    assert "canary" not in result.stderr
