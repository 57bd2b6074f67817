"""The journal as it is written when work has gone on, in SQL: what ends alike is written down together.

Every function runs inside the caller's transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count, groupby
from operator import attrgetter, itemgetter

from mailrules.store.beginning import PUT_STEP, STEP, Mailboxes
from mailrules.store.rows import Column, expects_message, list_column, text_column, time_column
from mailrules.store.values import Entry, EntryState, Step, StepState

_outcome = attrgetter("state", "attempts", "due", "reason", "retried")
_intent = attrgetter("kind", "target", "rule", "target_uidnext", "add", "remove", "replace")

_END_ENTRIES = (
    "UPDATE entry SET state = ?1, attempts = ?2, due = ?3, reason = ?4, retried = ?5,"
    " finished = iif(?6 IS NULL, NULL, coalesce(finished, ?6)) WHERE"
)
# Whoever records a step may not know that `arrivals` has found its message meanwhile: that must not be forgotten.
_END_STEPS = (
    "UPDATE step SET state = ?1,"
    " fingerprint = iif(?2, (SELECT fingerprint FROM message WHERE message.entry = step.entry), ''),"
    " target_uidvalidity = iif(?3 IS NULL OR (found.value IS NULL AND target_uid IS NOT NULL), target_uidvalidity, ?3),"
    " target_uid = coalesce(found.value, target_uid)"
    " FROM json_each(?4) AS found WHERE step.entry = ?5 + found.key AND position = ?6"
)
_PUT_STEP_AGAIN = f"""{PUT_STEP}{STEP}
    ON CONFLICT (entry, position) DO UPDATE SET
        target_uidvalidity = iif(excluded.target_uid IS NULL AND target_uid IS NOT NULL AND target IS excluded.target,
                                 target_uidvalidity, excluded.target_uidvalidity),
        target_uid = coalesce(excluded.target_uid, iif(target IS excluded.target, target_uid, NULL)),
        kind = excluded.kind, rule = excluded.rule, flags_add = excluded.flags_add,
        flags_remove = excluded.flags_remove, flags_replace = excluded.flags_replace, target = excluded.target,
        target_uidnext = excluded.target_uidnext, fingerprint = excluded.fingerprint, state = excluded.state
"""

_Outcome = tuple[EntryState, int, datetime | None, str, datetime | None]
_Way = tuple[StepState, bool, int | None]
"""How far a step has come: also whether its message is expected, and the UIDVALIDITY there, None if it stays."""
_End = tuple[_Outcome, tuple[_Way, ...]]
_Change = tuple[int, _End, Sequence[Step]]
"""The id of an entry, what is to be written of it, and its steps, of which each has a UID of its own."""


def update_entries(
    db: sqlite3.Connection, entries: Iterable[Entry], now: datetime, in_hand: Mapping[int, Entry] | None = None
) -> None:
    """Write down the states of entries and of their steps. Raises ValueError for an entry that was never begun.

    `in_hand` are some of them as they were written last, by id.
    """
    before = in_hand or {}
    changes: list[_Change] = []
    others: list[Entry] = []
    for entry in entries:
        if entry.id is None:
            raise ValueError("only an entry that was begun can be recorded")
        was = before.get(entry.id)
        ways = None if was is None or entry.prior_flags != was.prior_flags else _ways(was.steps, entry)
        if ways is None:
            others.append(entry)
        else:
            changes.append((entry.id, (_outcome(entry), ways), entry.steps))
    for first, alike in _runs(changes):
        _end(db, first, alike, now)
    if others:
        _rewrite(db, others, now)


def _ways(before: Sequence[Step], entry: Entry) -> tuple[_Way, ...] | None:
    """How far the steps have come; None if that is not all that they differ in."""
    if len(before) != len(entry.steps):
        return None
    ways: list[_Way] = []
    for was, step in zip(before, entry.steps, strict=True):
        validity = step.target_uidvalidity
        if validity == was.target_uidvalidity:
            validity = None
        elif validity is None:
            return None
        if was is not step and _intent(was) != _intent(step):
            return None
        ways.append((step.state, expects_message(entry, step), validity))
    return tuple(ways)


def _runs(changes: list[_Change]) -> Iterator[tuple[int, Sequence[_Change]]]:
    """Part the changes, by id, where the next id is missing or comes to another end: each time the first id and all."""
    changes.sort(key=itemgetter(0))
    numbers = count()
    for _, group in groupby(changes, lambda change: (change[0] - next(numbers), change[1])):
        alike = list(group)
        yield alike[0][0], alike


def _end(db: sqlite3.Connection, first: int, alike: Sequence[_Change], now: datetime) -> None:
    """Write down what is the same of entries with consecutive ids, and the UIDs that their messages have come to."""
    _, (outcome, ways), _ = alike[0]
    db.execute(f"{_END_ENTRIES} id BETWEEN ?7 AND ?8", (*_spelt(outcome, now), first, first + len(alike) - 1))
    for position, (state, expected, validity) in enumerate(ways):
        uids = json.dumps([steps[position].target_uid for _, _, steps in alike])
        db.execute(_END_STEPS, (state.value, expected, validity, uids, first, position))


def _spelt(outcome: _Outcome, now: datetime) -> tuple[Column, ...]:
    state, attempts, due, reason, retried = outcome
    finished = time_column(now) if state.final else None
    return state.value, attempts, time_column(due), text_column(reason), time_column(retried), finished


def _rewrite(db: sqlite3.Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Write down entries that may have other steps than were written last."""
    db.executemany(f"{_END_ENTRIES} id = ?7", ((*_spelt(_outcome(entry), now), entry.id) for entry in entries))
    db.executemany(
        "UPDATE message SET prior_flags = ?1 WHERE entry = ?2 AND prior_flags <> ?1",
        ((list_column(entry.prior_flags), entry.id) for entry in entries),
    )
    db.executemany(
        "DELETE FROM step WHERE entry = ? AND position >= ?", ((entry.id, len(entry.steps)) for entry in entries)
    )
    db.executemany(_PUT_STEP_AGAIN, Mailboxes(db).steps(entries))
