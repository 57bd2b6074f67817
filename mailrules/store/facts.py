"""Facts that count, in SQL: which marks messages left, how often rules acted, where mail was filed, when rules ran.

Every function runs inside the caller's transaction. Marks and uses name the message they come from, so that a batch
that is written down again counts once.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from mailrules.store.base import MET_BEFORE
from mailrules.store.mailboxes import account_id
from mailrules.store.rows import text_column, text_value, time_column, time_value
from mailrules.store.values import Acted, Met, MetBefore

_FILINGS = 100
"""How many of the entries with one Message-ID are looked at: a sender may give the same one to every message."""


def insert_met(db: sqlite3.Connection, account: str, marks: Sequence[Met], now: datetime) -> None:
    """Write down the marks of messages; a message that has left its mark keeps its place and the time of it."""
    owner = account_id(db, account)
    db.executemany(
        "INSERT OR IGNORE INTO mark (account, digest, fingerprint, at) VALUES (?, ?, ?, ?)",
        ((owner, _digest(mark.handle, mark.key), text_column(mark.fingerprint), time_column(now)) for mark in marks),
    )


def insert_acted(db: sqlite3.Connection, account: str, mailbox: int, uses: Sequence[Acted], now: datetime) -> None:
    """Write down which rules act on which messages; a rule's first use for a message is the one that counts."""
    owner = account_id(db, account)
    db.executemany(
        "INSERT OR IGNORE INTO use (account, rule, mailbox, uidvalidity, uid, at) VALUES (?, ?, ?, ?, ?, ?)",
        ((owner, text_column(use.rule), mailbox, use.uidvalidity, use.uid, time_column(now)) for use in uses),
    )


def read_met(
    db: sqlite3.Connection, account: str, marks: Mapping[tuple[str, str], Collection[str]]
) -> Mapping[tuple[str, str], Sequence[MetBefore]]:
    """Read who left these marks, in the order in which they did."""
    row = db.execute("SELECT id FROM account WHERE name = ?", (text_column(account),)).fetchone()
    if row is None:
        return {}
    (owner,) = row
    return {mark: found for mark, prints in marks.items() if (found := _who_left(db, owner, mark, prints))}


def _who_left(
    db: sqlite3.Connection, owner: int, mark: tuple[str, str], fingerprints: Collection[str]
) -> tuple[MetBefore, ...]:
    digest = _digest(*mark)
    found: dict[int, tuple[str, int]] = {}
    for each in fingerprints:
        own = "SELECT id, fingerprint, at FROM mark WHERE account = ? AND digest = ? AND fingerprint = ?"
        found |= {row: (name, at) for row, name, at in db.execute(own, (owner, digest, text_column(each)))}
    newest = "SELECT id, fingerprint, at FROM mark WHERE account = ? AND digest = ? ORDER BY id DESC LIMIT ?"
    found |= {row: (name, at) for row, name, at in db.execute(newest, (owner, digest, MET_BEFORE))}
    return tuple(MetBefore(text_value(name), time_value(at)) for _, (name, at) in sorted(found.items()))


def read_used(db: sqlite3.Connection, account: str, rule: str, since: datetime, most: int) -> tuple[datetime, ...]:
    """Read the times of the rule's newest uses since then, at most so many, ascending."""
    rows = db.execute(
        "SELECT at FROM use WHERE account = (SELECT id FROM account WHERE name = ?) AND rule = ? AND at >= ?"
        " ORDER BY at DESC LIMIT ?",
        (text_column(account), text_column(rule), time_column(since), most),
    )
    return tuple(reversed([time_value(at) for (at,) in rows]))


def read_filed(db: sqlite3.Connection, account: str, message_ids: Iterable[str]) -> Mapping[str, bytes]:
    """Read where mail with these Message-IDs was filed."""
    found = {message_id: _where_filed(db, account, message_id) for message_id in message_ids if message_id}
    return {message_id: target for message_id, target in found.items() if target is not None}


def _where_filed(db: sqlite3.Connection, account: str, message_id: str) -> bytes | None:
    """Find the target of the newest move, without a move that of the newest copy."""
    row: tuple[bytes] | None = db.execute(
        "SELECT target.name FROM (SELECT entry.id FROM entry JOIN mailbox ON mailbox.id = entry.mailbox"
        " WHERE message_id = ? AND message_id <> '' AND mailbox.account = (SELECT id FROM account WHERE name = ?)"
        " ORDER BY entry.id DESC LIMIT ?) AS newest"
        " JOIN step ON step.entry = newest.id JOIN mailbox AS target ON target.id = step.target"
        " WHERE step.state = 'done' AND kind IN ('move', 'copy')"
        " ORDER BY kind = 'move' DESC, newest.id DESC, position DESC LIMIT 1",
        (text_column(message_id), text_column(account), _FILINGS),
    ).fetchone()
    return None if row is None else row[0]


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


def prune_met(db: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` of the marks that were left before this time."""
    return db.execute(
        "DELETE FROM mark WHERE id IN (SELECT id FROM mark WHERE at < ? LIMIT ?)",
        (time_column(before), limit),
    ).rowcount


def prune_acted(db: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` of the uses of rules before this time."""
    return db.execute(
        "DELETE FROM use WHERE (account, rule, mailbox, uidvalidity, uid) IN"
        " (SELECT account, rule, mailbox, uidvalidity, uid FROM use WHERE at < ? LIMIT ?)",
        (time_column(before), limit),
    ).rowcount


def _digest(handle: str, key: str) -> bytes:
    """Shorten a mark: a key is what a sender wrote, of any length and in any characters."""
    first, second = (text.encode("utf-8", "surrogatepass") for text in (handle, key))
    return sha256(len(first).to_bytes(8) + first + second).digest()[:16]
