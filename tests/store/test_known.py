"""While a lease is held, what idle mailboxes ask is known by heart, and is what the database would say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailrules.store import Checkpoint, Entry, EntryState, SqliteStore, StepKind, StepState
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, checkpoint, entry, move, seen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from sqlite3 import Connection

LATER = NOW + timedelta(minutes=5)
IDLE: list[Callable[[SqliteStore], Awaitable[object]]] = [
    lambda store: store.next_due(ACCOUNT, INBOX),
    lambda store: store.unfinished(ACCOUNT, INBOX),
    lambda store: store.due(ACCOUNT, INBOX, NOW),
    lambda store: store.checkpoint(ACCOUNT, INBOX),
]


def pending(one: Entry) -> Entry:
    return replace(one, state=EntryState.PENDING, due=LATER, reason="[INUSE]")


def at_once(question: Awaitable[object]) -> bool:
    """Whether it is answered without waiting for anything."""
    coroutine = question.__await__()
    try:
        next(coroutine)
    except StopIteration:
        return True
    coroutine.close()
    return False


@pytest.mark.parametrize("ask", IDLE)
async def test_an_idle_mailbox_is_answered_without_a_word_to_the_database(
    store: SqliteStore, ask: Callable[[SqliteStore], Awaitable[object]]
) -> None:
    async with store.lease(ACCOUNT):
        await store.set_checkpoint(checkpoint(5))
        await ask(store)
        assert at_once(ask(store))
    assert not at_once(ask(store))


async def test_mailboxes_without_anything_open_share_what_is_known(store: SqliteStore) -> None:
    async with store.lease(ACCOUNT):
        await store.next_due(ACCOUNT, INBOX)
        assert all(at_once(store.next_due(ACCOUNT, b"Box/%d" % number)) for number in range(100))


async def test_what_is_written_is_known_at_once(store: SqliteStore) -> None:
    async with store.lease(ACCOUNT):
        assert await store.next_due(ACCOUNT, INBOX) is None
        assert await store.checkpoint(ACCOUNT, INBOX) is None
        (begun,) = await store.begin([entry(1)], checkpoint(1), now=NOW)
        assert (begun,) == await store.unfinished(ACCOUNT, INBOX)
        assert checkpoint(1) == await store.checkpoint(ACCOUNT, INBOX)
        await store.record([pending(begun)], now=NOW)
        assert () == await store.unfinished(ACCOUNT, INBOX)
        assert LATER == await store.next_due(ACCOUNT, INBOX)
        await store.hasten(ACCOUNT, ["[INUSE]"], NOW)
        assert NOW == await store.next_due(ACCOUNT, INBOX)
        assert 1 == len(await store.due(ACCOUNT, INBOX, NOW))
        await store.begin([], None, recorded=[replace(begun, state=EntryState.DONE)], now=NOW)
        assert await store.next_due(ACCOUNT, INBOX) is None
        await store.set_checkpoint(Checkpoint(ACCOUNT, INBOX, 8, 3))
        assert Checkpoint(ACCOUNT, INBOX, 8, 3) == await store.checkpoint(ACCOUNT, INBOX)


async def test_a_question_behind_a_write_sees_it_and_one_before_it_is_not_kept(store: SqliteStore) -> None:
    async with store.lease(ACCOUNT):
        begun, before = await asyncio.gather(store.begin([entry(1)], None, now=NOW), store.unfinished(ACCOUNT, INBOX))
        assert begun == before
        early, _ = await asyncio.gather(store.next_due(ACCOUNT, INBOX), store.record([pending(begun[0])], now=NOW))
        assert early is None
        assert LATER == await store.next_due(ACCOUNT, INBOX)


async def test_what_others_write_between_two_leases_is_seen(path: Path) -> None:
    async with SqliteStore(path) as ours, SqliteStore(path) as theirs:
        async with ours.lease(ACCOUNT):
            (begun,) = await ours.begin([entry(1)], checkpoint(1), now=NOW)
            assert await ours.next_due(ACCOUNT, INBOX) is None
        async with theirs.lease(ACCOUNT):
            other = replace(begun, steps=(move(b"Elsewhere", kind=StepKind.COPY), move()))
            await theirs.record([pending(other)], now=NOW)
        async with ours.lease(ACCOUNT):
            assert LATER == await ours.next_due(ACCOUNT, INBOX)
            await ours.record([replace(begun, state=EntryState.DONE)], now=NOW)
            (done,) = await ours.at(ACCOUNT, INBOX, 7, 1)
            assert begun.steps == done.steps


async def test_two_records_of_one_entry_that_are_under_way_together_are_both_written(store: SqliteStore) -> None:
    """The second changes only states, but of steps that the first has replaced."""
    async with store.lease(ACCOUNT):
        (begun,) = await store.begin([entry(1)], None, now=NOW)
        other = replace(begun, steps=(move(b"Elsewhere"), move()))
        await asyncio.gather(
            store.record([other], now=NOW), store.record([replace(begun, state=EntryState.DONE)], now=NOW)
        )
        (done,) = await store.at(ACCOUNT, INBOX, 7, 1)
        assert begun.steps == done.steps


PLACES = st.sampled_from([None, *range(1, 6), 40, 41, 42, 43])
STATES = st.sampled_from([EntryState.BEGUN, EntryState.DONE, EntryState.GONE, EntryState.HELD, EntryState.PENDING])
OUTCOMES = st.lists(st.tuples(STATES, st.lists(st.tuples(st.sampled_from(StepState), PLACES), max_size=3)), max_size=8)


@given(OUTCOMES.filter(bool), st.lists(OUTCOMES, min_size=1, max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_known_changes_nothing_of_what_is_written(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[EntryState, list[tuple[StepState, int | None]]]],
    then: list[list[tuple[EntryState, list[tuple[StepState, int | None]]]]],
) -> None:
    """With a lease and without one, the journal comes to be the same."""
    found = []
    for leased in (True, False):
        async with SqliteStore(tmp_path_factory.mktemp("state") / "state.db") as store:
            lease = store.lease(ACCOUNT)
            if leased:
                await lease.__aenter__()
            begun = await store.begin([as_told(entry(7), *one) for one in first], None, [seen(7)], now=NOW)
            for outcomes in then:
                changed = [as_told(one, *outcome) for one, outcome in zip(begun, outcomes, strict=False)]
                await store.record(changed, now=LATER)
                await store.arrivals(ACCOUNT, LISTS, 3, [seen(uid, "fingerprint-7") for uid in (50, 51)])
            found.append(await store._writer.read(all_rows))
            if leased:
                await lease.__aexit__(None, None, None)
    assert found[0] == found[1]


def all_rows(db: Connection) -> list[object]:
    entries = db.execute("SELECT * FROM journal ORDER BY id").fetchall()
    return [entries, db.execute("SELECT * FROM step ORDER BY entry, position").fetchall()]


def as_told(one: Entry, state: EntryState, steps: list[tuple[StepState, int | None]]) -> Entry:
    """Give an entry this state, and moves that have come so far."""
    moves = tuple(move(state=how, uid=uid, uidvalidity=3 if uid else None) for how, uid in steps)
    return replace(one, state=state, due=LATER if state is EntryState.PENDING else None, steps=moves or one.steps)
