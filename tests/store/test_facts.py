"""Facts that count are written with the batch they belong to, once for a message, and found again by index."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from mailrules.store import USES_KEPT, Acted, EntryState, SqliteStore, StepKind, StepState
from tests.store.builders import ACCOUNT, NOW, checkpoint, entry, move
from tests.store.test_arrivals import explain

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mailrules.store import Step

DONE, FAILED, COPY = StepState.DONE, StepState.FAILED, StepKind.COPY


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


async def act(store: SqliteStore, uid: int, at: datetime) -> None:
    await store.begin([], checkpoint(uid), acted=[Acted("r", 7, uid)], now=at)


async def test_a_use_for_the_same_message_counts_once_and_from_its_last_time(store: SqliteStore) -> None:
    await act(store, 1, NOW)
    await act(store, 1, after(5))
    assert (after(5),) == await store.used(ACCOUNT, "r", NOW, 10)


async def test_the_newest_uses_are_told_ascending(store: SqliteStore) -> None:
    for uid in range(1, 6):
        await act(store, uid, after(uid))
    assert (after(3), after(4), after(5)) == await store.used(ACCOUNT, "r", NOW, 3)
    assert (after(5),) == await store.used(ACCOUNT, "r", after(5), 3)
    assert () == await store.used(ACCOUNT, "another", NOW, 3)
    assert () == await store.used("private", "r", NOW, 3)


async def test_a_rule_can_begin_to_count_anew(store: SqliteStore) -> None:
    await act(store, 1, NOW)
    await store.begin([], checkpoint(2), acted=[Acted("another", 7, 2)], now=NOW)
    await store.forget_uses("private", "r")
    assert (NOW,) == await store.used(ACCOUNT, "r", NOW, 10)
    await store.forget_uses(ACCOUNT, "r")
    assert () == await store.used(ACCOUNT, "r", NOW, 10)
    assert (NOW,) == await store.used(ACCOUNT, "another", NOW, 10)


async def test_old_uses_are_pruned_in_chunks(store: SqliteStore) -> None:
    await store.begin([], checkpoint(1), acted=[Acted("r", 7, uid) for uid in range(1, 1202)], now=NOW)
    await act(store, 5_000, after(1))
    await store.prune(NOW, now=NOW + USES_KEPT + timedelta(seconds=1))
    assert (after(1),) == await store.used(ACCOUNT, "r", NOW, 9_999)


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


async def test_the_questions_are_answered_by_indexes(store: SqliteStore) -> None:
    plans = [
        "SELECT at FROM use WHERE account = ? AND rule = ? AND at >= ? ORDER BY at DESC LIMIT ?",
        "SELECT entry FROM message WHERE message_id = ? AND message_id <> '' ORDER BY entry DESC LIMIT ?",
        "SELECT * FROM use WHERE at < ? LIMIT ?",
    ]
    for query in plans:
        steps = await store._writer.read(partial(explain, query))
        assert not [step for step in steps if step.startswith(("SCAN", "USE TEMP B-TREE"))], (query, steps)
