"""Marks are written with the batch they belong to, once for a message, which is known again by place or fingerprint."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.store import MET_BEFORE, Acted, EntryState, Marked, Met, MetBefore, SqliteStore, StepState
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, checkpoint, entry, move
from tests.store.test_arrivals import explain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SAME = ("subject", "the same")


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def met(
    uid: int, mark: tuple[str, str] = SAME, *, at: datetime = NOW, mailbox: bytes = INBOX, fingerprint: str = ""
) -> Met:
    """A message that leaves a mark."""
    return Met(ACCOUNT, mailbox, 7, uid, fingerprint or f"f{uid}", at, *mark)


async def leave(store: SqliteStore, *marks: Met) -> None:
    await store.begin([], None, met=marks, now=NOW)


async def ask(
    store: SqliteStore, messages: Mapping[int, str] | None = None, *, mailbox: bytes = INBOX, uidvalidity: int = 7
) -> Marked:
    return (await store.met(ACCOUNT, mailbox, uidvalidity, {SAME: messages or {}}))[SAME]


async def test_who_left_a_mark_is_told_from_the_one_received_last(store: SqliteStore) -> None:
    await leave(store, met(9, at=after(1), mailbox=LISTS), met(1), met(2, ("subject", "another"), at=after(2)))
    marks = [SAME, ("id", "the same"), ("subject", "another")]
    found = await store.met(ACCOUNT, INBOX, 7, {mark: {} for mark in marks})
    assert {
        SAME: Marked((MetBefore(after(1), 1), MetBefore(NOW, 2)), {}),
        ("subject", "another"): Marked((MetBefore(after(2), 3),), {}),
    } == found
    assert {} == await store.met("private", INBOX, 7, {SAME: {}})


async def test_of_a_mark_that_many_left_the_newest_are_told_and_those_who_are_asked_for(store: SqliteStore) -> None:
    await leave(store, *(met(uid, at=after(uid)) for uid in range(1, MET_BEFORE + 3)))
    found = await ask(store, {1: "f1", 40: "f2", MET_BEFORE: "another", 3_000: "unknown"})
    assert (MET_BEFORE, after(3)) == (len(found.newest), found.newest[-1].received)
    assert {
        1: MetBefore(after(1), 1),
        40: MetBefore(after(2), 2),  # the older one of those at this place and with this fingerprint
        MET_BEFORE: MetBefore(after(MET_BEFORE), MET_BEFORE),
    } == found.own


async def test_a_message_is_one_and_keeps_its_time_wherever_it_goes_and_whatever_is_told_of_it(
    store: SqliteStore,
) -> None:
    await leave(store, met(1))
    await leave(store, met(1, fingerprint="told otherwise", at=after(5)))
    await leave(store, met(4, fingerprint="told otherwise", at=after(6), mailbox=LISTS))
    first = MetBefore(NOW, 1)
    assert {1: first} == (await ask(store, {1: "?", 2: "?"})).own
    assert {4: first, 5: first} == (await ask(store, {4: "?", 5: "f1"}, mailbox=LISTS)).own
    assert {} == (await ask(store, {1: "?"}, uidvalidity=8)).own
    assert {first} == set((await ask(store)).newest)


async def test_what_mailrules_moved_is_known_by_what_it_was_before(store: SqliteStore) -> None:
    moved = entry(1, move(state=StepState.DONE, uidvalidity=7, uid=4), fingerprint="f1", state=EntryState.DONE)
    await store.begin([moved], None, met=[met(1)], now=NOW)
    assert {4: MetBefore(NOW, 1)} == (await ask(store, {3: "?", 4: "?"}, mailbox=LISTS)).own
    await leave(store, met(4, at=after(1), mailbox=LISTS, fingerprint="?"))
    assert {5: MetBefore(NOW, 1)} == (await ask(store, {5: "?"}, mailbox=LISTS)).own


@pytest.mark.parametrize("key", ["", "x" * 1_000_000, "a\0b", "\udcff", "'; DROP TABLE mark; --", "тема"])
async def test_any_text_can_be_a_mark_and_a_fingerprint(store: SqliteStore, key: str) -> None:
    await leave(store, met(1, ("h", key), fingerprint=key or "-"))
    others = [("h" + key[:1], key[1:]), ("", "h" + key)]
    found = await store.met(ACCOUNT, LISTS, 7, {mark: {5: key or "-"} for mark in [("h", key), *others]})
    assert {("h", key): Marked((MetBefore(NOW, 1),), {5: MetBefore(NOW, 1)})} == found


async def test_marks_and_uses_come_with_their_batch_or_not_at_all(store: SqliteStore) -> None:
    before = store.commits
    await store.begin([entry(1)], checkpoint(1), met=[met(1)], acted=[Acted("r", 7, 1)], now=NOW)
    assert 1 == store.commits - before
    with pytest.raises(OverflowError):
        await store.begin([entry(2)], checkpoint(2), met=[met(2)], acted=[Acted("r", 7, 2**70)], now=NOW)
    assert checkpoint(1) == await store.checkpoint(ACCOUNT, INBOX)
    assert (MetBefore(NOW, 1),) == (await ask(store)).newest


async def test_old_marks_are_pruned_in_chunks_all_of_one_time_together(store: SqliteStore) -> None:
    await leave(store, *(met(uid) for uid in range(1, 1202)), met(5_000, at=after(1)))
    await store.prune(NOW, now=after(1), marks=timedelta(minutes=1))
    assert MET_BEFORE == len((await ask(store)).newest)
    await store.prune(NOW, now=after(1.5), marks=timedelta(minutes=1))
    assert (MetBefore(after(1), 1202),) == (await ask(store)).newest


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from([INBOX, LISTS]), st.integers(1, 3), st.lists(st.sampled_from("abc"), max_size=3)),
        max_size=12,
    )
)
def test_marks_are_as_a_plain_table_would_have_them(batches: list[tuple[bytes, int, list[str]]]) -> None:
    """However batches repeat, each message has one place in the order of each mark, with the first time."""
    expected: defaultdict[str, dict[int, datetime]] = defaultdict(dict)

    async def act() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with SqliteStore(Path(folder) / "state.db") as store:
                for minute, (mailbox, uid, keys) in enumerate(batches):
                    for key in keys:
                        expected[key].setdefault(uid, after(minute))
                    await leave(store, *(met(uid, ("h", key), at=after(minute), mailbox=mailbox) for key in keys))
                asked = {("h", key): {uid: f"f{uid}" for uid in range(1, 4)} for key in "abc"}
                found = await store.met(ACCOUNT, b"elsewhere", 7, asked)
        assert {("h", key) for key in expected} == set(found)
        for key, messages in expected.items():
            own = found["h", key].own
            assert messages == {uid: one.received for uid, one in own.items()}
            assert [*messages] == sorted(own, key=lambda uid: own[uid].order)

    asyncio.run(act())


async def test_the_questions_are_answered_by_indexes(store: SqliteStore) -> None:
    plans = [
        "SELECT received FROM mark WHERE account = ? AND digest = ? AND mailbox = ? AND uidvalidity = ? AND uid > ?",
        "SELECT received FROM mark WHERE account = ? AND digest = ? AND fingerprint IN (?, ?) GROUP BY fingerprint",
        "SELECT received FROM mark WHERE account = ? AND digest = ? ORDER BY received DESC, id DESC LIMIT ?",
        "SELECT * FROM mark WHERE received < ? LIMIT ?",
    ]
    for query in plans:
        steps = await store._writer.read(partial(explain, query))
        assert not [step for step in steps if step.startswith(("SCAN", "USE TEMP B-TREE"))], (query, steps)
