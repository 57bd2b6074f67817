"""A history that takes too much loses what is oldest, and nothing that is still needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mailrules.store import Counts, EntryState, HistoryQuery, Met, SqliteStore, StepState
from mailrules.store.pruning import KEPT
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, checkpoint, entry, move, seen

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from sqlite3 import Connection

    from mailrules.store import Entry

LONG_AGO = NOW - timedelta(days=9_000)
BOUND = 2**20


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def padded(uid: int, state: EntryState = EntryState.DONE) -> Entry:
    return replace(entry(uid, move(uid=uid, uidvalidity=3), state=state), trace=f'["{"x" * 700}"]')


async def fill(store: SqliteStore, first: int, last: int) -> None:
    await store.begin([padded(uid) for uid in range(first, last + 1)], None, now=after(last))


def octets_of_file(db: Connection) -> int:
    """What the file takes when it has all that stands in the log."""
    return int(db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0])


async def shrink(store: SqliteStore) -> int:
    return await store.prune(LONG_AGO, now=NOW, octets=BOUND)


async def test_the_oldest_goes_until_it_fits_with_room_to_spare(store: SqliteStore, path: Path) -> None:
    for last in range(500, 3_001, 500):
        await fill(store, last - 499, last)
    forgotten = await shrink(store)
    kept = await store.history(HistoryQuery())
    assert 3_000 == forgotten + len(kept)
    assert list(range(3_000, forgotten, -1)) == [one.uid for one in kept]
    assert len(kept) >= KEPT
    await store.close()
    assert path.stat().st_size > BOUND


async def test_the_file_does_not_grow_however_much_comes(store: SqliteStore, path: Path) -> None:
    bound, sizes = 4 * 2**20, list[int]()
    for number in range(6):
        await fill(store, number * 2_000 + 1, number * 2_000 + 2_000)
        await store.prune(LONG_AGO, now=NOW, octets=bound)
        sizes.append(await store._writer.read(octets_of_file))
    assert max(sizes) < 2 * bound
    assert sizes[-1] <= max(sizes[:3])
    await store.close()
    assert path.stat().st_size == sizes[-1]


async def test_the_log_is_filled_anew_when_the_file_has_what_stands_in_it(store: SqliteStore, path: Path) -> None:
    for number in range(8):
        await fill(store, number * 2_000 + 1, number * 2_000 + 2_000)
    written = await store._writer.read(octets_of_file)
    assert path.with_name(f"{path.name}-wal").stat().st_size < written
    assert path.stat().st_size > written / 2


async def test_what_is_not_finished_stays_and_so_does_the_newest(store: SqliteStore) -> None:
    held = padded(1, EntryState.HELD)
    pending = replace(padded(2), state=EntryState.PENDING, due=NOW)
    await store.begin([held, pending], None, now=NOW)
    await fill(store, 3, 4_000)
    await store.prune(LONG_AGO, now=NOW, octets=1)
    assert {INBOX: Counts(pending=1, held=1)} == await store.open_counts(ACCOUNT)
    assert KEPT + 2 == len(await store.history(HistoryQuery()))


async def test_a_history_that_fits_is_left_alone(store: SqliteStore) -> None:
    await fill(store, 1, 100)
    assert 0 == await shrink(store)


async def test_what_is_remembered_of_the_newest_mail_is_no_history(store: SqliteStore) -> None:
    """A thousand mailboxes must not cost the history of all of them."""
    await fill(store, 1, 1_200)
    for mailbox in range(8):
        messages = [seen(uid, f"<{mailbox}.{uid}.of.an.usual.length@mail.example.org>") for uid in range(10_000)]
        await store.begin([replace(padded(5_000 + mailbox), mailbox=b"%d" % mailbox)], None, messages, now=NOW)
    assert 0 == await store.prune(LONG_AGO, now=NOW, octets=3 * 2**20)


def mark(number: int, minutes: float) -> Met:
    return Met(ACCOUNT, INBOX, 7, number, f"f{number}", after(minutes), "handle", f"key {number}")


async def test_marks_count_and_go_with_what_is_as_old(store: SqliteStore) -> None:
    await store.begin([], None, met=[mark(uid, uid // 2) for uid in range(1, 6_001)], now=NOW)
    assert 0 == await shrink(store)
    asked = {("handle", f"key {uid}"): {uid: f"f{uid}"} for uid in (1, 2, 3, 5_001, 6_000)}
    known = await store.met(ACCOUNT, INBOX, 7, asked)
    assert {("handle", "key 5001"), ("handle", "key 6000")} == set(known)


async def test_old_marks_go_before_newer_entries(store: SqliteStore) -> None:
    await store.begin([], None, met=[mark(uid, uid - 9_000) for uid in range(1, 6_001)], now=NOW)
    await fill(store, 1, 1_001)
    await store.prune(LONG_AGO, now=NOW, octets=2**21)
    assert {} == await store.met(ACCOUNT, INBOX, 7, {("handle", "key 1"): {1: "f1"}})
    assert 1_001 == len(await store.history(HistoryQuery()))


async def put_into_lists(store: SqliteStore, uids: range, now: datetime) -> None:
    """Move messages to a mailbox where each gets the UID that it had."""
    arrived = [replace(padded(uid), steps=(move(uid=uid, uidvalidity=3, state=StepState.DONE),)) for uid in uids]
    await store.begin(arrived, None, now=now)


async def met(store: SqliteStore, uid: int) -> None:
    """Let the watcher of that mailbox have come so far."""
    await store.set_checkpoint(replace(checkpoint(uid, LISTS), uidvalidity=3))


async def test_a_move_that_its_target_has_not_met_yet_is_not_forgotten(store: SqliteStore) -> None:
    """Else rules would run on what they have put there, and copy it again: all that `apply` has just moved, say."""
    await met(store, 2_000)
    await put_into_lists(store, range(1, 4_001), NOW)
    assert 2_000 == await store.prune(LONG_AGO, now=NOW, octets=1)
    assert 0 == await store.prune(after(9_000), now=NOW)
    arrived = [seen(uid) for uid in range(2_001, 4_001)]
    assert len(arrived) == len(await store.arrivals(ACCOUNT, LISTS, 3, arrived))
    await met(store, 4_000)
    assert 2_000 - KEPT == await store.prune(LONG_AGO, now=NOW, octets=1)


async def test_a_move_to_where_nobody_watches_any_more_is_forgotten_a_day_later(store: SqliteStore) -> None:
    await met(store, 0)
    await put_into_lists(store, range(1, 501), NOW)
    assert 0 == await store.prune(after(1), now=NOW)
    await store.begin([padded(501)], None, now=after(24 * 60 + 1))
    assert 500 == await store.prune(after(1), now=NOW)
