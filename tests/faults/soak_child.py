"""The daemon as a process that hurries, forgets soon, and tells at any time how much it holds.

``python -m tests.faults.soak_child run -c FILE``: each line on its standard input is answered by one on its standard
output, a `Held` as JSON. If the line is ``trace``, Python's memory is traced to the octet from then on.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path

from mailrules.daemon import backoff

REMEMBERED = timedelta(seconds=20)
"""How long what was done is remembered: 400 days in shortened time. Its size is bounded by the rule file."""
_EVERY = 5.0  # seconds from one forgetting to the next, if not much has come before: an hour in shortened time


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds; memory in octets, `traced` is what was taken since the tracing began, and is kept."""

    rss: int
    traced: int
    objects: int
    descriptors: int
    threads: int
    tasks: int


def held() -> Held:
    """Count, after everything that nobody refers to any more has been let go of."""
    gc.unfreeze()  # the daemon passes over what has lasted, and looks through it only now and then
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    loops = {one for one in gc.get_objects() if isinstance(one, asyncio.AbstractEventLoop) and one.is_running()}
    return Held(
        rss=pages * os.sysconf("SC_PAGE_SIZE"),
        traced=tracemalloc.get_traced_memory()[0],
        objects=len(gc.get_objects()),
        descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threads=threading.active_count(),
        tasks=sum(len(asyncio.all_tasks(loop)) for loop in loops),
    )


def answer() -> None:
    """Tell it to whoever asks, until nobody does any more."""
    for line in sys.stdin:
        print(json.dumps(asdict(held())), flush=True)
        if line.strip() == "trace":
            tracemalloc.start()


def quick(*_: float, **__: object) -> Iterator[float]:
    """Yield the pauses of somebody who can't wait."""
    return repeat(0.01)


def hurry() -> None:
    """Let pauses and days be short from now on: before the modules are imported that take them over."""
    backoff.delays = quick
    from mailrules.daemon import keeping  # noqa: PLC0415
    from mailrules.store import SqliteStore  # noqa: PLC0415

    keeping._HOUR = _EVERY
    prune = SqliteStore.prune

    async def soon(self: SqliteStore, _: datetime, *, now: datetime, octets: int | None = None) -> int:
        return await prune(self, now - REMEMBERED, now=now, octets=octets)

    SqliteStore.prune = soon  # type: ignore[assignment,method-assign]  # the point of this module


def main() -> None:
    """Run the command line."""
    from mailrules import cli  # noqa: PLC0415

    threading.Thread(target=answer, daemon=True).start()
    cli.main()


if __name__ == "__main__":
    hurry()
    main()
