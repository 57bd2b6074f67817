"""Decisions become entries some at a time, so that thousands of them hold up nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.engine.deciding import Decision, Origin
from mailrules.engine.drafting import entries_for
from mailrules.engine.reading import Fetched
from mailrules.imap import INBOX
from mailrules.rules import FlagChange, Message, Plan, Verdict
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
