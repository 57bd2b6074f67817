"""A rule with a limit handles so many messages within its window; the others wait, whole, until there is room."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine.scene import Scene, ruleset, scene
from tests.engine.test_apply import applied
from tests.servers.dovecot import Dovecot

RULES = r"""
[[rules]]
name = "tag"
match = "everything"
then.add_flags = ["$Seen-by-us"]

[[rules]]
name = "move"
match.subject = "one"
then.move = "Lists"
limit = "2/hour"
"""
REASON = "rule 'move' has reached its limit of 2/hour"


async def come(it: Scene, *subjects: str) -> None:
    it.server.deliver(it.user, *map(message, subjects))
    await it.file()


async def test_a_message_over_the_limit_gets_no_step_of_any_rule(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await come(it, "one 1", "one 2", "one 3", "other")

        assert it.subjects() == {"INBOX": ["one 3", "other"], "Lists": ["one 1", "one 2"]}
        assert it.flags() == [frozenset(), frozenset({"$Seen-by-us"})]
        assert [(each.state, each.reason) for each in it.outcomes if each.subject == "one 3"] == [
            (OutcomeState.PENDING, REASON)
        ]


async def test_the_window_frees_what_waits_one_for_each_use_that_falls_out_of_it(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await come(it, "one 1")
        it.ahead += timedelta(minutes=30)
        await come(it, "one 2", "one 3", "one 4", "one 5")
        assert it.subjects()["INBOX"] == ["one 3", "one 4", "one 5"]

        await it.retry(later=timedelta(minutes=31))
        assert it.subjects()["INBOX"] == ["one 4", "one 5"]
        await it.retry(later=timedelta(minutes=31))
        assert it.subjects()["INBOX"] == ["one 5"]
        await it.retry(later=timedelta(minutes=31))

        assert it.subjects() == {"Lists": ["one 1", "one 2", "one 3", "one 4", "one 5"]}


async def test_the_count_outlives_a_restart_and_a_message_counts_once(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        it.proxy.refuse("UID MOVE", "NO [INUSE] Mailbox is locked", times=1)
        await come(it, "one 1")
        await it.retry()
        await come(it, "one 2")
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await come(it, "one 3")

        assert it.subjects() == {"INBOX": ["one 3"], "Lists": ["one 1", "one 2"]}


async def test_apply_keeps_to_the_limit_too(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.deliver(user, *map(message, ["one 1", "one 2", "one 3"]))
    async with scene(dovecot, user, tmp_path, RULES) as it:
        summary = await applied(it)

        assert (summary.done, summary.pending) == (2, 1)
        assert it.subjects() == {"INBOX": ["one 3"], "Lists": ["one 1", "one 2"]}


async def test_without_its_limit_a_rule_takes_what_waited(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await come(it, "one 1", "one 2", "one 3")
        it.rules = ruleset(RULES.replace('limit = "2/hour"', ""))

        await it.retry(later=timedelta(hours=1))

        assert it.subjects() == {"Lists": ["one 1", "one 2", "one 3"]}
