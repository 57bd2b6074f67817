"""One thread writes for all: commits are shared, failures are not."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from mailrules.store import SqliteStore, StateError
from tests.store.builders import ACCOUNT, INBOX, NOW, checkpoint, entry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path


def held_up(started: threading.Event, go_on: threading.Event) -> Callable[[sqlite3.Connection], None]:
    """Build a job that keeps the thread busy, as a slow disk does."""

    def work(_db: sqlite3.Connection) -> None:
        started.set()
        assert go_on.wait(60)

    return work


async def test_those_who_wait_at_the_same_time_share_one_commit(store: SqliteStore) -> None:
    started, go_on = threading.Event(), threading.Event()
    busy = asyncio.create_task(store._writer.read(held_up(started, go_on)))
    await asyncio.to_thread(started.wait, 60)
    before = store.commits
    begins = [
        asyncio.create_task(store.begin([entry(1, mailbox=b"%d" % n)], checkpoint(1, b"%d" % n), now=NOW))
        for n in range(40)
    ]
    await asyncio.sleep(0)  # each of them has had its turn and stands in the queue
    go_on.set()
    entries = await asyncio.gather(*begins)
    await busy
    assert 1 == store.commits - before
    assert list(range(1, 41)) == sorted(begun[0].id or 0 for begun in entries)


async def test_concurrent_begins_cost_fewer_commits_than_begins(store: SqliteStore) -> None:
    before = store.commits
    await asyncio.gather(*(store.begin([entry(uid)], checkpoint(uid), now=NOW) for uid in range(1, 101)))
    assert store.commits - before < 50
    assert 100 == len(await store.unfinished(ACCOUNT, INBOX))


async def test_a_job_that_fails_takes_nothing_of_its_neighbours_with_it(store: SqliteStore) -> None:
    def insert_then_fail(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO account (name) VALUES ('ghost')")
        raise ValueError("no")

    good, bad, other = await asyncio.gather(
        store.begin([entry(1)], None, now=NOW),
        store._writer.write(insert_then_fail),
        store.begin([entry(2)], None, now=NOW),
        return_exceptions=True,
    )
    assert isinstance(bad, ValueError)
    assert isinstance(good, tuple)
    assert isinstance(other, tuple)
    assert 2 == len(await store.unfinished(ACCOUNT, INBOX))
    names = await store._writer.read(lambda db: db.execute("SELECT name FROM account").fetchall())
    assert [(ACCOUNT,)] == names


async def test_a_failure_that_nobody_foresaw_is_told_to_its_caller_and_the_thread_goes_on(store: SqliteStore) -> None:
    def fail(_db: sqlite3.Connection) -> None:
        raise MemoryError

    for call in (store._writer.read, store._writer.write):
        with pytest.raises(MemoryError):
            await asyncio.wait_for(call(fail), 60)
    assert 1 == len(await asyncio.wait_for(store.begin([entry(1)], None, now=NOW), 60))


async def test_a_full_disk_is_said_and_survived(store: SqliteStore) -> None:
    await store.begin([entry(1)], checkpoint(1), now=NOW)
    await store._writer.read(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone())
    many = [entry(uid) for uid in range(2, 2000)]
    with pytest.raises(StateError, match="disk is full: make room"):
        await store.begin(many, checkpoint(2000), now=NOW)
    assert checkpoint(1) == await store.checkpoint(ACCOUNT, INBOX)
    await store._writer.read(lambda db: db.execute("PRAGMA max_page_count = 1073741823").fetchone())
    await store.begin(many, checkpoint(2000), now=NOW)
    assert 1999 == len(await store.unfinished(ACCOUNT, INBOX))


async def test_a_read_only_state_is_said(store: SqliteStore) -> None:
    await store._writer.read(lambda db: db.execute("PRAGMA query_only = ON").fetchone())
    with pytest.raises(StateError, match="state is read-only"):
        await store.begin([entry(1)], None, now=NOW)
    assert () == await store.unfinished(ACCOUNT, INBOX)


async def test_whoever_is_cancelled_is_still_written(store: SqliteStore) -> None:
    """The thread may have committed already: what was asked for is done, and a replay finds it."""
    begin = asyncio.create_task(store.begin([entry(1)], checkpoint(1), now=NOW))
    await asyncio.sleep(0)
    begin.cancel()
    with pytest.raises(asyncio.CancelledError):
        await begin
    assert 1 == len(await store.unfinished(ACCOUNT, INBOX))


async def test_closing_finishes_what_was_asked_for(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    begins = [asyncio.create_task(store.begin([entry(uid)], None, now=NOW)) for uid in range(1, 300)]
    await asyncio.sleep(0)
    await store.close()
    assert 299 == len(await asyncio.gather(*begins))
    assert [path] == list(path.parent.iterdir())  # SQLite tidies its log away when the last one closes
    with pytest.raises(StateError, match="not open"):
        await store.unfinished(ACCOUNT, INBOX)
    await store.close()


async def test_a_closed_state_can_be_opened_again(path: Path) -> None:
    store = SqliteStore(path)
    for uid in (1, 2):
        async with store:
            await store.begin([entry(uid)], None, now=NOW)
    async with store:
        assert 2 == len(await store.unfinished(ACCOUNT, INBOX))


async def test_many_may_open_a_new_state_at_once(path: Path) -> None:
    stores = [SqliteStore(path) for _ in range(8)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(store.begin([entry(1)], None, now=NOW) for store in stores))
    assert 8 == len(await stores[0].unfinished(ACCOUNT, INBOX))
    await asyncio.gather(*(store.close() for store in stores))


async def test_two_processes_may_write_the_same_state(path: Path, store: SqliteStore) -> None:
    """`mailrules apply` on one account beside the daemon on another: one waits for the other's transaction."""
    async with SqliteStore(path) as other:
        await asyncio.gather(
            *(one.begin([entry(uid)], None, now=NOW) for uid in range(1, 40) for one in (store, other))
        )
        assert 78 == len(await store.unfinished(ACCOUNT, INBOX))
