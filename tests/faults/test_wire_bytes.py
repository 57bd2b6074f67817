"""Cut between any two bytes, a message is where the rules say, exactly once; here a spread of all places."""

from tests.faults.campaigns import Options
from tests.faults.wire_bytes import DONE, cut, every_byte, places
from tests.faults.wire_lane import Row, trials
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Side


async def test_a_cut_between_any_two_bytes_loses_and_doubles_nothing(dovecot: Dovecot) -> None:
    tally = await every_byte(dovecot, Options(most=20, jobs=1))

    assert tally.clean, "\n".join(tally.notes)
    assert tally.tried == 80


async def test_a_header_that_ends_in_its_middle_is_no_header(dovecot: Dovecot) -> None:
    answer = [place for place in await places(dovecot, Row.MOVE) if (place.side, place.flight) == (Side.CLIENT, DONE)]
    literal = answer[150:-60]

    tally = await trials(dovecot, Row.MOVE, literal[:: len(literal) // 4], cut, Options(jobs=1))

    assert tally.clean, "\n".join(tally.notes)
