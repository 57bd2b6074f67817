"""Facts that count, in SQL: how often rules acted, where mail was filed, when rules ran.

Every function runs inside the caller's transaction. Uses name the message they come from, so that a batch that is
written down again counts once.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from mailrules.store.mailboxes import account_id
from mailrules.store.reversals import has_left, is_taken_back
from mailrules.store.rows import text_column, time_column, time_value
from mailrules.store.values import Acted

_FILINGS = 100
"""How many of the entries with one Message-ID are looked at: a sender may give the same one to every message."""


def insert_acted(db: sqlite3.Connection, account: str, mailbox: int, uses: Sequence[Acted], now: datetime) -> None:
    """Write down which rules act on which messages; of its uses for one message a rule's last counts."""
    owner = account_id(db, account)
    db.executemany(
        "INSERT INTO use (account, rule, mailbox, uidvalidity, uid, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
        ((owner, text_column(use.rule), mailbox, use.uidvalidity, use.uid, time_column(now)) for use in uses),
    )


def read_used(db: sqlite3.Connection, account: str, rule: str, since: datetime, most: int) -> tuple[datetime, ...]:
    """Read the times of the rule's newest uses since then, at most so many, ascending."""
    rows = db.execute(
        "SELECT at FROM use WHERE account = (SELECT id FROM account WHERE name = ?) AND rule = ? AND at >= ?"
        " ORDER BY at DESC LIMIT ?",
        (text_column(account), text_column(rule), time_column(since), most),
    )
    return tuple(reversed([time_value(at) for (at,) in rows]))


def forget_uses(db: sqlite3.Connection, account: str, rule: str) -> None:
    """Forget all uses of the rule."""
    db.execute(
        "DELETE FROM use WHERE account = (SELECT id FROM account WHERE name = ?) AND rule = ?",
        (text_column(account), text_column(rule)),
    )


def read_filed(db: sqlite3.Connection, account: str, message_ids: Iterable[str]) -> Mapping[str, bytes]:
    """Read where mail with these Message-IDs was filed."""
    found = {message_id: _where_filed(db, account, message_id) for message_id in message_ids if message_id}
    return {message_id: target for message_id, target in found.items() if target is not None}


def _where_filed(db: sqlite3.Connection, account: str, message_id: str) -> bytes | None:
    """Find the target of the newest move, without a move that of the newest copy; what was taken back is neither."""
    rows = db.execute(
        "SELECT newest.id, step.target, target.name, kind FROM (SELECT message.entry AS id FROM message"
        " JOIN entry ON entry.id = message.entry JOIN mailbox ON mailbox.id = entry.mailbox"
        " WHERE message_id = ? AND message_id <> '' AND undoes IS NULL"
        " AND mailbox.account = (SELECT id FROM account WHERE name = ?) ORDER BY message.entry DESC LIMIT ?) AS newest"
        " JOIN step ON step.entry = newest.id JOIN mailbox AS target ON target.id = step.target"
        " WHERE step.state = 'done' AND kind IN ('move', 'copy')"
        " ORDER BY kind = 'move' DESC, newest.id DESC, position DESC",
        (text_column(message_id), text_column(account), _FILINGS),
    )
    for entry, mailbox, name, kind in rows:
        gone = is_taken_back(db, entry) if kind == "move" else has_left(db, entry, mailbox)
        if not gone:
            return bytes(name)
    return None


def read_last_run(db: sqlite3.Connection, account: str, rule: str) -> datetime | None:
    """Read when the scheduled rule ran last."""
    row = db.execute(
        "SELECT at FROM run WHERE account = (SELECT id FROM account WHERE name = ?) AND rule = ?",
        (text_column(account), text_column(rule)),
    ).fetchone()
    return None if row is None else time_value(int(row[0]))


def put_run(db: sqlite3.Connection, account: str, rule: str, at: datetime) -> None:
    """Write down when the scheduled rule ran."""
    db.execute(
        "INSERT INTO run (account, rule, at) VALUES (?, ?, ?)"
        " ON CONFLICT (account, rule) DO UPDATE SET at = excluded.at",
        (account_id(db, account), text_column(rule), time_column(at)),
    )


def prune_acted(db: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` of the uses of rules before this time."""
    return db.execute(
        "DELETE FROM use WHERE (account, rule, mailbox, uidvalidity, uid) IN"
        " (SELECT account, rule, mailbox, uidvalidity, uid FROM use WHERE at < ? LIMIT ?)",
        (time_column(before), limit),
    ).rowcount
