"""``mailrules apply --scheduled``: the rules with ``every``, now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import message
from tests.cli.running import mailrules, objects, rule_file
from tests.daemon.house import account

if TYPE_CHECKING:
    from pathlib import Path

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
