"""begin takes responsibility for a batch, record tells how it went, and what is open is found again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mailrules.store import Checkpoint, Counts, EntryState, SqliteStore, Step, StepKind, StepState, journal
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, checkpoint, entry, move, seen

if TYPE_CHECKING:
    from sqlite3 import Connection

    from mailrules.store import Entry

LATER = NOW + timedelta(minutes=5)


async def begun(store: SqliteStore, *entries: Entry) -> tuple[Entry, ...]:
    return await store.begin(entries, None, now=NOW)


async def test_begin_gives_ids_and_the_time(store: SqliteStore) -> None:
    first, second = await begun(store, entry(1), entry(2))
    assert (1, 2) == (first.id, second.id)
    assert (NOW, None) == (first.begun, first.finished)


async def test_entries_and_checkpoint_come_in_one_transaction(store: SqliteStore) -> None:
    before = store.commits
    await store.begin([entry(1), entry(2)], checkpoint(2), [seen(1), seen(2), seen(3)], [LISTS], now=NOW)
    assert 1 == store.commits - before
    assert checkpoint(2) == await store.checkpoint(ACCOUNT, INBOX)
    assert {"fingerprint-1", "fingerprint-2", "fingerprint-3"} == await store.fingerprints(ACCOUNT, INBOX)
    assert 1 == await store.created_since(ACCOUNT, NOW)


async def test_a_batch_in_which_nothing_matched_moves_the_checkpoint(store: SqliteStore) -> None:
    assert () == await store.begin([], checkpoint(9), [seen(9)], now=NOW)
    assert checkpoint(9) == await store.checkpoint(ACCOUNT, INBOX)


async def test_an_earlier_batch_is_recorded_in_the_transaction_that_begins_the_next_one(store: SqliteStore) -> None:
    (first,) = await begun(store, entry(1))
    before = store.commits
    done = replace(first, state=EntryState.DONE, steps=(replace(first.steps[0], state=StepState.DONE, target_uid=5),))
    (second,) = await store.begin([entry(2)], checkpoint(2), [seen(2)], recorded=[done], now=LATER)
    assert 1 == store.commits - before
    assert (second,) == await store.unfinished(ACCOUNT, INBOX)
    assert (replace(done, finished=LATER),) == await store.at(ACCOUNT, INBOX, 7, 1)


async def test_who_waits_for_an_earlier_batch_is_told_when_the_next_one_begins(store: SqliteStore) -> None:
    (first,) = await begun(store, entry(1))
    waiting = asyncio.ensure_future(store.settled([first.id or 0], within=10))
    await store.ping()
    await store.begin([entry(2)], None, recorded=[replace(first, state=EntryState.DONE)], now=LATER)
    assert await waiting


async def test_a_batch_of_no_mailbox_is_refused(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="no mailbox"):
        await store.begin([], None, [seen(1)], now=NOW)


async def test_a_batch_that_fails_half_way_leaves_nothing(store: SqliteStore) -> None:
    """The second entry cannot be written: its number is none that a database knows."""
    with pytest.raises(OverflowError):
        await store.begin([entry(1), replace(entry(2), size=2**70)], checkpoint(2), now=NOW)
    assert () == await store.unfinished(ACCOUNT, INBOX)
    assert await store.checkpoint(ACCOUNT, INBOX) is None
    (after,) = await begun(store, entry(3))
    assert 1 == after.id


async def test_unfinished_are_the_begun_ones_of_that_mailbox_by_uid(store: SqliteStore) -> None:
    later, first, _other, _pending, _held = await begun(
        store,
        entry(20),
        entry(10),
        entry(11, mailbox=b"Support"),
        entry(12, state=EntryState.PENDING, due=NOW),
        entry(13, state=EntryState.HELD),
    )
    assert (first, later) == await store.unfinished(ACCOUNT, INBOX)
    assert () == await store.unfinished("another account", INBOX)


async def test_record_keeps_states_and_where_the_message_went(store: SqliteStore) -> None:
    flags = Step(kind=StepKind.STORE_FLAGS, rule="lists", add=("\\Seen",), replace=("$A",))
    (entry_,) = await begun(store, entry(1, flags, move(uidvalidity=3, uidnext=40)))
    moved = replace(entry_.steps[1], state=StepState.DONE, target_uid=41)
    half = replace(entry_, steps=(replace(flags, state=StepState.FAILED), moved))
    await store.record([half], now=LATER)
    assert (half,) == await store.unfinished(ACCOUNT, INBOX)


async def test_finished_is_the_time_at_which_an_entry_became_final(store: SqliteStore) -> None:
    done, gone, held = await begun(store, entry(1), entry(2), entry(3))
    await store.record(
        [
            replace(done, state=EntryState.DONE),
            replace(gone, state=EntryState.GONE),
            replace(held, state=EntryState.HELD),
        ],
        now=LATER,
    )
    assert 0 == await store.prune(LATER, now=LATER)
    assert 2 == await store.prune(LATER + timedelta(seconds=1), now=LATER)
    assert {INBOX: Counts(pending=0, held=1)} == await store.open_counts(ACCOUNT)


async def test_steps_may_be_replaced_by_those_of_another_way(store: SqliteStore) -> None:
    """MOVE is refused though advertised: COPY, STORE and UID EXPUNGE take its place, and later fewer steps do."""
    (first,) = await begun(store, entry(1, move()))
    other = (
        move(kind=StepKind.COPY),
        Step(kind=StepKind.MARK_DELETED, rule="lists"),
        Step(kind=StepKind.UID_EXPUNGE, rule="lists"),
    )
    await store.record([replace(first, steps=other)], now=NOW)
    (again,) = await store.unfinished(ACCOUNT, INBOX)
    assert other == again.steps
    await store.record([replace(first, steps=other[:1])], now=NOW)
    (again,) = await store.unfinished(ACCOUNT, INBOX)
    assert other[:1] == again.steps


async def test_an_entry_that_was_never_begun_cannot_be_recorded(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="begun"):
        await store.record([entry(1)], now=NOW)


async def test_pending_entries_come_back_when_they_are_due(store: SqliteStore) -> None:
    soon, late = await begun(store, entry(1), entry(2))
    soon = replace(soon, state=EntryState.PENDING, attempts=1, due=NOW + timedelta(seconds=30), reason="[INUSE]")
    late = replace(late, state=EntryState.PENDING, attempts=4, due=NOW + timedelta(hours=1), reason="[OVERQUOTA]")
    await store.record([soon, late], now=NOW)
    assert soon.due == await store.next_due(ACCOUNT, INBOX)
    assert () == await store.due(ACCOUNT, INBOX, NOW)
    assert (soon,) == await store.due(ACCOUNT, INBOX, NOW + timedelta(seconds=30))
    assert (soon, late) == await store.due(ACCOUNT, INBOX, NOW + timedelta(hours=2))
    assert {INBOX: Counts(pending=2, held=0)} == await store.open_counts(ACCOUNT)
    assert {ACCOUNT: {INBOX: Counts(pending=2, held=0)}} == await store.all_open_counts()


async def test_open_and_held_messages_are_told_by_uid(store: SqliteStore) -> None:
    states = [EntryState.BEGUN, EntryState.PENDING, EntryState.HELD, EntryState.DONE, EntryState.GONE]
    due = {EntryState.PENDING: LATER}
    await begun(store, *(entry(uid, state=state, due=due.get(state)) for uid, state in enumerate(states, start=1)))
    assert {1, 2} == await store.open_uids(ACCOUNT, INBOX, 7)
    assert {3} == await store.held_uids(ACCOUNT, INBOX, 7)
    assert frozenset() == await store.open_uids(ACCOUNT, INBOX, 8) | await store.held_uids(ACCOUNT, LISTS, 7)


async def test_a_mailbox_that_nothing_is_known_of_has_nothing_open(store: SqliteStore) -> None:
    assert await store.next_due(ACCOUNT, INBOX) is None
    assert {} == await store.open_counts(ACCOUNT)


async def test_ids_are_never_given_twice(store: SqliteStore) -> None:
    """People write an id down; after a clean-up it must not mean another message."""
    entries = await begun(store, entry(1), entry(2, state=EntryState.GONE))
    assert 1 == await store.prune(LATER, now=LATER)
    (third,) = await begun(store, entry(3))
    assert [1, 2, 3] == [entries[0].id, entries[1].id, third.id]


async def test_pruning_goes_on_chunk_by_chunk_to_the_end(store: SqliteStore) -> None:
    await begun(store, *(entry(uid, state=EntryState.GONE) for uid in range(1, 1202)), entry(5000))
    assert 1201 == await store.prune(LATER, now=LATER)
    assert 1 == len(await store.unfinished(ACCOUNT, INBOX))


async def test_the_checkpoint_never_goes_back_within_one_uidvalidity(store: SqliteStore) -> None:
    await store.begin([], checkpoint(9), now=NOW)
    await store.begin([], Checkpoint(ACCOUNT, INBOX, 7, 5), now=NOW)
    assert checkpoint(9) == await store.checkpoint(ACCOUNT, INBOX)
    await store.begin([], Checkpoint(ACCOUNT, INBOX, 8, 2, LATER), now=NOW)
    assert Checkpoint(ACCOUNT, INBOX, 8, 2, LATER) == await store.checkpoint(ACCOUNT, INBOX)


async def test_set_checkpoint_does_what_it_is_told(store: SqliteStore) -> None:
    await store.set_checkpoint(checkpoint(9))
    await store.set_checkpoint(Checkpoint(ACCOUNT, INBOX, 7, 5))
    assert Checkpoint(ACCOUNT, INBOX, 7, 5) == await store.checkpoint(ACCOUNT, INBOX)


async def test_checkpoints_are_those_of_the_account(store: SqliteStore) -> None:
    mine = (checkpoint(1, b"INBOX"), checkpoint(2, b"Support"))
    for one in (*reversed(mine), checkpoint(3, account="private")):
        await store.set_checkpoint(one)
    assert mine == await store.checkpoints(ACCOUNT)
    assert await store.checkpoint(ACCOUNT, b"Elsewhere") is None


async def test_open_entries_are_not_looked_for_among_the_finished_ones(store: SqliteStore) -> None:
    """A daemon asks for them again and again, and its history may hold a million."""
    await begun(store, entry(1))
    plans = await store._writer.read(plans_of_open)
    assert 6 == len(plans)
    assert [] == [plan for plan in plans if "INDEX entry_open (" not in plan]


def plans_of_open(db: Connection) -> list[str]:
    """Ask SQLite how it answers the questions after open entries."""
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    journal.read_begun(db, ACCOUNT, INBOX)
    journal.read_due(db, ACCOUNT, INBOX, NOW)
    journal.read_next_due(db, ACCOUNT, INBOX)
    journal.read_opened(db, ACCOUNT)
    journal.count_open_by_mailbox(db, ACCOUNT)
    journal.read_uids(db, ACCOUNT, INBOX, 7, [EntryState.HELD])
    db.set_trace_callback(None)
    plans = [row[3] for query in asked for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
    return [plan for plan in plans if plan.startswith(("SEARCH entry ", "SCAN entry"))]
