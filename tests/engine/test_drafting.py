"""Decisions become entries some at a time, so that thousands of them hold up nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.engine.deciding import Decision, Origin
from mailrules.engine.drafting import entries_for
from mailrules.engine.reading import Fetched
from mailrules.imap import INBOX
from mailrules.rules import FlagChange, Message, MoveTo, Plan, Target, Verdict
from mailrules.store import Own
from tests.engine.scene import rule, scene

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.dovecot import Dovecot

SEEN = Plan(flags=FlagChange(replace=None, add=frozenset({r"\Seen"}), remove=frozenset(), rule="read"))


def decision(uid: int) -> Decision:
    """Have a message of which nothing is known marked as read."""
    message = Fetched(uid, frozenset(), datetime(2026, 3, 1, tzinfo=UTC), 1, Message(header=b"\r\n"), f"print {uid}")
    return Decision(message, Verdict(plan=SEEN, matched=("read",)))


async def test_others_have_their_turn_while_thousands_of_entries_are_made(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    rules = rule("read", 'subject = "one"', 'add_flags = ["\\\\Seen"]')
    async with scene(dovecot, user, tmp_path, rules) as play, play.session() as session:
        origin = Origin(session, INBOX, "INBOX", await session.select(INBOX))
        other = asyncio.create_task(take_turns())
        entries = await entries_for(play.context, origin, [decision(uid) for uid in range(1, 2_001)], play.rules)
        seen, _ = turns, other.cancel()
    assert list(range(1, 2_001)) == [entry.uid for entry in entries]
    assert 4 == seen


async def test_entries_made_together_are_those_made_one_by_one(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """What messages have in common is worked out once: their rules, their flags and what was decided."""
    filed = Plan(ending=MoveTo(Target("Lists"), "lists"))
    both = Plan(SEEN.flags, ending=MoveTo(Target("Lists"), "lists"))
    verdicts = [
        Verdict(filed, ("lists",)),
        Verdict(filed, ("lists", "more")),
        Verdict(both, ("read", "lists")),
        Verdict(SEEN, ("read",)),
        Verdict(error="no value"),
        Verdict(),
    ]
    flags = [frozenset[str](), frozenset({r"\Seen"}), frozenset({r"\Flagged", "a", "b"})]
    owns = [None, None, Own(7, chain=True, hops=1, rules=("earlier",))]
    decisions = [
        Decision(replace(decision(number).message, flags=flags[number % 3]), verdicts[number % 6], owns[number % 5 % 3])
        for number in range(1, 200)
    ]
    async with scene(dovecot, user, tmp_path, "rules = []") as play, play.session() as session:
        origin = Origin(session, INBOX, "INBOX", await session.select(INBOX))
        together = await entries_for(play.context, origin, decisions, play.rules)
        alone = [entry for each in decisions for entry in await entries_for(play.context, origin, [each], play.rules)]
    assert alone == together
    assert {len(entry.steps) for entry in together} == {0, 1, 2}
