"""Refused, ended, crossed by others and late: here a spread of what the wire campaigns try in full."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.faults.campaigns import Options, Tally
from tests.faults.wire_big import kill_in_a_move
from tests.faults.wire_lane import FLAGS_MOVE, Row, lane
from tests.faults.wire_late import every_lateness
from tests.faults.wire_mailboxes import every_upheaval
from tests.faults.wire_moments import every_farewell, every_refusal
from tests.faults.wire_others import every_meeting
from tests.faults.wire_storm import every_storm
from tests.servers.dovecot import Dovecot


@pytest.mark.parametrize(
    ("every", "most"),
    [
        pytest.param(every_refusal, 8, id="NO and BAD to each command"),
        pytest.param(every_farewell, 6, id="BYE at any time"),
        pytest.param(every_meeting, 8, id="another client's acts in between"),
        pytest.param(every_upheaval, 12, id="mailboxes deleted, renamed and renumbered"),
        pytest.param(every_lateness, 4, id="commands that the server gets after the repair has looked"),
        pytest.param(every_storm, 3, id="storms of other clients"),
    ],
)
async def test_nothing_is_lost_or_doubled_by(
    dovecot: Dovecot, every: Callable[[Dovecot, Options], Awaitable[Tally]], most: int
) -> None:
    tally = await every(dovecot, Options(most=most, jobs=1))

    assert tally.clean, "\n".join(tally.notes)
    assert tally.tried >= most


async def test_a_server_that_is_killed_in_a_great_move_leaves_each_message_in_one_place(dovecot: Dovecot) -> None:
    async with lane(dovecot, Row.MOVE, FLAGS_MOVE) as here:
        tally = await kill_in_a_move(here, 0.05, 1_000)

    assert tally.clean, "\n".join(tally.notes)
