"""Mailboxes at rest, each with a connection of its own and TLS: what each takes of memory and of the processor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

from tests.bench import hibernating
from tests.bench.bench import Bench
from tests.bench.connections import Taken, compare
from tests.bench.idle import Idle, measure
from tests.bench.table import Against, Goal, Row, Sample

_SIZES = (1, 100, 1_000, 10_000)
_QUICK_SIZES = (1, 100)
_known: dict[tuple[int, int], Idle] = {}
"""What has been measured in this run, by the turn and the number of mailboxes: two axes come from one measurement."""


def measured(bench: Bench) -> dict[int, list[Idle]]:
    """Measure daemons with few and many mailboxes, as often as is asked for."""
    sizes = bench.either(_SIZES, _QUICK_SIZES)
    for turn in range(bench.runs):
        for size in sizes:
            if (turn, size) not in _known:
                resting = bench.either(60.0 if size == sizes[-1] else 10.0, 5.0)
                _known[turn, size] = found = asyncio.run(measure(size, 1, resting))
                bench.say(f"{size:,} mailboxes: {found}")
    return {size: [_known[turn, size] for turn in range(bench.runs)] for size in sizes}


def rows(bench: Bench) -> Iterator[Row]:
    """Say what each mailbox beyond the first takes, and what all of them take of a core."""
    found = measured(bench)
    one, most = found[1], max(found)
    for size, many in found.items():
        if size == 1:
            continue
        pairs = list(zip(many, one, strict=True))
        each = Sample.of((all_.resident - first.resident) / (size - 1) for all_, first in pairs)
        last = size == most
        # The floor is a bare SSLSocket each, which neither reads IMAP nor knows what it waits for.
        bare = Sample.of(one.resident for one in _bare(bench)) if last else None
        yield Row(f"{size:,} idle mailboxes with TLS: memory each", "KiB", each, bare, goal=Goal(45) if last else None)
        load = Sample.of(all_.load for all_ in many)
        yield Row(f"{size:,} idle mailboxes with TLS: of a core", "%", load, goal=Goal(1) if last else None)
        blocks = Sample.of(round((all_.blocks - first.blocks) / (size - 1), 1) for all_, first in pairs)
        yield Row(f"{size:,} idle mailboxes: blocks of memory each", "", blocks, counted=True)
        files = Sample.of(round((all_.descriptors - first.descriptors) / (size - 1), 2) for all_, first in pairs)
        yield Row(f"{size:,} idle mailboxes: descriptors each", "", files, counted=True)
        tasks = Sample.of(round((all_.tasks - first.tasks) / (size - 1), 2) for all_, first in pairs)
        yield Row(f"{size:,} idle mailboxes: tasks each", "", tasks, counted=True)
    yield Row(
        f"{most:,} mailboxes: from the start until all are in IDLE",
        "s",
        Sample.of(all_.seconds for all_ in found[most]),
    )


def _bare(bench: Bench) -> Iterator[Taken]:
    """Measure connections of which nothing in Python can be smaller."""
    for _ in range(bench.runs):
        yield from (taken for taken in asyncio.run(compare(bench.either(1_000, 100))) if taken.way == "SSLSocket")


def on_dovecot(bench: Bench) -> Iterator[Row]:
    """The same on a real server, once: ten thousand sign-ins take it minutes. It takes root."""
    if bench.quick or os.geteuid():
        return
    one, many = hibernating.measure(1, 1.0), hibernating.measure(_SIZES[-1], 60.0)
    for rest in (one, many):
        bench.say(f"on Dovecot: {rest}")
    each = (many.resident - one.resident) / (many.mailboxes - 1)
    axis = f"{many.mailboxes:,} idle mailboxes on Dovecot with imap-hibernate"
    yield Row(f"{axis}: memory each", "KiB", Sample.of([each]), goal=Goal(45))
    yield Row(f"{axis}: of a core", "%", Sample.of([many.load]), goal=Goal(1))


def answers(bench: Bench) -> Iterator[Row]:
    """Compare a message for one of many mailboxes with a message for the only one."""
    found = measured(bench)
    most = max(found)
    for size, many in found.items():
        if size > 1:
            goal = Goal(1.5, Against.FLOOR) if size == most else None
            axis = f"a message for one of {size:,} mailboxes: EXISTS to moved (floor: the only one)"
            alone = Sample.of(all_.alone for all_ in many)  # in turn with them, so that all else is the same
            yield Row(axis, "ms", Sample.of(all_.answer for all_ in many), alone, goal=goal)
            first = Sample.of(all_.first_answer for all_ in many)
            yield Row(f"the first message ever for one of {size:,} mailboxes", "ms", first)
