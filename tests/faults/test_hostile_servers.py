"""A server that lies costs memory within a bound, and no message: some of the campaign's lies, told to the daemon."""

from __future__ import annotations

from pathlib import Path

from tests.faults.hostile import BOUND, Told, endure
from tests.faults.hostile_lies import lies

FLOOD = 20_000
SOME = [
    ("a line without end", "greeting"),
    ("a literal of {1099511627776}", "before UID FETCH"),
    ("attributes", "before LIST"),
    ("flags that last", "before SELECT"),
    ("hits", "idle"),
    ("headers", "before UID FETCH"),
    ("a backslash", "idle"),
    ("parentheses", "idle"),
    (f"{FLOOD:,} EXISTS up and down", "idle"),
    (f"{FLOOD:,} EXPUNGE", "before UID MOVE"),
    ("VANISHED", "before UID MOVE"),
    ("another message's subject", "before UID FETCH"),
    ("two UIDs", "before UID FETCH"),
    ("COPYUID of others", "before UID MOVE"),
    ("tags to come", "after UID FETCH"),
    ("UIDNEXT", "idle"),
    ("BYE", "before UID MOVE"),
]


async def test_a_lie_costs_no_message_and_little_memory(tmp_path: Path) -> None:
    """What is named by commands that change messages was shown by the server to be what a rule is for."""
    known = lies(FLOOD)
    results = await endure(tmp_path, [Told(name, stage, known[name]) for name, stage in SOME])
    assert [note for result in results for note in result.tally.notes] == []
    assert len(results) == len(SOME)
    assert max(result.grown for result in results) < BOUND
