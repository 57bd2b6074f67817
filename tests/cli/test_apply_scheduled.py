"""``mailrules apply --scheduled``: the rules with ``every``, now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailrules.engine import process, sweeping
from mailrules.imap import Answer, Kind, No, SimpleCode, Tagged
from mailrules.store import SqliteStore
from tests.builders import message
from tests.cli.running import mailrules, objects, rule_file
from tests.daemon.house import account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from mailrules.store import Entry
    from tests.servers.dovecot import Dovecot

RULES = """
[[rules]]
name = "file"
match.subject = "one"
then.move = "Filed"

[[rules]]
name = "old news"
every = "1 week"
mailboxes = ["News"]
match.age.over = "90 days"
then.expunge = true

[[rules]]
name = "read"
every = "1 week"
match.search = 'SEEN'
then.move = "Read"
"""
OLD = "01-Jan-2024 10:00:00 +0000"


@pytest.fixture
def rules(tmp_path: Path, dovecot: Dovecot, user: str) -> Path:
    dovecot.append(user, "News", message("one"), date=OLD)
    dovecot.append(user, "News", message("two"), [r"\Seen"])
    dovecot.append(user, "INBOX", message("one"))
    dovecot.append(user, "INBOX", message("three"), [r"\Seen"])
    return rule_file(tmp_path, RULES, account("work", dovecot.ports.imap, user))


def test_it_runs_them_where_they_say_and_no_others(rules: Path, dovecot: Dovecot, user: str) -> None:
    result = mailrules("apply", "-c", rules, "--scheduled", "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == ("work\tINBOX\tread\t1\nwork\tNews\told news\t1\n2 messages looked at: 2 done\n")
    assert dovecot.subjects(user) == {"INBOX": ["one"], "News": ["two"], "Read": ["three"]}


def test_a_dry_run_changes_nothing(rules: Path, dovecot: Dovecot, user: str) -> None:
    before = dovecot.look(user)
    shown = objects(mailrules("apply", "-c", rules, "--scheduled", "--dry-run", "--json"))
    assert [(one["mailbox"], one["matched"], one["steps"]) for one in shown] == [
        ("INBOX", ["read"], [{"move": "Read"}]),
        ("News", ["old news"], [{"expunge": True}]),
    ]
    assert dovecot.look(user) == before


def test_of_one_mailbox_it_takes_that_alone(rules: Path, dovecot: Dovecot, user: str) -> None:
    assert mailrules("apply", "-c", rules, "--scheduled", "--mailbox", "News").exit_code == 0
    assert dovecot.subjects(user) == {"INBOX": ["one", "three"], "News": ["two"]}


def test_without_it_they_do_not_run(rules: Path, dovecot: Dovecot, user: str) -> None:
    assert mailrules("apply", "-c", rules, "--yes").exit_code == 0
    assert dovecot.subjects(user) == {"INBOX": ["three"], "News": ["one", "two"], "Filed": ["one"]}


def test_it_asks_about_those_rules(rules: Path) -> None:
    result = mailrules("apply", "-c", rules, "--scheduled")
    assert (result.exit_code, result.stderr) == (
        2,
        "Run 2 rules over all mail in their mailboxes of work? Say --yes, or choose with --account or --mailbox.\n",
    )


def test_a_rule_that_has_reached_its_limit_says_so(rules: Path, dovecot: Dovecot, user: str) -> None:
    dovecot.append(user, "News", message("four"), date=OLD)
    rules.write_text(rules.read_text().replace("mailboxes =", 'limit = "1/day"\nmailboxes ='))
    result = mailrules("apply", "-c", rules, "--scheduled", "--yes")
    assert result.exit_code == 0
    assert result.stderr == ("account 'work': rule 'old news' has reached its limit: the rest waits for another run\n")
    assert dovecot.subjects(user)["News"] == ["two", "four"]


def test_without_a_daemon_it_takes_what_came_after_the_first_run(rules: Path, dovecot: Dovecot, user: str) -> None:
    assert mailrules("apply", "-c", rules, "--scheduled", "--yes").exit_code == 0
    dovecot.append(user, "INBOX", message("four"), [r"\Seen"])
    assert mailrules("apply", "-c", rules, "--scheduled", "--yes").exit_code == 0
    assert dovecot.subjects(user) == {"INBOX": ["one"], "News": ["two"], "Read": ["three", "four"]}


def test_it_finishes_what_a_killed_run_left_begun(
    rules: Path, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> Sequence[Entry]:
        raise SystemExit(9)

    with monkeypatch.context() as patched:
        patched.setattr(process.Path, "act", killed)
        assert mailrules("apply", "-c", rules, "--scheduled", "--yes").exit_code == 9
    assert len(dovecot.subjects(user)["INBOX"]) == 2
    result = mailrules("apply", "-c", rules, "--scheduled", "--yes")
    assert result.exit_code == 0
    assert dovecot.subjects(user) == {"INBOX": ["one"], "News": ["two"], "Read": ["three"]}


def test_a_run_in_which_something_was_refused_does_not_count(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the daemon the rules are due all the same."""
    with monkeypatch.context() as patched:
        patched.setattr(sweeping, "changed", refused)
        result = mailrules("apply", "-c", rules, "--scheduled", "--yes")
    assert (result.exit_code, "INUSE" in result.stderr) == (1, True)
    assert last_run(rules) is None
    assert mailrules("apply", "-c", rules, "--scheduled", "--yes").exit_code == 0
    assert last_run(rules) is not None


async def refused(*_: object) -> Sequence[object]:
    raise No("UID FETCH", Answer(Tagged(b"1", Kind.NO, SimpleCode("INUSE"), "Try later"), ()))


def last_run(rules: Path) -> datetime | None:
    async def read() -> datetime | None:
        async with SqliteStore(rules.with_name("state.db")) as store:
            return await store.last_run("work", "old news")

    return asyncio.run(read())
