"""The journal as it is written, in SQL: a batch in a few statements, whatever its size.

Every function runs inside the caller's transaction. Entries that end alike are written down together.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from typing import TypeVar

from mailrules.store.inserting import TOGETHER, insert_rows, values
from mailrules.store.mailboxes import mailbox_id
from mailrules.store.rows import (
    Column,
    entry_row,
    expected_fingerprint,
    is_usual,
    is_usual_step,
    list_column,
    step_row,
    text_column,
    time_column,
    usual_entry_row,
    usual_step_row,
)
from mailrules.store.values import Entry, EntryState, Step, StepState
from mailrules.values import copier

_begun: Callable[..., Entry] = copier(Entry, "id", "begun", "finished")
_place = attrgetter("account", "mailbox", "uidvalidity", "ruleset")

_PUT_ENTRY = (
    "INSERT INTO entry (id, mailbox, uidvalidity, uid, message_id, fingerprint, internaldate, size, prior_flags,"
    " rules, ruleset, trace, chain, hops, state, attempts, due, reason, begun, finished, sender, subject, undoes,"
    " retried)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PUT_STEP = (
    "INSERT INTO step (entry, position, kind, rule, flags_add, flags_remove, flags_replace, target, target_uidvalidity,"
    " target_uidnext, target_uid, fingerprint, state) "
)
_STEP = "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

_END_ENTRIES = (
    "UPDATE entry SET state = ?1, attempts = ?2, due = ?3, reason = ?4, retried = ?5,"
    " finished = iif(?6 IS NULL, NULL, coalesce(finished, ?6)) WHERE"
)
# Whoever records a step may not know that `arrivals` has found its message meanwhile: that must not be forgotten.
_END_STEPS = (
    "UPDATE step SET state = ?1, fingerprint = ?2,"
    " target_uidvalidity = iif(?4 IS NULL AND target_uid IS NOT NULL, target_uidvalidity, ?3),"
    " target_uid = coalesce(entry + ?4, target_uid) WHERE"
)
_PUT_STEP_AGAIN = f"""{_PUT_STEP}{_STEP}
    ON CONFLICT (entry, position) DO UPDATE SET
        target_uidvalidity = iif(excluded.target_uid IS NULL AND target_uid IS NOT NULL AND target IS excluded.target,
                                 target_uidvalidity, excluded.target_uidvalidity),
        target_uid = coalesce(excluded.target_uid, iif(target IS excluded.target, target_uid, NULL)),
        kind = excluded.kind, rule = excluded.rule, flags_add = excluded.flags_add,
        flags_remove = excluded.flags_remove, flags_replace = excluded.flags_replace, target = excluded.target,
        target_uidnext = excluded.target_uidnext, fingerprint = excluded.fingerprint, state = excluded.state
"""


def insert_entries(db: sqlite3.Connection, entries: Iterable[Entry], now: datetime) -> tuple[Entry, ...]:
    """Write new entries with their steps; return them with their ids."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    first = (row[0] if row else 0) + 1
    numbered = tuple(
        _begun(entry, identifier, now, now if entry.state.final else None)
        for identifier, entry in enumerate(entries, start=first)
    )
    mailboxes = _Mailboxes(db)
    for (account, mailbox, uidvalidity, ruleset), group in groupby(numbered, _place):
        place = mailboxes.row(account, mailbox)
        shared = (place, uidvalidity, text_column(ruleset), time_column(now))
        for usual, some in groupby(group, is_usual):
            if usual:
                insert_rows(db, _usual_entries, shared, [usual_entry_row(entry) for entry in some])
            else:
                db.executemany(_PUT_ENTRY, (entry_row(entry, place, now) for entry in some))
    usual_steps, others = mailboxes.new_steps(numbered)
    insert_rows(db, _usual_steps, (), usual_steps)
    insert_rows(db, _new_steps, (), others)
    return numbered


def update_entries(
    db: sqlite3.Connection, entries: Iterable[Entry], now: datetime, in_hand: Mapping[int, Entry] | None = None
) -> None:
    """Write down the states of entries and of their steps. Raises ValueError for an entry that was never begun.

    `in_hand` are some of them as they were written last, by id.
    """
    before = in_hand or {}
    ended: list[_Change[_Outcome]] = []
    moved: list[_Change[_Whereabouts]] = []
    others: list[Entry] = []
    for entry in entries:
        if entry.id is None:
            raise ValueError("only an entry that was begun can be recorded")
        was = before.get(entry.id)
        if was is not None and entry.prior_flags == was.prior_flags and _only_moved(was.steps, entry.steps):
            ended.append((0, entry.id, _outcome(entry)))
            for position, step in enumerate(entry.steps):
                # UIDs as the distance from the id: neighbours often become neighbours.
                uid = step.target_uid
                away = None if uid is None else uid - entry.id
                fingerprint = "" if uid else expected_fingerprint(entry, step)
                moved.append((position, entry.id, (step.state, fingerprint, step.target_uidvalidity, away)))
        else:
            others.append(entry)
    for outcome, first, last, _ in _runs(ended):
        db.execute(f"{_END_ENTRIES} id BETWEEN ?7 AND ?8", (*_spelt(outcome, now), first, last))
    alone: list[tuple[Column, ...]] = []
    together: list[tuple[Column, ...]] = []
    for (state, *place), first, last, position in _runs(moved):
        if first == last:
            alone.append((state.value, *place, position, first))
        else:
            together.append((state.value, *place, position, first, last))
    # SQLite changes one row at once, but looks for a range before it changes it.
    db.executemany(f"{_END_STEPS} position = ?5 AND entry = ?6", alone)
    db.executemany(f"{_END_STEPS} position = ?5 AND entry BETWEEN ?6 AND ?7", together)
    if others:
        _rewrite(db, others, now)


