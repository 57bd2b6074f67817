"""The journal as it is looked back on: which entries there are of a rule, a time, a message, and what was taken back.

Every function runs inside the caller's transaction.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping

from mailrules.store.journal import read_entries
from mailrules.store.mailboxes import find_mailbox
from mailrules.store.rows import Column, text_column, time_column
from mailrules.store.values import Entry, HistoryQuery

_Condition = tuple[str, tuple[Column, ...]]


def read_history(db: sqlite3.Connection, query: HistoryQuery) -> tuple[Entry, ...]:
    """Read the entries that the query asks for, the newest first."""
    conditions = list(_conditions(query))
    where = " AND ".join(sql for sql, _ in conditions) or "TRUE"
    values = [value for _, some in conditions for value in some]
    rows = db.execute(
        f"SELECT * FROM journal WHERE {where} ORDER BY id DESC LIMIT ?",  # noqa: S608 - made of the constants below
        (*values, -1 if query.limit is None else query.limit),
    )
    return read_entries(db, rows)


def read_undone(db: sqlite3.Connection, entry_ids: Collection[int]) -> Mapping[int, Entry]:
    """Read what takes these entries back: of each the newest."""
    found: dict[int, Entry] = {}
    for identifier in entry_ids:
        rows = db.execute("SELECT * FROM journal WHERE undoes = ? ORDER BY id DESC LIMIT 1", (identifier,))
        found.update((identifier, entry) for entry in read_entries(db, rows))
    return found


def read_at(db: sqlite3.Connection, account: str, mailbox: bytes, uidvalidity: int, uid: int) -> tuple[Entry, ...]:
    """Read the entries of the message at this place, the oldest first."""
    rows = db.execute(
        "SELECT * FROM journal WHERE id IN (SELECT id FROM entry WHERE mailbox = ? AND uidvalidity = ? AND uid = ?)"
        " ORDER BY id",
        (find_mailbox(db, account, mailbox), uidvalidity, uid),
    )
    return read_entries(db, rows)


def _conditions(query: HistoryQuery) -> Iterator[_Condition]:
    """Yield what each part of the query says of a row of the view."""
    if query.account is not None:
        yield "account = ?", (text_column(query.account),)
    if query.mailbox is not None:
        target = "SELECT entry FROM step JOIN mailbox ON mailbox.id = step.target WHERE mailbox.name = ?"
        yield f"(mailbox = ? OR id IN ({target}))", (query.mailbox, query.mailbox)
    if query.rule is not None:
        yield "EXISTS (SELECT 1 FROM json_each(rules) WHERE value = ?)", (text_column(query.rule),)
    if query.since is not None:
        yield "begun >= ?", (time_column(query.since),)
    if query.until is not None:
        yield "begun < ?", (time_column(query.until),)
    if query.message_id is not None:
        yield "message_id = ?", (text_column(query.message_id),)
    if query.states:
        yield f"state IN ({_marks(query.states)})", tuple(state.value for state in query.states)
    if query.ids:
        yield f"id IN ({_marks(query.ids)})", query.ids


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
