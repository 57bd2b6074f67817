"""Fuzzing as one of the fault campaigns: a minute for each target."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.faults.campaigns import Campaign, Options, Tally
from tests.fuzz.fuzzing import fuzz
from tests.fuzz.targets import TARGETS

SECONDS = 60


async def run(options: Options, *, target: str) -> Tally:
    """Fuzz one target; `most` bounds how many octets are tried."""
    limits = [f"-max_total_time={SECONDS}", f"-seed={options.seed}"]
    if options.most is not None:
        limits.append(f"-runs={options.most}")
    done = await asyncio.to_thread(fuzz, target, *limits)
    return Tally(tried=done.runs, wrong=len(done.harm), notes=tuple(map(repr, done.harm)))


CAMPAIGNS = tuple(Campaign(f"fuzz: {name}", "octets", partial(run, target=name)) for name in TARGETS)
