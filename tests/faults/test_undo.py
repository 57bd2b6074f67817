"""Killed at any moment, an undo is finished exactly once: by the daemon, or when the next one begins.

This is a share of ``python -m tests.faults undo``, which kills at every moment that there is.
"""

from __future__ import annotations

from tests.faults.campaigns import Options
from tests.faults.undo import matrix, theatre
from tests.servers.dovecot import Dovecot

POINTS = 9


async def test_a_kill_at_any_moment_of_an_undo_loses_and_doubles_nothing(dovecot: Dovecot) -> None:
    async with theatre(dovecot) as stage:
        tally = await matrix(stage, Options(most=POINTS, jobs=2))

    assert tally.clean, "\n".join(tally.notes)
    assert tally.tried == POINTS
