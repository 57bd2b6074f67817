"""Whether what an entry did was taken back since, in SQL: an undo is an entry of its own that says what it undoes.

Every function runs inside the caller's transaction.
"""

import sqlite3

HAS_LEFT = (
    "SELECT 1 FROM entry AS back WHERE back.undoes = {entry} AND back.mailbox = {mailbox} AND back.state = 'done'"
)
"""Finds out whether what an entry had put into a mailbox was taken from there."""

_PUT_BACK = (
    "SELECT id FROM entry WHERE undoes = ? AND state = 'done'"
    # One that only throws a copy away says nothing of the message.
    " AND coalesce((SELECT max(kind = 'copy') >= max(kind = 'mark deleted') FROM step WHERE step.entry = entry.id), 1)"
)


def has_left(db: sqlite3.Connection, entry: int, mailbox: int) -> bool:
    """Tell whether the copy that the entry put into the mailbox was thrown away."""
    return db.execute(HAS_LEFT.format(entry="?", mailbox="?"), (entry, mailbox)).fetchone() is not None


def is_taken_back(db: sqlite3.Connection, entry: int) -> bool:
    """Tell whether the entry's message was put back; not where that was undone in its turn."""
    return any(not is_taken_back(db, undo) for (undo,) in db.execute(_PUT_BACK, (entry,)).fetchall())
