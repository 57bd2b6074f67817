"""Facts that count are written with the batch they belong to, once for a message, and found again by index."""

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

from mailrules.store import (
    MET_BEFORE,
    USES_KEPT,
    Acted,
    EntryState,
    Met,
    MetBefore,
    SqliteStore,
    StepKind,
    StepState,
)
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, checkpoint, entry, move
from tests.store.test_arrivals import explain

if TYPE_CHECKING:
    from datetime import datetime

    from mailrules.store import Step

SAME = ("subject", "the same")
DONE, FAILED, COPY = StepState.DONE, StepState.FAILED, StepKind.COPY


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


async def leave(store: SqliteStore, uid: int, at: datetime, *marks: tuple[str, str], mailbox: bytes = INBOX) -> None:
    met = [Met(f"f{uid}", *mark) for mark in marks]
    await store.begin([], checkpoint(uid, mailbox), met=met, acted=[Acted("r", 7, uid)], now=at)


async def test_who_left_a_mark_is_told_in_the_order_in_which_they_did(store: SqliteStore) -> None:
    await leave(store, 9, after(1), SAME, mailbox=LISTS)
    await leave(store, 1, NOW, SAME)
    await leave(store, 2, after(2), ("subject", "another"))
    found = await store.met(ACCOUNT, {SAME: (), ("id", "the same"): (), ("subject", "another"): ()})
    assert {
        SAME: (MetBefore("f9", after(1)), MetBefore("f1", NOW)),
        ("subject", "another"): (MetBefore("f2", after(2)),),
    } == found
    assert {} == await store.met("private", {SAME: ()})


async def test_of_a_mark_that_many_left_the_newest_are_told_and_those_who_are_asked_for(store: SqliteStore) -> None:
    met = [Met(f"f{uid}", *SAME) for uid in range(1, MET_BEFORE + 2)]
    await store.begin([], checkpoint(MET_BEFORE), met=met, now=NOW)
    await leave(store, 2_000, after(1), SAME)
    found = (await store.met(ACCOUNT, {SAME: ["f1", "f2000", "f3000"]}))[SAME]
    assert ["f1", "f3", "f4"] == [each.fingerprint for each in found[:3]]
    assert (MET_BEFORE + 1, "f2000") == (len(found), found[-1].fingerprint)


@pytest.mark.parametrize("key", ["", "x" * 1_000_000, "a\0b", "\udcff", "'; DROP TABLE mark; --", "тема"])
async def test_any_text_can_be_a_mark(store: SqliteStore, key: str) -> None:
    await leave(store, 1, NOW, ("h", key))
    others = [("h" + key[:1], key[1:]), ("", "h" + key)]
    assert {("h", key)} == set(await store.met(ACCOUNT, dict.fromkeys([("h", key), *others], ())))


async def test_what_is_written_down_again_counts_once_and_from_its_first_time(store: SqliteStore) -> None:
    await leave(store, 1, NOW, SAME)
    await leave(store, 1, after(5), SAME)
    assert {SAME: (MetBefore("f1", NOW),)} == await store.met(ACCOUNT, {SAME: ()})
    assert (NOW,) == await store.used(ACCOUNT, "r", NOW, 10)


async def test_marks_and_uses_come_with_their_batch_or_not_at_all(store: SqliteStore) -> None:
    before = store.commits
    await store.begin([entry(1)], checkpoint(1), met=[Met("f1", *SAME)], acted=[Acted("r", 7, 1)], now=NOW)
    assert 1 == store.commits - before
    with pytest.raises(OverflowError):
        await store.begin([entry(2)], checkpoint(2), met=[Met("f2", *SAME)], acted=[Acted("r", 7, 2**70)], now=NOW)
    assert checkpoint(1) == await store.checkpoint(ACCOUNT, INBOX)
    assert {SAME: (MetBefore("f1", NOW),)} == await store.met(ACCOUNT, {SAME: ()})


async def test_the_newest_uses_are_told_ascending(store: SqliteStore) -> None:
    for uid in range(1, 6):
        await leave(store, uid, after(uid))
    assert (after(3), after(4), after(5)) == await store.used(ACCOUNT, "r", NOW, 3)
    assert (after(5),) == await store.used(ACCOUNT, "r", after(5), 3)
    assert () == await store.used(ACCOUNT, "another", NOW, 3)
    assert () == await store.used("private", "r", NOW, 3)


