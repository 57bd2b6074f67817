"""Keeps the state within a size, in SQL: what is oldest is forgotten first, a chunk in each transaction.

Every function runs inside the caller's transaction. Pages that become free are filled again by what comes: the file
does not shrink, and does not grow either.
"""

import sqlite3

from mailrules.store.arrivals import NOT_MET
from mailrules.store.base import FINGERPRINTS
from mailrules.store.journal import forget_entries

KEPT = 1_000
"""How many of the newest entries, and as many of the newest marks, stay however much they take."""

_SEEN_OCTETS = 128
"""About what one remembered fingerprint takes; a mailbox has FINGERPRINTS of them, and they are no history."""


def history_octets(db: sqlite3.Connection) -> int:
    """Tell how much the history takes: all pages in use, less what is remembered of the newest mail for other ends."""
    pages, free, octets = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count", "page_size")
    )
    (seen,) = db.execute("SELECT coalesce(sum(min(met, ?)), 0) FROM mailbox", (FINGERPRINTS,)).fetchone()
    return (pages - free) * octets - int(seen) * _SEEN_OCTETS


def forget_oldest(db: sqlite3.Connection, octets: int, limit: int) -> tuple[int, int]:
    """Forget about `limit` finished entries or marks, whichever go back further, if the history takes more than that.

    Returns how many entries and how many marks went: none, once it is small enough or nothing more may go.
    """
    if history_octets(db) <= octets:
        return 0, 0
    (entry,) = db.execute("SELECT min(finished) FROM entry WHERE finished IS NOT NULL").fetchone()
    (mark,) = db.execute("SELECT min(received) FROM mark").fetchone()
    if mark is not None and (entry is None or mark <= entry) and (marks := _forget_marks(db, limit)):
        return 0, marks
    if entries := _forget_entries(db, limit):
        return entries, 0
    return 0, _forget_marks(db, limit)


def _forget_entries(db: sqlite3.Connection, limit: int) -> int:
    rows = db.execute(
        "SELECT id FROM entry WHERE finished IS NOT NULL"  # noqa: S608 - of constants
        " AND id <= (SELECT seq FROM sqlite_sequence WHERE name = 'entry') - ?"
        f" AND NOT ({NOT_MET}) ORDER BY finished LIMIT ?",
        (KEPT, limit),
    )
    return forget_entries(db, rows.fetchall())


def _forget_marks(db: sqlite3.Connection, limit: int) -> int:
    """Forget marks up to a moment: all rows of one message say the same, and must go together."""
    return db.execute(
        "DELETE FROM mark WHERE received <= (SELECT received FROM mark ORDER BY received LIMIT 1 OFFSET ?)"
        " AND received < (SELECT received FROM mark ORDER BY received DESC LIMIT 1 OFFSET ?)",
        (limit, KEPT),
    ).rowcount
