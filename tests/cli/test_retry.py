"""``mailrules retry`` and ``mailrules resume`` on a real server, where no daemon runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailrules.store import HistoryQuery, SqliteStore
from mailrules.store.lease import lease
from tests.builders import message
from tests.cli.running import mailrules, objects, rule_file
from tests.daemon.house import account

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.dovecot import Dovecot

ERRING = """
[[rules]]
name = "lists"
match = "everything"
then.move = "Lists/{list_id.name}"
"""
RIGHT = ERRING.replace("{list_id.name}", "all")
REASON = "rule 'lists': {list_id.name} has no value in this message"


@pytest.fixture
def rules(tmp_path: Path, dovecot: Dovecot, user: str) -> Path:
    """Two messages that are held, since a mailbox's name has no value."""
    dovecot.deliver(user, message("one"), message("two"))
    path = rule_file(tmp_path, ERRING, account("work", dovecot.ports.imap, user))
    assert mailrules("apply", "-c", path, "--yes").exit_code == 1
    return path


def states(rules: Path) -> list[str]:
    """List the states in the history, the oldest first."""

    async def read() -> list[str]:
        async with SqliteStore(rules.with_name("state.db")) as store:
            return [entry.state.value for entry in reversed(await store.history(HistoryQuery()))]

    return asyncio.run(read())


def test_with_better_rules_what_was_held_is_filed(rules: Path, dovecot: Dovecot, user: str) -> None:
    rules.write_text(rules.read_text().replace(ERRING, RIGHT))
    result = mailrules("retry", "-c", rules)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "work\tINBOX\tlists\t2\n2 messages looked at: 2 done\n"
    assert dovecot.subjects(user) == {"Lists/all": ["one", "two"]}
    assert states(rules) == ["gone", "gone", "done", "done"]


def test_what_is_held_again_is_said_and_is_a_failure(rules: Path, dovecot: Dovecot, user: str) -> None:
    result = mailrules("retry", "-c", rules, "--json", "--id", "2")
    assert (result.exit_code, result.stderr) == (1, "")
    assert objects(result) == [
        {
            "account": "work",
            "mailbox": "INBOX",
            "uid": 2,
            "matched": ["lists"],
            "observed": [],
            "unknown": [],
            "steps": [],
            "result": "held",
            "error": REASON,
        }
    ]
    result = mailrules("retry", "-c", rules, "--rule", "lists")
    assert (result.exit_code, result.stdout) == (1, "work\tINBOX\tlists\t2\n2 messages looked at: 2 held\n")
    assert [line.partition(": ")[2] for line in result.stderr.splitlines()] == [f"held: {REASON}"] * 2
    assert dovecot.subjects(user)["INBOX"] == ["one", "two"]
    assert states(rules).count("held") == 2


def test_the_number_of_an_entry_that_was_met_again_means_the_newer_one(rules: Path) -> None:
    assert mailrules("retry", "-c", rules, "--id", "2").exit_code == 1
    held = mailrules("history", "-c", rules, "--held", "--last", "1").stdout.split("\t")[0]
    (shown,) = mailrules("retry", "-c", rules, "--dry-run", "--id", "2").stdout.splitlines()
    assert (states(rules)[1], shown.split("\t")[0]) == ("gone", held)


def test_a_dry_run_shows_them_and_asks_nobody(rules: Path) -> None:
    rules.write_text(rules.read_text().replace("port = ", "port = 1 # "))
    with lease(rules.with_name("state.db"), "work"):
        result = mailrules("retry", "-c", rules, "--dry-run")
        shown = objects(mailrules("retry", "-c", rules, "--dry-run", "--json", "--id", "1"))
    assert result.exit_code == 0
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["1", "2"]
    assert [(one["uid"], one["result"], one["error"]) for one in shown] == [(1, "observed", REASON)]
    assert states(rules) == ["held", "held"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retry", "--id", "3"], "--id 3: no such entry is held or waits\n"),
        (["retry", "--rule", "list"], "--rule list: no such rule (did you mean 'lists'?)\n"),
        (["retry", "--account", "x"], "--account x: no such account (there is work)\n"),
        (["retry", "--account", "wrok"], "--account wrok: no such account (did you mean 'work'?)\n"),
        (["resume", "list"], "RULE list: no such rule (did you mean 'lists'?)\n"),
        (["resume", "lists"], "rule 'lists': it has no limit, so nothing waits for it\n"),
    ],
)
def test_a_slip_of_the_pen_is_said(rules: Path, arguments: list[str], said: str) -> None:
    result = mailrules(*arguments, "-c", rules)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(said)


def test_while_everything_is_only_observed_nothing_is_tried(rules: Path) -> None:
    rules.write_text(rules.read_text().replace("[daemon]\n", '[daemon]\nmode = "observe"\n'))
    result = mailrules("retry", "-c", rules)
    assert (result.exit_code, states(rules)) == (2, ["held", "held"])
    assert "nothing can be tried again" in result.stderr


def test_an_account_that_the_rule_file_has_no_more_is_named(rules: Path) -> None:
    rules.write_text(rules.read_text().replace("[accounts.work]", "[accounts.home]"))
    result = mailrules("retry", "-c", rules)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "account 'work' is not in the rule file any more: 2 messages can't be tried again\n"


@pytest.mark.parametrize("arguments", [["retry"], ["retry", "--dry-run"], ["resume", "lists"]])
def test_without_a_state_nothing_waits_and_none_is_made(tmp_path: Path, arguments: list[str]) -> None:
    limited = RIGHT + 'limit = "2/hour"\n'
    path = rule_file(tmp_path, limited, account("work", 1, "ann"))
    path.chmod(0o600)
    result = mailrules(*arguments, "-c", path)
    assert result.stderr == f"there is no state {tmp_path / 'state.db'}: nothing has been done yet\n"
    assert (result.exit_code, result.stdout) == (0, "")
    assert not (tmp_path / "state.db").exists()
