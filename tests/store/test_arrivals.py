"""An arrival is mailrules' own, may be, or is a genuine delivery: by UID if one is known, else once per expectation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailrules.store import Awaited, EntryState, Own, SqliteStore, StepKind, StepState
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, entry, move, seen

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from mailrules.store import Arrival, Seen, Step

DONE, BEGUN, FAILED = StepState.DONE, StepState.BEGUN, StepState.FAILED
OWN_1 = Own(entry=1, chain=False, hops=0, rules=("lists",))
OWN_2 = replace(OWN_1, entry=2)


@dataclass(frozen=True)
class Case:
    """One entry for each step, all for messages with the fingerprint "same"; what is met in Lists, UIDVALIDITY 3."""

    name: str
    steps: tuple[Step, ...]
    met: tuple[Seen, ...]
    arrivals: dict[int, Arrival]
    state: EntryState = EntryState.BEGUN


CASES = [
    Case("nothing expected", (), (seen(41, "same"),), {}),
    Case("by COPYUID", (move(state=DONE, uidvalidity=3, uid=41),), (seen(41, "same"),), {41: OWN_1}),
    Case(
        "COPYUID decides, not the fingerprint",
        (move(state=DONE, uidvalidity=3, uid=41),),
        (seen(41, "x"),),
        {41: OWN_1},
    ),
    Case("COPYUID named another one", (move(state=DONE, uidvalidity=3, uid=41),), (seen(42, "same"),), {}),
    Case("COPYUID of an older UIDVALIDITY", (move(state=DONE, uidvalidity=2, uid=41),), (seen(41, "same"),), {}),
    Case("without COPYUID by fingerprint", (move(state=DONE),), (seen(41, "same"),), {41: OWN_1}),
    Case("a copy is expected as a move is", (move(state=DONE, kind=StepKind.COPY),), (seen(41, "same"),), {41: OWN_1}),
    Case("another fingerprint", (move(state=DONE),), (seen(41, "other"),), {}),
    Case("another mailbox", (move(b"Elsewhere", state=DONE),), (seen(41, "same"),), {}),
    Case("each expectation once", (move(state=DONE),), (seen(42, "same"), seen(41, "same")), {41: OWN_1}),
    Case(
        "two expectations, three arrivals",
        (move(state=DONE), move(state=DONE)),
        (seen(41, "same"), seen(42, "same"), seen(43, "same")),
        {41: OWN_1, 42: OWN_2},
    ),
    Case("it was there before", (move(state=DONE, uidvalidity=3, uidnext=41),), (seen(40, "same"),), {}),
    Case("it came after", (move(state=DONE, uidvalidity=3, uidnext=41),), (seen(41, "same"),), {41: OWN_1}),
    Case("the target was another mailbox then", (move(state=DONE, uidvalidity=2),), (seen(41, "same"),), {}),
    Case("refused for sure", (move(state=FAILED),), (seen(41, "same"),), {}),
    Case("no answer yet", (move(),), (seen(41, "same"),), {41: Awaited((1,))}),
    Case("no answer yet, and any may be it", (move(), move()), (seen(41, "same"),), {41: Awaited((1, 2))}),
    Case("no answer, but it was there before", (move(uidvalidity=3, uidnext=50),), (seen(41, "same"),), {}),
    Case(
        "one is done, the other in hand",
        (move(), move(state=DONE)),
        (seen(41, "same"), seen(42, "same")),
        {41: OWN_2, 42: Awaited((1,))},
    ),
    Case("no answer, and nobody is after it", (move(),), (seen(41, "same"),), {}, EntryState.HELD),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_arrivals(store: SqliteStore, case: Case) -> None:
    """The table says which arrivals are whose, and asking again says the same."""
    entries = [entry(uid, step, fingerprint="same", state=case.state) for uid, step in enumerate(case.steps, start=1)]
    await store.begin(entries, None, now=NOW)
    assert case.arrivals == await store.arrivals(ACCOUNT, LISTS, 3, case.met)
    assert case.arrivals == await store.arrivals(ACCOUNT, LISTS, 3, case.met)
    assert {} == await store.arrivals("private", LISTS, 3, case.met)


async def test_an_own_arrival_tells_what_the_entry_knows(store: SqliteStore) -> None:
    sent = replace(entry(1, move(state=DONE)), chain=True, hops=3, rules=("a", "b"))
    await store.begin([sent], None, now=NOW)
    arrivals = await store.arrivals(ACCOUNT, LISTS, 3, [seen(8, sent.fingerprint)])
    assert {8: Own(entry=1, chain=True, hops=3, rules=("a", "b"))} == arrivals


async def test_an_expectation_stays_used_up_over_a_restart(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.begin([entry(1, move(state=DONE))], None, now=NOW)
        assert {41: OWN_1} == await store.arrivals(ACCOUNT, LISTS, 3, [seen(41, "fingerprint-1")])
    async with SqliteStore(path) as store:
        second = [seen(41, "fingerprint-1"), seen(42, "fingerprint-1")]
        assert {41: OWN_1} == await store.arrivals(ACCOUNT, LISTS, 3, second)


async def test_the_found_uid_is_kept_when_the_entry_is_recorded_without_it(store: SqliteStore) -> None:
    """Whoever carries the step out does not hear of the arrival; recording the entry must not forget it."""
    (begun,) = await store.begin([entry(1, move(state=DONE, uidnext=10))], None, now=NOW)
    await store.arrivals(ACCOUNT, LISTS, 3, [seen(41, "fingerprint-1")])
    await store.record([replace(begun, reason="still at work")], now=NOW)
    (again,) = await store.unfinished(ACCOUNT, INBOX)
    assert move(state=DONE, uidvalidity=3, uidnext=10, uid=41) == again.steps[0]


async def test_a_late_copyuid_overrides_what_was_found_by_fingerprint(store: SqliteStore) -> None:
    (begun,) = await store.begin([entry(1, move(state=DONE))], None, now=NOW)
    await store.arrivals(ACCOUNT, LISTS, 3, [seen(41, "fingerprint-1")])
    await store.record([replace(begun, steps=(move(state=DONE, uidvalidity=3, uid=42),))], now=NOW)
    both = [seen(41, "fingerprint-1"), seen(42, "fingerprint-1")]
    assert {42: OWN_1} == await store.arrivals(ACCOUNT, LISTS, 3, both)


async def test_another_target_does_not_inherit_the_found_uid(store: SqliteStore) -> None:
    (begun,) = await store.begin([entry(1, move(state=DONE))], None, now=NOW)
    await store.arrivals(ACCOUNT, LISTS, 3, [seen(41, "fingerprint-1")])
    await store.record([replace(begun, steps=(move(b"Elsewhere"),))], now=NOW)
    assert {} == await store.arrivals(ACCOUNT, LISTS, 3, [seen(41, "fingerprint-1")])


async def test_arrivals_of_a_mailbox_where_nothing_is_expected_cost_no_commit(store: SqliteStore) -> None:
    await store.begin([entry(1)], None, now=NOW)
    before = store.commits
    assert {} == await store.arrivals(ACCOUNT, INBOX, 7, [seen(uid) for uid in range(1, 1000)])
    assert before == store.commits


@pytest.mark.parametrize(
    ("step", "state", "expected"),
    [
        (move(), EntryState.BEGUN, True),
        (move(), EntryState.HELD, False),
        (move(state=DONE), EntryState.BEGUN, False),
        (move(state=DONE, uidvalidity=3, uid=41), EntryState.DONE, False),
    ],
)
async def test_what_has_no_answer_yet_is_expected(
    store: SqliteStore, step: Step, state: EntryState, *, expected: bool
) -> None:
    assert await store.expects(ACCOUNT, LISTS) is False
    await store.begin([entry(1, step, state=state)], None, now=NOW)
    assert (await store.expects(ACCOUNT, LISTS), await store.expects(ACCOUNT, INBOX)) == (expected, False)


async def test_the_questions_of_the_hot_path_are_answered_by_indexes(store: SqliteStore) -> None:
    """No query on the way of a message reads through the history."""
    plans = [
        "SELECT * FROM journal WHERE account = ? AND mailbox = ? AND finished IS NULL AND state = 'begun'",
        "SELECT min(due) FROM entry WHERE mailbox = ? AND finished IS NULL AND state = 'pending'",
        "SELECT 1 FROM step WHERE target = ? AND target_uid IS NULL AND fingerprint <> '' LIMIT 1",
        "SELECT 1 FROM step JOIN entry ON entry.id = step.entry WHERE target = ? AND target_uid IS NULL"
        " AND step.fingerprint = ? AND step.fingerprint <> ''",
        "SELECT 1 FROM entry CROSS JOIN step ON step.entry = entry.id WHERE finished IS NULL"
        " AND entry.state = 'begun' AND target = ? AND target_uid IS NULL",
        "SELECT 1 FROM step WHERE target = ? AND target_uidvalidity = ? AND target_uid IS NOT NULL"
        " AND target_uid BETWEEN ? AND ?",
    ]
    for query in plans:
        steps = await store._writer.read(partial(explain, query))
        assert not [step for step in steps if step.startswith("SCAN")], (query, steps)


def explain(query: str, db: sqlite3.Connection) -> list[str]:
    """Ask SQLite how it would answer the query."""
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", (1,) * query.count("?"))]
