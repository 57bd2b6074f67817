"""``mailrules explain --uid``: a message on the server, looked at and left as it is."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mailrules.store.lease import lease
from tests.builders import message
from tests.cli.running import mailrules, objects, rule_file
from tests.daemon.house import account

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.dovecot import Dovecot

RULES = """
[[rules]]
name = "reports"
match.body = "enclosed"
match.attachment.name.glob = "*.pdf"
match.search = "UNSEEN"
then.move = "Reports"

[[rules]]
name = "again"
match.duplicate = true
then.trash = true

[[rules]]
name = "answers"
match.thread.in = "*"
then.copy = "{thread.mailbox}"

[[rules]]
name = "old"
every = "1 day"
match.search = "SUBJECT report"
then.expunge = true
"""

REPORT = b"""From: bob@example.com
Subject: report
Message-ID: <1@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Please find enclosed.
--b
Content-Type: application/pdf; name="report.pdf"

x
--b--
"""


@pytest.fixture
def rules(tmp_path: Path, dovecot: Dovecot, user: str) -> Path:
    """A report, something else, and a message that somebody marked as deleted."""
    for mail, flags in ((REPORT, ()), (message("else"), ()), (message("gone"), ("\\Deleted",))):
        dovecot.append(user, "INBOX", mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), flags)
    return rule_file(tmp_path, RULES, account("work", dovecot.ports.imap, user))


def test_the_body_the_parts_and_the_search_are_asked_for(rules: Path, dovecot: Dovecot, user: str) -> None:
    before = dovecot.look(user)
    result = mailrules("explain", "-c", rules, "--account", "work", "--uid", "1", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert objects(result) == [
        {
            "account": "work",
            "mailbox": "INBOX",
            "uid": 1,
            "matched": ["reports"],
            "observed": [],
            "unknown": [],
            "steps": [{"move": "Reports"}],
            "scheduled": {"matched": ["old"], "observed": [], "unknown": [], "steps": [{"expunge": True}]},
        }
    ]
    assert dovecot.look(user) == before
    assert not (rules.parent / "state.db").exists()


def test_people_see_the_values_the_plan_and_what_runs_on_schedule(rules: Path) -> None:
    lines = mailrules("explain", "-c", rules, "--uid", "1", "--uid", "2").stdout.splitlines()
    assert lines[0] == "work INBOX UID 1"
    assert '  rule "reports" matches' in lines
    assert "    yes     search UNSEEN – saw found" in lines
    assert "  → move Reports" in lines
    assert lines[-4:] == [
        "work INBOX UID 2",
        "  nothing to do: the message stays as it is",
        "  on schedule, apart from new mail:",
        "    nothing to do: the message stays as it is",
    ]


def test_messages_that_are_not_there_or_left_alone_are_exit_status_1(rules: Path) -> None:
    result = mailrules("explain", "-c", rules, "--uid", "3", "--uid", "99", "--uid", "2", "--json")
    deleted, missing, found = objects(result)
    assert result.exit_code == 1
    assert found["uid"] == 2
    assert (deleted["uid"], deleted["error"]) == (3, "it is marked \\Deleted and so left alone")
    assert (missing["uid"], missing["error"]) == (99, "there is no such message")


def test_a_daemon_at_work_is_not_disturbed(rules: Path) -> None:
    state = rules.parent / "state.db"
    state.touch()
    with lease(state, "work"):
        assert mailrules("explain", "-c", rules, "--uid", "2").exit_code == 0


def test_the_state_says_what_came_before_and_where_relatives_are(rules: Path, dovecot: Dovecot, user: str) -> None:
    assert mailrules("apply", "-c", rules, "--yes").exit_code == 0
    assert dovecot.subjects(user)["Reports"] == ["report"]
    answer = message("Re: report", In_Reply_To="<1@example.com>", message_id="<2@example.com>")
    dovecot.deliver(user, answer, REPORT)
    with sqlite3.connect(rules.parent / "state.db") as state:
        before = list(state.iterdump())
    one, two = objects(mailrules("explain", "-c", rules, "--uid", "4", "--uid", "5", "--json"))
    assert (one["matched"], one["steps"]) == (["answers"], [{"copy": "Reports"}])
    assert two["matched"] == ["reports"]
    rules.write_text(rules.read_text().replace('"reports"\n', '"reports"\nenabled = false\n'))
    (two,) = objects(mailrules("explain", "-c", rules, "--uid", "5", "--json"))
    assert (two["matched"], two["steps"]) == (["again"], [{"trash": True}])
    with sqlite3.connect(rules.parent / "state.db") as state:
        assert list(state.iterdump()) == before


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--uid", "1", "--account", "home"], 2, "no such account"),
        (["--uid", "1", "--mailbox", "Nowhere"], 2, "the server has no such mailbox"),
        (["--uid", "0"], 2, "a UID is a number from 1"),
        (["--uid", "1", "x.eml"], 2, "but not both"),
    ],
)
def test_what_cannot_be_asked_for_is_exit_status_2(rules: Path, arguments: list[str], status: int, said: str) -> None:
    result = mailrules("explain", "-c", rules, *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert said in result.stderr


def test_a_refused_sign_in_is_exit_status_3(rules: Path) -> None:
    rules.write_text(rules.read_text().replace("correct-horse", "wrong"))
    assert mailrules("explain", "-c", rules, "--uid", "1").exit_code == 3
