"""Whoever waits for entries is told by the writing itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from mailrules.store import EntryState, SqliteStore
from tests.store.builders import NOW, entry, with_ids


async def test_entries_that_have_settled_are_not_waited_for(store: SqliteStore) -> None:
    entries = await store.begin([entry(1, state=EntryState.HELD), entry(2, state=EntryState.DONE)], None, now=NOW)
    assert await store.settled([*with_ids(entries), 999], within=0)


async def test_the_wait_ends_when_the_last_one_settles(store: SqliteStore) -> None:
    first, second = await store.begin([entry(1), entry(2)], None, now=NOW)
    wait = asyncio.create_task(store.settled(with_ids([first, second]), within=60))
    await store.record([replace(first, state=EntryState.DONE)], now=NOW)
    await store.record([second], now=NOW)
    assert not wait.done()
    await store.record([replace(second, state=EntryState.PENDING, due=NOW)], now=NOW)
    assert await wait


async def test_the_wait_ends_when_its_time_is_up(store: SqliteStore) -> None:
    entries = await store.begin([entry(1)], None, now=NOW)
    assert not await store.settled(with_ids(entries), within=0.01)


async def test_a_recording_that_is_cancelled_still_wakes_those_who_wait(store: SqliteStore) -> None:
    (begun,) = await store.begin([entry(1)], None, now=NOW)
    wait = asyncio.create_task(store.settled(with_ids([begun]), within=60))
    recording = asyncio.create_task(store.record([replace(begun, state=EntryState.DONE)], now=NOW))
    await asyncio.sleep(0)
    recording.cancel()
    assert await wait
