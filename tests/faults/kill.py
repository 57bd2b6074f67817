"""The kill campaign: each scenario and lowering killed at every moment that a run passes, and again in the recovery."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

from tests.faults.campaigns import Campaign, Options, Tally
from tests.faults.kill_cases import Case, Moment, Ran, Theatre
from tests.faults.kill_scenarios import LOWERINGS, SCENARIOS
from tests.faults.nursery import Nursery
from tests.servers.dovecot import Dovecot

S = TypeVar("S")
T = TypeVar("T")


async def run(options: Options) -> Tally:
    """Run the matrix on a server of its own."""
    with Dovecot() as dovecot:
        async with theatre(dovecot) as stage:
            return await matrix(stage, options)


@asynccontextmanager
async def theatre(dovecot: Dovecot, sabotage: str = "") -> AsyncIterator[Theatre]:
    """Make what cases are run on; with `sabotage` mailrules itself is broken."""
    with tempfile.TemporaryDirectory(prefix="mr-kill-") as folder:
        async with Nursery(sabotage) as nursery:
            yield Theatre(dovecot, nursery, Path(folder))


async def matrix(stage: Theatre, options: Options, commands: Collection[str] = ()) -> Tally:
    """Enumerate the moments by runs that nobody kills; kill at each; kill there and once more in the recovery.

    With `commands` only at those of these commands. For the second kill one moment of each recovery is drawn, since all
    of them together are some fifty times as many.
    """
    clean = [Case(scenario, lowering) for scenario in SCENARIOS for lowering in LOWERINGS]
    enumerated = await _each(clean, stage.run, options.jobs)
    total = _summed(enumerated)
    points = options.share(
        [
            Case(case.scenario, case.lowering, (moment,))
            for case, ran in zip(clean, enumerated, strict=True)
            for moment in ran.moments
            if not commands or moment.command in commands
        ]
    )
    done = 0

    async def both(case: Case) -> Sequence[Ran]:
        nonlocal done
        once = await stage.run(case)
        second = _drawn(case, once.moments, options.seed)
        twice = await stage.run(Case(case.scenario, case.lowering, (*case.kills, second)))
        done += 1
        options.progress(done, len(points))
        return once, twice

    for pair in await _each(points, both, options.jobs):
        total += _summed(pair)
    return total + Tally(notes=(f"{len(points):,} points, each alone and with a second kill in its recovery",))


def _drawn(case: Case, moments: Sequence[Moment], seed: int) -> Moment:
    return Random(f"{seed} {case}").choice(moments)


def _summed(runs: Iterable[Ran]) -> Tally:
    return sum((ran.tally for ran in runs), Tally())


async def _each(things: Sequence[S], work: Callable[[S], Awaitable[T]], jobs: int) -> list[T]:
    """Work on all, so many at once; the results in their order."""
    room = asyncio.Semaphore(jobs)

    async def one(thing: S) -> T:
        async with room:
            return await work(thing)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(thing)) for thing in things]
    return [task.result() for task in tasks]


CAMPAIGNS = (Campaign("kill", "kills", run),)
