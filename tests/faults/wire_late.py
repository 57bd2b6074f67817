"""The old session goes on after its client is gone: it does what it was asked only when the new one has looked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC

from mailrules.config import Daemon
from tests.faults.campaigns import Options, Tally
from tests.faults.wire_lane import LIMIT, Lane, Row, judge, trials
from tests.faults.wire_moments import Arrival, Moment, moments
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

GRACE = 0.5
"""Seconds between two looks: the old session is done sooner, once it may go on."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """A command that the server gets late: at the `nth` EXAMINE of the repair; None: when all is done."""

    moment: Moment
    nth: int | None = None
    point: Point = Point.BEFORE_COMMAND

    def __str__(self) -> str:
        when = f"{self.point.name.lower()} of EXAMINE {self.nth}" if self.nth else "when all is done"
        return f"{self.moment} reaches the server {when}"


async def belate(here: Lane, lateness: Lateness) -> Tally:
    """What the old session still does is found by the second look, or does no harm any more."""
    it, arrive = here.it, Arrival(here)
    it.hasty = True
    it.context = replace(it.context, general=lambda: Daemon(timezone=UTC, grace=GRACE))
    it.proxy.late.clear()
    it.proxy.belate(lateness.moment.pattern, nth=lateness.moment.nth)
    if lateness.nth is not None:
        it.proxy.meanwhile("EXAMINE", lateness.point, _release(here), nth=lateness.nth)
    await here.finish(arrive)
    never = it.proxy.outstanding
    it.proxy.belated()
    await it.proxy.finished()
    what = f"{here.row.name} {lateness}"
    result = judge(here.expected(arrive.name), here.other.standing(), [arrive.name], what)
    return result + Tally(wrong=1, notes=(f"{what}: it never came to that",)) if never else result


def _release(here: Lane) -> Callable[[], None]:
    """Let the old session go on and come to its end; called in a thread."""
    loop, proxy = asyncio.get_running_loop(), here.it.proxy

    def release() -> None:
        loop.call_soon_threadsafe(proxy.belated)
        asyncio.run_coroutine_threadsafe(proxy.finished(), loop).result(LIMIT)

    return release


def latenesses(row: Row, commands: tuple[Moment, ...]) -> list[Lateness]:
    """Copies and moves come late between the first look and the second; what may be repeated, at any time."""
    found: list[Lateness] = []
    for moment in commands:
        if moment.name in {"UID COPY", "UID MOVE"}:
            first = 1 if row is Row.MOVE else 2  # EXAMINEs in a look: targets of which nothing is known
            for nth, point in (
                (1, Point.BEFORE_COMMAND),
                (first, Point.AFTER_ANSWER),
                (first + 1, Point.BEFORE_COMMAND),
            ):
                found.append(Lateness(moment, nth, point))
        if moment.name in {"UID STORE", "UID EXPUNGE"}:
            found.append(Lateness(moment))
    return found


async def every_lateness(server: Dovecot, options: Options) -> Tally:
    """Belate each command that changes something, to each moment, for each row."""
    tally = Tally()
    for row in Row:
        todo = latenesses(row, await moments(server, row))
        tally += await trials(server, row, options.share(todo), belate, options)
    return tally
