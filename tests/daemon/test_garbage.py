"""The garbage collector holds up nobody for long, and what is lost is let go of all the same."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import garbage
from mailrules.daemon.garbage import lasting, look_through, short_pauses

if TYPE_CHECKING:
    from collections.abc import Iterator


class Connection:
    """A connection and its wire know each other, and so does much else."""

    wire: Connection


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """Leave nothing passed over, whatever a test has done."""
    yield
    gc.unfreeze()


def cycle() -> weakref.ref[Connection]:
    """Make something that only the collector can find, and is passed over."""
    connection = Connection()
    connection.wire = connection
    gc.freeze()
    return weakref.ref(connection)


def test_the_collector_passes_over_what_is_loaded() -> None:
    with lasting():
        collecting = gc.isenabled()
        loaded: list[list[str]] = [[] for _ in range(1_000)]
    assert gc.get_freeze_count() >= len(loaded)
    assert (collecting, gc.isenabled()) == (False, True)


def test_no_look_of_the_collector_is_for_more_than_some_ten_thousand_objects() -> None:
    """What lasts is looked through twice, and passed over then."""
    looked_through: list[int] = []

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            looked_through.append(sum(len(gc.get_objects(number)) for number in range(info["generation"] + 1)))

    gc.freeze()
    before = gc.get_threshold()
    gc.callbacks.append(count)
    try:
        with short_pauses():
            there = [[number] for number in range(200_000)]
    finally:
        gc.callbacks.remove(count)
    assert len(there) == 200_000
    assert len(looked_through) > 10
    assert max(looked_through) < 40_000
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


async def test_cycles_among_what_is_passed_over_are_found_when_there_is_much_more_than_there_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(garbage, "_GROWTH", 1.0)
    gc.freeze()
    looking = asyncio.create_task(look_through(0.001))
    try:
        gone, kept = cycle(), [Connection()]
        async with asyncio.timeout(30):
            while gone() is not None:
                kept.append(Connection())
                gc.freeze()
                await asyncio.sleep(0.001)
    finally:
        looking.cancel()


async def test_where_there_is_hardly_more_than_there_was_nothing_is_looked_through() -> None:
    gc.freeze()
    gone = cycle()
    looking = asyncio.create_task(look_through(0.0))
    for _ in range(10):
        await asyncio.sleep(0)
    looking.cancel()
    assert gone() is not None
