"""Cuts the connection at every byte of one message's way, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.campaigns import Options, Tally
from tests.faults.wire_lane import FLAGS_COPY_MOVE, FLAGS_MOVE, Lane, Row, judge, lane, trials
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Side

DONE = 7
"""The flight that ends the first IDLE and fetches what has arrived; the one before begins it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One place: `octets` into what one side gets in a flight of the way."""

    side: Side
    flight: int
    octets: int

    def __str__(self) -> str:
        return f"{self.octets} octets of flight {self.flight} to the {self.side.name}"


async def places(server: Dovecot, row: Row, rules: str = FLAGS_COPY_MOVE) -> tuple[Cut, ...]:
    """Go the way once without a fault, and return every place where it might have been cut."""
    async with lane(server, row, rules) as here:
        here.it.proxy.recording.forget()
        await here.way(here.other.append)
        octets = here.it.proxy.recording.octets
    connection = min(number for number, _, _ in octets)
    lengths = {(side, flight): count for (number, flight, side), count in octets.items() if number == connection}
    return tuple(
        Cut(side, flight, octet)
        for (side, flight), length in sorted(lengths.items(), key=lambda item: (item[0][1], item[0][0].value))
        for octet in range(length + 1)
    )


async def cut(here: Lane, place: Cut) -> Tally:
    """Cut there, let it be finished on other connections, and compare what is in the mailboxes."""
    arrived: list[str] = []

    def arrive() -> bool:
        arrived.append(here.other.append())
        return True

    here.it.proxy.sever(place.side, place.flight, place.octets)
    await here.finish(arrive)
    result = judge(here.expected(*arrived), here.other.standing(), arrived, f"{here.row.name} {place}")
    if here.it.proxy.outstanding:
        result += Tally(wrong=1, notes=(f"{here.row.name} {place}: the way did not get there",))
    return result


async def every_byte(server: Dovecot, options: Options) -> Tally:
    """Cut at each byte for each row; say how many there are."""
    tally = Tally()
    for row in Row:
        everywhere = await places(server, row)
        tally += Tally(notes=(_count(f"{row.name}, flags and copy and move", everywhere),))
        tally += await trials(server, row, options.share(everywhere), cut, options)
    # Where the flags share a flight with the move; until then the way is the same.
    shared = [place for place in await places(server, Row.MOVE, FLAGS_MOVE) if place.flight >= DONE]
    tally += Tally(notes=(_count("MOVE, flags and move, from DONE on", shared),))
    return tally + await trials(server, Row.MOVE, options.share(shared), cut, options, FLAGS_MOVE)


def _count(what: str, everywhere: Sequence[Cut]) -> str:
    counts = {side: sum(place.side is side for place in everywhere) for side in Side}
    flights = len({place.flight for place in everywhere})
    places = f"{counts[Side.SERVER]:,} places to the server, {counts[Side.CLIENT]:,} to the client"
    return f"{what}: {places}, in {flights} flights"
