"""The journal in SQL: take responsibility for messages, write down how far they have come, find what is open.

Every function runs inside the caller's transaction. The open entries are few and the finished ones are not: a plus sign
before a column keeps SQLite from sorting by an index over all of them.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from mailrules.store.arrivals import NOT_MET
from mailrules.store.mailboxes import find_mailbox, mailbox_id
from mailrules.store.reversals import HAS_LEFT
from mailrules.store.rows import (
    entry_row,
    entry_value,
    list_column,
    step_row,
    step_value,
    text_column,
    text_value,
    time_column,
    time_value,
)
from mailrules.store.values import Counts, Entry, EntryState, Step

_PUT_STEP = """
    INSERT INTO step (entry, position, kind, rule, flags_add, flags_remove, flags_replace, target, target_uidvalidity,
                      target_uidnext, target_uid, fingerprint, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

# Whoever records a step may not know that `arrivals` has found its message meanwhile: that must not be forgotten.
_UPDATE_STEP = """
    ON CONFLICT (entry, position) DO UPDATE SET
        target_uidvalidity = iif(excluded.target_uid IS NULL AND target_uid IS NOT NULL AND target IS excluded.target,
                                 target_uidvalidity, excluded.target_uidvalidity),
        target_uid = coalesce(excluded.target_uid, iif(target IS excluded.target, target_uid, NULL)),
        kind = excluded.kind, rule = excluded.rule, flags_add = excluded.flags_add,
        flags_remove = excluded.flags_remove, flags_replace = excluded.flags_replace, target = excluded.target,
        target_uidnext = excluded.target_uidnext, state = excluded.state
"""

_UPSERT_STEP = _PUT_STEP + _UPDATE_STEP


def insert_entries(db: sqlite3.Connection, entries: Iterable[Entry], now: datetime) -> tuple[Entry, ...]:
    """Write new entries with their steps; return them with their ids."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    first = (row[0] if row else 0) + 1
    numbered = tuple(
        replace(entry, id=identifier, begun=now, finished=now if entry.state.final else None)
        for identifier, entry in enumerate(entries, start=first)
    )
    mailboxes = _Mailboxes(db)
    db.executemany(
        "INSERT INTO entry (id, mailbox, uidvalidity, uid, message_id, fingerprint, internaldate, size, prior_flags,"
        " rules, ruleset, trace, chain, hops, state, attempts, due, reason, begun, finished, sender, subject, undoes,"
        " retried)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (entry_row(entry, mailboxes.row(entry.account, entry.mailbox), now) for entry in numbered),
    )
    db.executemany(_PUT_STEP, mailboxes.steps(numbered))
    return numbered


def update_entries(db: sqlite3.Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Write down the states of entries and of their steps. Raises ValueError for an entry that was never begun."""
    if any(entry.id is None for entry in entries):
        raise ValueError("only an entry that was begun can be recorded")
    db.executemany(
        "UPDATE entry SET prior_flags = ?, state = ?, attempts = ?, due = ?, reason = ?, retried = ?,"
        " finished = iif(?, coalesce(finished, ?), NULL) WHERE id = ?",
        (
            (
                list_column(entry.prior_flags),
                entry.state.value,
                entry.attempts,
                time_column(entry.due),
                text_column(entry.reason),
                time_column(entry.retried),
                entry.state.final,
                time_column(now),
                entry.id,
            )
            for entry in entries
        ),
    )
    db.executemany(
        "DELETE FROM step WHERE entry = ? AND position >= ?", ((entry.id, len(entry.steps)) for entry in entries)
    )
    db.executemany(_UPSERT_STEP, _Mailboxes(db).steps(entries))


def read_begun(db: sqlite3.Connection, account: str, mailbox: bytes) -> tuple[Entry, ...]:
    """Read the mailbox's BEGUN entries by UID."""
    rows = db.execute(
        "SELECT * FROM journal WHERE account = ? AND mailbox = ? AND finished IS NULL AND state = 'begun'"
        " ORDER BY +uidvalidity, uid, id",
        (text_column(account), mailbox),
    )
    return read_entries(db, rows)


def read_due(db: sqlite3.Connection, account: str, mailbox: bytes, now: datetime) -> tuple[Entry, ...]:
    """Read the mailbox's PENDING entries whose time has come, by UID."""
    rows = db.execute(
        "SELECT * FROM journal WHERE account = ? AND mailbox = ? AND finished IS NULL AND state = 'pending'"
        " AND due <= ? ORDER BY +uidvalidity, uid, id",
        (text_column(account), mailbox, time_column(now)),
    )
    return read_entries(db, rows)


def read_next_due(db: sqlite3.Connection, account: str, mailbox: bytes) -> datetime | None:
    """Read when the mailbox's first PENDING entry falls due."""
    due: int | None
    (due,) = db.execute(
        "SELECT min(due) FROM entry WHERE mailbox = ? AND finished IS NULL AND state = 'pending'",
        (find_mailbox(db, account, mailbox),),
    ).fetchone()
    return time_value(due)


def read_pending_reasons(db: sqlite3.Connection, account: str) -> frozenset[str]:
    """Read the reasons of the account's PENDING entries."""
    rows = db.execute(
        "SELECT DISTINCT reason FROM journal WHERE account = ? AND finished IS NULL AND state = 'pending'",
        (text_column(account),),
    )
    return frozenset(text_value(reason) for (reason,) in rows)


def hasten(db: sqlite3.Connection, account: str, reasons: Iterable[str], now: datetime) -> None:
    """Let the account's PENDING entries with these reasons fall due now."""
    db.executemany(
        "UPDATE entry SET due = min(due, ?) WHERE finished IS NULL AND state = 'pending' AND reason = ? AND mailbox IN"
        " (SELECT mailbox.id FROM mailbox JOIN account ON account.id = mailbox.account WHERE account.name = ?)",
        ((time_column(now), text_column(reason), text_column(account)) for reason in reasons),
    )


def count_open_by_mailbox(db: sqlite3.Connection, account: str) -> Mapping[bytes, Counts]:
    """Count the account's PENDING and HELD entries, by the mailbox's name."""
    rows = db.execute(
        "SELECT mailbox, sum(state = 'pending'), sum(state = 'held') FROM journal"
        " WHERE account = ? AND finished IS NULL AND state IN ('pending', 'held') GROUP BY mailbox",
        (text_column(account),),
    )
    return {name: Counts(pending, held) for name, pending, held in rows}


def read_open_mailboxes(db: sqlite3.Connection, account: str) -> tuple[bytes, ...]:
    """Read the names of the account's mailboxes with BEGUN or PENDING entries."""
    rows = db.execute(
        "SELECT DISTINCT mailbox FROM journal WHERE account = ? AND finished IS NULL AND state IN ('begun', 'pending')"
        " ORDER BY mailbox",
        (text_column(account),),
    )
    return tuple(name for (name,) in rows)


def read_uids(
    db: sqlite3.Connection, account: str, mailbox: bytes, uidvalidity: int, states: Collection[EntryState]
) -> frozenset[int]:
    """Read the UIDs of the mailbox's entries that are not finished and in one of these states."""
    rows = db.execute(
        "SELECT uid, state FROM entry INDEXED BY entry_open WHERE mailbox = ? AND uidvalidity = ? AND finished IS NULL",
        (find_mailbox(db, account, mailbox), uidvalidity),
    )
    return frozenset(uid for uid, state in rows if EntryState(state) in states)


def read_copied(
    db: sqlite3.Connection, account: str, mailbox: bytes, uidvalidity: int
) -> Mapping[int, frozenset[bytes]]:
    """Read the targets of the mailbox's finished COPY steps that were not taken back, by the UID of the message."""
    has_left = HAS_LEFT.format(entry="entry.id", mailbox="step.target")
    rows = db.execute(
        "SELECT entry.uid, target.name FROM entry JOIN step ON step.entry = entry.id"  # noqa: S608 - of constants
        " JOIN mailbox AS target ON target.id = step.target"
        " WHERE entry.mailbox = ? AND entry.uidvalidity = ? AND step.kind = 'copy' AND step.state = 'done'"
        f" AND undoes IS NULL AND NOT EXISTS ({has_left})",
        (find_mailbox(db, account, mailbox), uidvalidity),
    )
    copied: dict[int, set[bytes]] = {}
    for uid, target in rows:
        copied.setdefault(uid, set()).add(target)
    return {uid: frozenset(targets) for uid, targets in copied.items()}


def still_begun(db: sqlite3.Connection, entry_ids: Collection[int]) -> frozenset[int]:
    """Tell which of these entries are BEGUN."""
    return frozenset(
        identifier
        for identifier in entry_ids
        if db.execute("SELECT 1 FROM entry WHERE id = ? AND state = 'begun'", (identifier,)).fetchone()
    )


def prune_chunk(db: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` of the entries that finished before this time, their steps with them."""
    return db.execute(
        "DELETE FROM entry WHERE id IN (SELECT id FROM entry"  # noqa: S608 - of constants
        f" WHERE finished IS NOT NULL AND finished < ? AND NOT ({NOT_MET}) LIMIT ?)",
        (time_column(before), limit),
    ).rowcount


def prune_created(db: sqlite3.Connection, before: datetime) -> None:
    """Forget which mailboxes were created before this time."""
    db.execute("DELETE FROM created WHERE at < ?", (time_column(before),))


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

    def steps(self, entries: Iterable[Entry]) -> Iterable[tuple[str | bytes | int | None, ...]]:
        for entry in entries:
            for position, step in enumerate(entry.steps):
                target = None if step.target is None else self.row(entry.account, step.target)
                yield step_row(entry, position, step, target)


def read_entries(db: sqlite3.Connection, rows: sqlite3.Cursor) -> tuple[Entry, ...]:
    """Read whole entries from rows of the view `journal`."""
    return tuple(entry_value(row, _steps(db, row[0])) for row in rows.fetchall())


def _steps(db: sqlite3.Connection, entry: int) -> tuple[Step, ...]:
    rows = db.execute(
        "SELECT kind, rule, flags_add, flags_remove, flags_replace, mailbox.name, target_uidvalidity, target_uidnext,"
        " target_uid, state FROM step LEFT JOIN mailbox ON mailbox.id = step.target WHERE entry = ? ORDER BY position",
        (entry,),
    )
    return tuple(step_value(row) for row in rows)