async def test_old_marks_and_uses_are_pruned_in_chunks(store: SqliteStore) -> None:
    uids = range(1, 1202)
    met, acted = [Met(f"f{uid}", *SAME) for uid in uids], [Acted("r", 7, uid) for uid in uids]
    await store.begin([], checkpoint(1), met=met, acted=acted, now=NOW)
    await leave(store, 5_000, after(1), SAME)
    await store.prune(NOW, now=NOW + USES_KEPT + timedelta(seconds=1))
    assert (after(1),) == await store.used(ACCOUNT, "r", NOW, 9_999)
    assert MET_BEFORE == len((await store.met(ACCOUNT, {SAME: ()}))[SAME])
    await store.prune(NOW, now=after(2), marks=timedelta(minutes=1))
    assert {SAME: (MetBefore("f5000", after(1)),)} == await store.met(ACCOUNT, {SAME: ()})


# Where mail was filed


async def file(store: SqliteStore, uid: int, *steps: Step) -> None:
    await store.begin([entry(uid, *steps, state=EntryState.DONE)], None, now=NOW)


async def test_the_newest_move_tells_where_mail_was_filed(store: SqliteStore) -> None:
    await file(store, 1, move(b"Old", state=DONE))
    await file(store, 1, move(b"A copy", state=DONE, kind=COPY), move(b"New", state=DONE))
    await file(store, 1, move(b"A later copy", state=DONE, kind=COPY))
    await file(store, 2, move(b"Copied 1", state=DONE, kind=COPY), move(b"Copied 2", state=DONE, kind=COPY))
    await file(store, 3, move(b"Refused", state=FAILED))
    await file(store, 4, move(b"No answer"))
    asked = [f"<{uid}@example.org>" for uid in range(1, 6)]
    assert {asked[0]: b"New", asked[1]: b"Copied 2"} == await store.filed(ACCOUNT, asked)
    assert {} == await store.filed("private", asked)


async def test_mail_without_a_message_id_is_not_one_thread(store: SqliteStore) -> None:
    await store.begin([entry(1, move(state=DONE))], None, now=NOW)
    assert {} == await store.filed(ACCOUNT, ["", "<2@example.org>"])


# Scheduled rules


async def test_the_last_run_of_a_rule_is_kept_by_account(path: Path) -> None:
    async with SqliteStore(path) as store:
        assert await store.last_run(ACCOUNT, "old mail") is None
        await store.record_run(ACCOUNT, "old mail", NOW)
        await store.record_run(ACCOUNT, "old mail", after(1))
    async with SqliteStore(path) as store:
        assert after(1) == await store.last_run(ACCOUNT, "old mail")
        assert await store.last_run(ACCOUNT, "another") is None
        assert await store.last_run("private", "old mail") is None


# All together


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from([INBOX, LISTS]), st.integers(1, 3), st.lists(st.sampled_from("abc"), max_size=3)),
        max_size=12,
    )
)
def test_marks_are_as_a_plain_table_would_have_them(batches: list[tuple[bytes, int, list[str]]]) -> None:
    """However batches repeat, each message stands once at each mark, with the first time."""
    expected: defaultdict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)

    async def act() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with SqliteStore(Path(folder) / "state.db") as store:
                for minute, (mailbox, uid, keys) in enumerate(batches):
                    for key in keys:
                        expected["h", key].setdefault(f"f{uid}", after(minute))
                    await leave(store, uid, after(minute), *(("h", key) for key in keys), mailbox=mailbox)
                found = await store.met(ACCOUNT, {("h", key): () for key in "abc"})
        assert set(expected) == set(found)
        for mark, messages in expected.items():
            assert list(messages.items()) == [(one.fingerprint, one.at) for one in found[mark]]

    asyncio.run(act())


async def test_the_questions_are_answered_by_indexes(store: SqliteStore) -> None:
    plans = [
        "SELECT at FROM mark WHERE account = ? AND digest = ? AND fingerprint = ?",
        "SELECT id FROM mark WHERE account = ? AND digest = ? ORDER BY id DESC LIMIT ?",
        "SELECT at FROM use WHERE account = ? AND rule = ? AND at >= ? ORDER BY at DESC LIMIT ?",
        "SELECT id FROM entry WHERE message_id = ? AND message_id <> '' ORDER BY id DESC LIMIT ?",
        "SELECT * FROM mark WHERE at < ? LIMIT ?",
        "SELECT * FROM use WHERE at < ? LIMIT ?",
    ]
    for query in plans:
        steps = await store._writer.read(partial(explain, query))
        assert not [step for step in steps if step.startswith(("SCAN", "USE TEMP B-TREE"))], (query, steps)
