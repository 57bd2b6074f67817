"""What was done is found again by account, mailbox, rule, time, message, state and id, the newest first."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailrules.store import EntryState, HistoryQuery, SqliteStore, StepKind, StepState
from mailrules.store.history import read_history
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, entry, move, with_ids

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime

    from mailrules.store import Entry

DONE, COPY = StepState.DONE, StepKind.COPY


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
async def day(store: SqliteStore) -> SqliteStore:
    """Write six entries, an hour apart."""
    entries = [
        replace(entry(1, move(state=DONE)), state=EntryState.DONE),
        replace(entry(2), state=EntryState.HELD, rules=("bob", "lists"), sender="Ännchen <ann@example.org>"),
        replace(entry(3), state=EntryState.PENDING, due=after(1), subject="Rechnung 7"),
        entry(4, move(b"Bob", state=DONE, uid=9, uidvalidity=3), account="private"),
        replace(entry(5, move(b"Bob", state=DONE, kind=COPY)), message_id="<1@example.org>", rules=("bob",)),
        entry(6, mailbox=b"Bob"),
    ]
    for hours, one in enumerate(entries):
        await store.begin([one], None, now=after(60 * hours))
    return store


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (HistoryQuery(), [6, 5, 4, 3, 2, 1]),
        (HistoryQuery(limit=2), [6, 5]),
        (HistoryQuery(limit=0), []),
        (HistoryQuery(account="private"), [4]),
        (HistoryQuery(account="nobody"), []),
        (HistoryQuery(mailboxes=frozenset({b"Bob"})), [6, 5, 4]),
        (HistoryQuery(mailboxes=frozenset({b"Bob"}), account=ACCOUNT), [6, 5]),
        (HistoryQuery(mailboxes=frozenset({LISTS})), [6, 3, 2, 1]),
        (HistoryQuery(mailboxes=frozenset({b"Nowhere"})), []),
        (HistoryQuery(mailboxes=frozenset({LISTS, INBOX}), account=ACCOUNT), [6, 5, 3, 2, 1]),
        (HistoryQuery(rule="bob"), [5, 2]),
        (HistoryQuery(rule="bo"), []),
        (HistoryQuery(since=after(180)), [6, 5, 4]),
        (HistoryQuery(since=after(60), until=after(180)), [3, 2]),
        (HistoryQuery(message_id="<1@example.org>"), [5, 1]),
        (HistoryQuery(message_id=""), []),
        (HistoryQuery(states=frozenset({EntryState.HELD})), [2]),
        (HistoryQuery(states=frozenset({EntryState.HELD, EntryState.PENDING})), [3, 2]),
        (HistoryQuery(states=frozenset({EntryState.HELD, EntryState.DONE})), [2, 1]),
        (HistoryQuery(ids=(3, 1, 99)), [3, 1]),
        (HistoryQuery(sender="ÄNN"), [2]),
        (HistoryQuery(subject="rechnung"), [3]),
        (
            HistoryQuery(
                rule="bob", mailboxes=frozenset({b"Bob"}), since=after(1), message_id="<1@example.org>", limit=1
            ),
            [5],
        ),
    ],
)
async def test_each_part_of_a_query_says_what_is_wanted(
    day: SqliteStore, query: HistoryQuery, found: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found == with_ids(await day.history(query))
    monkeypatch.setattr("mailrules.store.history._FEW", -1)
    assert found == with_ids(await day.history(query)), "gone through from the newest end"


async def test_what_was_begun_last_comes_first_also_if_the_clock_was_set_back(store: SqliteStore) -> None:
    """What `undo --last` takes back is what was done last."""
    for minutes in (0, 5, 1, 5, 5):
        await store.begin([entry(1)], None, now=after(minutes))
    seen: list[Entry] = []
    while page := await store.history(HistoryQuery(limit=2, after=seen[-1].id if seen else None)):
        seen += page
    assert [5, 4, 3, 2, 1] == with_ids(seen)


async def test_an_entry_comes_back_as_it_was_written(store: SqliteStore) -> None:
    (written,) = await store.begin(
        [replace(entry(1), sender="Ann", subject="x\udc80", undoes=7, reason="so")], None, now=NOW
    )
    assert (written,) == await store.history(HistoryQuery(ids=(1,)))
    assert NOW == written.begun


async def test_of_what_was_taken_back_the_newest_undo_is_told(store: SqliteStore) -> None:
    for undoes in (None, None, 1, 1, 3):
        await store.begin([replace(entry(1), undoes=undoes)], None, now=NOW)
    assert {1: 4, 3: 5} == {id_: one.id for id_, one in (await store.undone([1, 2, 3, 4, 99])).items()}
    assert {} == await store.undone([])


async def test_a_message_is_found_by_its_place_the_oldest_entry_first(store: SqliteStore) -> None:
    for one in (entry(1), entry(2), entry(1), entry(1, mailbox=LISTS), entry(1, account="private")):
        await store.begin([one], None, now=NOW)
    assert [1, 3] == with_ids(await store.at(ACCOUNT, INBOX, 7, 1))
    assert () == await store.at(ACCOUNT, INBOX, 8, 1)
    assert () == await store.at(ACCOUNT, b"Nowhere", 7, 1)


async def test_the_journal_knows_its_accounts_and_rules(day: SqliteStore) -> None:
    assert ("private", "work") == await day.accounts()
    assert frozenset({"bob", "lists"}) == await day.rules()


RARE_AND_FREQUENT = (
    HistoryQuery(limit=50),
    HistoryQuery(limit=50, account=ACCOUNT),
    HistoryQuery(limit=50, account="private"),
    HistoryQuery(limit=50, mailboxes=frozenset({INBOX})),
    HistoryQuery(limit=50, mailboxes=frozenset({b"Rare"})),
    HistoryQuery(limit=50, rule="lists"),
    HistoryQuery(limit=50, message_id="<17@example.org>"),
    HistoryQuery(limit=50, states=frozenset({EntryState.HELD, EntryState.PENDING})),
    HistoryQuery(limit=50, since=after(-1), until=after(1)),
    HistoryQuery(limit=50, ids=(7,)),
)


async def test_a_great_journal_is_not_read_through(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight times as many entries are no more work, be what is asked for rare or frequent."""
    monkeypatch.setattr("mailrules.store.history._FEW", 20)
    rare = [entry(uid, move(b"Rare", state=DONE), account="private") for uid in (1, 2)]
    await store.begin([*rare, replace(entry(3), state=EntryState.HELD)], None, now=NOW)
    work: list[list[int]] = []
    for first, last in ((10, 500), (501, 4_000)):
        usual = [
            entry(uid, move(state=DONE, uid=uid, uidvalidity=3), state=EntryState.DONE) for uid in range(first, last)
        ]
        await store.begin(usual, None, now=after(last))
        work.append([await store._writer.read(partial(instructions, query=query)) for query in RARE_AND_FREQUENT])
    few, many = work
    grown = [(query, *both) for query, *both in zip(RARE_AND_FREQUENT, few, many, strict=True) if both[1] > 2 * both[0]]
    assert [] == grown