_Outcome = tuple[EntryState, int, datetime | None, str, datetime | None]
_Whereabouts = tuple[StepState, str | bytes, int | None, int | None]
V = TypeVar("V")
_Change = tuple[int, int, V]
"""A position, an entry's id, and what is to be written there."""


def _only_moved(before: Sequence[Step], after: Sequence[Step]) -> bool:
    """Whether the steps differ only in how far they have come."""
    if len(before) != len(after):
        return False
    for was, step in zip(before, after, strict=True):
        if was is not step and (
            was.kind is not step.kind
            or was.target != step.target
            or was.rule != step.rule
            or was.target_uidnext != step.target_uidnext
            or was.add != step.add
            or was.remove != step.remove
            or was.replace != step.replace
        ):
            return False
    return True


def _outcome(entry: Entry) -> _Outcome:
    return entry.state, entry.attempts, entry.due, entry.reason, entry.retried


def _spelt(outcome: _Outcome, now: datetime) -> tuple[Column, ...]:
    state, attempts, due, reason, retried = outcome
    finished = time_column(now) if state.final else None
    return state.value, attempts, time_column(due), text_column(reason), time_column(retried), finished


def _runs(changes: list[_Change[V]]) -> Iterator[tuple[V, int, int, int]]:
    """Join neighbours of which the same is to be written: that, the first and the last id, the position."""
    changes.sort(key=itemgetter(0, 1))
    first = 0
    for each, following in pairwise([*changes, None]):
        if each is None:
            return
        position, last, written = each
        first = first or last
        if following is None or following != (position, last + 1, written):
            yield written, first, last, position
            first = 0


def _rewrite(db: sqlite3.Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Write down entries that may have other steps than were written last."""
    db.executemany(
        "UPDATE entry SET state = ?, attempts = ?, due = ?, reason = ?, retried = ?,"
        " finished = iif(? IS NULL, NULL, coalesce(finished, ?)), prior_flags = ? WHERE id = ?",
        (
            (*(outcome := _spelt(_outcome(entry), now)), outcome[-1], list_column(entry.prior_flags), entry.id)
            for entry in entries
        ),
    )
    db.executemany(
        "DELETE FROM step WHERE entry = ? AND position >= ?", ((entry.id, len(entry.steps)) for entry in entries)
    )
    db.executemany(_PUT_STEP_AGAIN, _Mailboxes(db).steps(entries))


@lru_cache(maxsize=len(TOGETHER))
def _usual_entries(rows: int) -> str:
    """Insert entries as most are; they share their mailbox, its UIDVALIDITY, the rules and the time."""
    columns = "id, uid, message_id, fingerprint, internaldate, size, prior_flags, rules, trace, sender, subject"
    written = values(rows, columns.count(",") + 1, 4, ", ?1, ?2, ?3, ?4, 0, 0, 'begun', 0, ''")
    columns += ", mailbox, uidvalidity, ruleset, begun, chain, hops, state, attempts, reason"
    return f"INSERT INTO entry ({columns}) {written}"


@lru_cache(maxsize=len(TOGETHER))
def _new_steps(rows: int) -> str:
    return _PUT_STEP + values(rows, _STEP.count("?"), 0, "")


@lru_cache(maxsize=len(TOGETHER))
def _usual_steps(rows: int) -> str:
    columns = "entry, position, kind, rule, target, target_uidvalidity, target_uidnext"
    written = values(rows, columns.count(",") + 1, 0, ", '[]', '[]', '', 'begun'")
    return f"INSERT INTO step ({columns}, flags_add, flags_remove, fingerprint, state) {written}"


class _Mailboxes:
    """The rows of the mailboxes that one transaction names, each looked up once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: dict[tuple[str, bytes], int] = {}

    def row(self, account: str, mailbox: bytes) -> int:
        key = (account, mailbox)
        if key not in self._rows:
            self._rows[key] = mailbox_id(self._db, account, mailbox)
        return self._rows[key]

    def new_steps(self, entries: Iterable[Entry]) -> tuple[list[tuple[Column, ...]], list[tuple[Column, ...]]]:
        """Spell steps that are written for the first time: those that are as most are, and the others."""
        spelt: dict[tuple[str, int], tuple[Column, ...]] = {}  # by the identity of a step: those of one plan share it
        usual: list[tuple[Column, ...]] = []
        others: list[Entry] = []
        for entry in entries:
            if entry.state is not EntryState.BEGUN or not all(map(is_usual_step, entry.steps)):
                others.append(entry)
                continue
            account = entry.account
            for position, step in enumerate(entry.steps):
                row = spelt.get((account, id(step)))
                if row is None:
                    target = None if step.target is None else self.row(account, step.target)
                    row = spelt[account, id(step)] = usual_step_row(step, target)
                usual.append((entry.id, position, *row))
        return usual, list(self.steps(others))

    def steps(self, entries: Iterable[Entry]) -> Iterator[tuple[Column, ...]]:
        for entry in entries:
            for position, step in enumerate(entry.steps):
                target = None if step.target is None else self.row(entry.account, step.target)
                yield step_row(entry, position, step, target)
