"""A rule with a limit handles so many messages within its window; the others wait, whole, until there is room."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from mailrules.engine.outcome import OutcomeState
from mailrules.engine.strays import strays
from mailrules.imap import INBOX, MailboxName
from tests.builders import message
from tests.engine.scene import Scene, rule, ruleset, scene
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

        assert (summary.done, summary.pending, summary.left) == (2, 0, {"move": 1})
        assert it.subjects() == {"INBOX": ["one 3"], "Lists": ["one 1", "one 2"]}
        assert await it.store.open_counts("work") == {}


async def test_what_apply_leaves_in_a_mailbox_that_nobody_watches_is_for_another_run(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        for subject in ("one 1", "one 2", "one 3"):
            dovecot.append(user, "Old", message(subject))
        old = MailboxName(b"Old")
        await applied(it, name=old)
        assert it.subjects() == {"Old": ["one 3"], "Lists": ["one 1", "one 2"]}

        it.ahead += timedelta(hours=2)
        await strays(it.context, [INBOX], [])
        summary = await applied(it, name=old)

        assert (summary.done, summary.held, summary.left) == (1, 0, {})
        assert it.subjects() == {"Lists": ["one 1", "one 2", "one 3"]}


async def test_new_mail_that_apply_meets_waits_as_it_would_without_it(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        dovecot.deliver(user, *map(message, ["one 1", "one 2", "one 3"]))

        summary = await applied(it)
        assert (summary.done, summary.pending, summary.left) == (2, 1, {})
        await it.retry(later=timedelta(hours=1))

        assert it.subjects() == {"Lists": ["one 1", "one 2", "one 3"]}


async def test_two_mailboxes_at_once_keep_to_one_limit(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Support")
    async with scene(dovecot, user, tmp_path, RULES, watch=["INBOX", "Support"]) as it:
        for mailbox in ("INBOX", "Support"):
            for subject in ("one 1", "one 2"):
                dovecot.append(user, mailbox, message(subject))

        await asyncio.gather(it.file(), it.file(MailboxName(b"Support")))

        assert len(it.subjects()["Lists"]) == 2


async def test_messages_that_nothing_is_left_to_be_done_with_take_nobodys_room(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = rule("flag", 'subject = "one"', "add_flags = ['$One']").replace("match.", 'limit = "2/hour"\nmatch.', 1)
    dovecot.deliver(user, *map(message, ["one 1", "one 2", "one 3"]))
    async with scene(dovecot, user, tmp_path, rules) as it:
        await applied(it)
        it.ahead += timedelta(hours=1)

        await applied(it)

        assert it.flags() == 3 * [frozenset({"$One"})]


async def test_copies_made_before_take_nobodys_room(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("copy", 'subject = "one"', 'copy = "Copies"').replace("match.", 'limit = "2/hour"\nmatch.', 1)
    dovecot.deliver(user, *map(message, ["one 1", "one 2", "one 3"]))
    async with scene(dovecot, user, tmp_path, rules) as it:
        await applied(it)
        it.ahead += timedelta(hours=1)

        await applied(it)

        assert it.subjects()["Copies"] == ["one 1", "one 2", "one 3"]


async def test_without_its_limit_a_rule_takes_what_waited(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await come(it, "one 1", "one 2", "one 3")
        it.rules = ruleset(RULES.replace('limit = "2/hour"', ""))

        await it.retry(later=timedelta(hours=1))

        assert it.subjects() == {"Lists": ["one 1", "one 2", "one 3"]}


async def test_all_that_waited_for_a_limit_is_freed_when_it_is_raised_or_taken_away(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Some would have had to wait for weeks; none is looked at before the limit has changed."""
    async with scene(dovecot, user, tmp_path, RULES.replace("2/hour", "1/day")) as it:
        await come(it, *(f"one {number}" for number in range(1, 7)))
        assert len(it.subjects()["INBOX"]) == 5
        it.proxy.recording.forget()
        await it.retry()
        assert not [sent for sent in it.proxy.recording.find("UID FETCH") if b":*" not in sent.text]

        it.rules = ruleset(RULES.replace("2/hour", "3/day"))
        await it.retry()
        assert len(it.subjects()["INBOX"]) == 3

        it.rules = ruleset(RULES.replace('limit = "2/hour"', ""))
        await it.retry()
        assert len(it.subjects()["Lists"]) == 6