def instructions(db: sqlite3.Connection, query: HistoryQuery) -> int:
    """Count, in tens, what SQLite does to answer."""
    with counting(db) as counted:
        read_history(db, query)
    return len(counted)


@contextmanager
def counting(db: sqlite3.Connection) -> Iterator[list[None]]:
    counted: list[None] = []
    db.set_progress_handler(lambda: counted.append(None), 10)
    try:
        yield counted
    finally:
        db.set_progress_handler(None, 0)


# What was taken back counts no more


async def write(store: SqliteStore, *entries: Entry) -> None:
    for one in entries:
        await store.begin([replace(one, state=EntryState.DONE)], None, now=NOW)


def back(undoes: int, uid: int, mailbox: bytes, *steps: StepKind) -> Entry:
    """Build the entry that takes another one back."""
    made = [
        move(INBOX, state=DONE, kind=kind) if kind is StepKind.MOVE else replace(move(INBOX, state=DONE), kind=kind)
        for kind in steps
    ]
    return replace(entry(uid, *made, mailbox=mailbox), message_id="<1@example.org>", undoes=undoes)


DISCARD = (StepKind.MARK_DELETED, StepKind.UID_EXPUNGE)


async def test_a_copy_that_was_thrown_away_can_be_made_again(store: SqliteStore) -> None:
    copies = (move(b"A", state=DONE, kind=COPY), move(b"B", state=DONE, kind=COPY))
    await write(store, entry(1, *copies), entry(2, *copies), back(1, 9, b"A", *DISCARD))
    assert {1: {b"B"}, 2: {b"A", b"B"}} == await store.copied(ACCOUNT, INBOX, 7)


async def test_an_undo_that_is_not_done_and_the_way_back_itself_make_no_difference(store: SqliteStore) -> None:
    await write(store, entry(1, move(b"A", state=DONE, kind=COPY)))
    held = replace(back(1, 9, b"A", *DISCARD), state=EntryState.HELD)
    await store.begin([held], None, now=NOW)
    await write(store, back(7, 3, INBOX, StepKind.COPY))
    assert {1: {b"A"}} == await store.copied(ACCOUNT, INBOX, 7)


ID = "<1@example.org>"


async def test_mail_is_not_filed_where_it_was_taken_back_from(store: SqliteStore) -> None:
    await write(store, entry(1, move(b"Older", state=DONE)), entry(1, move(b"New", state=DONE)))
    await write(store, back(2, 5, b"New", StepKind.MOVE))
    assert {ID: b"Older"} == await store.filed(ACCOUNT, [ID])
    await write(store, back(1, 6, b"Older", StepKind.COPY, *DISCARD))
    assert {} == await store.filed(ACCOUNT, [ID])


async def test_what_was_taken_back_and_then_done_again_counts_again(store: SqliteStore) -> None:
    await write(store, entry(1, move(b"New", state=DONE)), back(1, 5, b"New", StepKind.MOVE))
    await write(store, back(2, 6, INBOX, StepKind.MOVE))
    assert {ID: b"New"} == await store.filed(ACCOUNT, [ID])


async def test_a_copy_that_is_gone_says_nothing_of_the_message_and_the_other_way_round(store: SqliteStore) -> None:
    both = (move(b"Copy", state=DONE, kind=COPY), move(b"Moved", state=DONE))
    await write(store, entry(1, *both), back(1, 5, b"Copy", *DISCARD))
    assert {ID: b"Moved"} == await store.filed(ACCOUNT, [ID])
    await write(store, back(1, 6, b"Moved", StepKind.MOVE))
    assert {} == await store.filed(ACCOUNT, [ID])
    await write(store, replace(entry(8, move(b"A", state=DONE, kind=COPY)), message_id=ID))
    assert {ID: b"A"} == await store.filed(ACCOUNT, [ID])


@pytest.mark.parametrize("name", ["лист", 'say "a"', ", ", "a\\b", "\t"])
async def test_a_rule_of_any_name_is_found_and_no_other(store: SqliteStore, name: str) -> None:
    await store.begin([replace(entry(1), rules=("x", name)), replace(entry(2), rules=("x", "y"))], None, now=NOW)
    assert [1] == [one.uid for one in await store.history(HistoryQuery(rule=name))]
