"""The journal in SQL as it is read by those who work on: what is open, and what was done with whom.

Every function runs inside the caller's transaction. The open entries are few and the finished ones are not: a plus sign
before a column keeps SQLite from sorting by an index over all of them.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from mailrules.store.arrivals import NOT_MET
from mailrules.store.known import NOTHING, Opened
from mailrules.store.mailboxes import find_mailbox
from mailrules.store.reversals import HAS_LEFT
from mailrules.store.rows import entry_value, step_value, text_column, text_value, time_column, time_value
from mailrules.store.values import Counts, Entry, EntryState, Step


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


def read_opened(db: sqlite3.Connection, account: str) -> Mapping[bytes, Opened]:
    """Read what the account's mailboxes have open; one that has nothing is not in it."""
    rows = db.execute(
        "SELECT mailbox.name, entry.state, min(due) FROM entry CROSS JOIN mailbox ON mailbox.id = entry.mailbox"
        " WHERE finished IS NULL AND entry.state IN ('begun', 'pending')"
        " AND mailbox.account = (SELECT id FROM account WHERE name = ?) GROUP BY entry.state, entry.mailbox",
        (text_column(account),),
    )
    opened: dict[bytes, Opened] = {}
    for name, state, due in rows:
        known = opened.get(name, NOTHING)
        opened[name] = replace(known, begun=True) if state == "begun" else replace(known, due=time_value(due))
    return opened


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


def count_open_everywhere(db: sqlite3.Connection) -> Mapping[str, Mapping[bytes, Counts]]:
    """Count PENDING and HELD entries, by the account's and the mailbox's name."""
    found: dict[str, dict[bytes, Counts]] = {}
    for account, mailbox, pending, held in db.execute(
        "SELECT account, mailbox, sum(state = 'pending'), sum(state = 'held') FROM journal"
        " WHERE finished IS NULL AND state IN ('pending', 'held') GROUP BY account, mailbox"
    ):
        found.setdefault(text_value(account), {})[mailbox] = Counts(pending, held)
    return found


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
        "SELECT uid FROM entry INDEXED BY entry_open WHERE finished IS NULL"
        " AND state IN (SELECT value FROM json_each(?)) AND mailbox = ? AND uidvalidity = ?",
        (json.dumps([state.value for state in states]), find_mailbox(db, account, mailbox), uidvalidity),
    )
    return frozenset(uid for (uid,) in rows)


def read_copied(
    db: sqlite3.Connection, account: str, mailbox: bytes, uidvalidity: int
) -> Mapping[int, frozenset[bytes]]:
    """Read the targets of the mailbox's finished COPY steps that were not taken back, by the UID of the message."""
    has_left = HAS_LEFT.format(entry="entry.id", mailbox="step.target")
    rows = db.execute(
        "SELECT entry.uid, target.name FROM step INDEXED BY step_copied"  # noqa: S608 - of constants
        " CROSS JOIN entry ON entry.id = step.entry"
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
    rows = db.execute(
        "SELECT id FROM entry"  # noqa: S608 - of constants
        f" WHERE finished IS NOT NULL AND finished < ? AND NOT ({NOT_MET}) LIMIT ?",
        (time_column(before), limit),
    )
    return forget_entries(db, rows.fetchall())


def forget_entries(db: sqlite3.Connection, rows: Sequence[tuple[int]]) -> int:
    """Forget the entries with these ids, and their steps; return how many they were."""
    if rows:
        db.executemany("DELETE FROM step WHERE entry = ?", rows)
        db.executemany("DELETE FROM message WHERE entry = ?", rows)
        db.executemany("DELETE FROM entry WHERE id = ?", rows)
    return len(rows)


def prune_created(db: sqlite3.Connection, before: datetime) -> None:
    """Forget which mailboxes were created before this time."""
    db.execute("DELETE FROM created WHERE at < ?", (time_column(before),))


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
