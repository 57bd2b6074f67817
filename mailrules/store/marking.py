"""Marks by which duplicates are known, in SQL: who left them, and which messages are the same as one met before.

Every function runs inside the caller's transaction. Mail is sacred: a message that is not known again would be a
duplicate of itself. So it is known by its place as well as by its fingerprint, and all rows of one message say the same
time and go at the same time.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

from mailrules.store.base import MET_BEFORE
from mailrules.store.mailboxes import account_id, find_mailbox, mailbox_id
from mailrules.store.rows import text_column, text_value, time_column, time_value
from mailrules.store.values import Marked, Met, MetBefore


def insert_met(db: sqlite3.Connection, marks: Iterable[Met]) -> None:
    """Write down the marks of messages; one that has left its mark before keeps its place in the order and its time."""
    for (account, name, uidvalidity), group in groupby(marks, key=attrgetter("account", "mailbox", "uidvalidity")):
        here = tuple(group)
        owner, place = account_id(db, account), (mailbox_id(db, account, name), uidvalidity)
        prints = _prints(db, *place, {mark.uid: mark.fingerprint for mark in here})
        for mark in here:
            left = (owner, _digest(mark.handle, mark.key))
            own = _own(db, left, place, {mark.uid: prints[mark.uid]}).get(mark.uid)
            db.execute(
                "INSERT OR IGNORE INTO mark (first, account, digest, mailbox, uidvalidity, uid, fingerprint, received)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    own.order if own else None,
                    *left,
                    *place,
                    mark.uid,
                    prints[mark.uid][0],
                    time_column(own.received if own else mark.received),
                ),
            )


def read_met(
    db: sqlite3.Connection,
    account: str,
    mailbox: bytes,
    uidvalidity: int,
    marks: Mapping[tuple[str, str], Mapping[int, str]],
) -> Mapping[tuple[str, str], Marked]:
    """Read who left these marks, and which of the messages that are asked about did."""
    row = db.execute("SELECT id FROM account WHERE name = ?", (text_column(account),)).fetchone()
    if row is None:
        return {}
    place = (find_mailbox(db, account, mailbox), uidvalidity)
    prints = _prints(db, *place, {uid: each for asked in marks.values() for uid, each in asked.items()})
    found: dict[tuple[str, str], Marked] = {}
    for mark, asked in marks.items():
        left = (row[0], _digest(*mark))
        if newest := _newest(db, left):
            found[mark] = Marked(newest, _own(db, left, place, {uid: prints[uid] for uid in asked}))
    return found


def prune_met(db: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` of the marks of messages that were received before this time.

    Not of those that were met before it: of two that were received at the same time the one that was met first would
    be forgotten first, and be taken for the duplicate of the other when it is met again.
    """
    return db.execute(
        "DELETE FROM mark WHERE id IN (SELECT id FROM mark WHERE received < ? LIMIT ?)",
        (time_column(before), limit),
    ).rowcount


def _newest(db: sqlite3.Connection, left: tuple[int, bytes]) -> tuple[MetBefore, ...]:
    newest = (
        "SELECT received, coalesce(first, id) FROM mark WHERE account = ? AND digest = ?"
        " ORDER BY received DESC, id DESC LIMIT ?"
    )
    return tuple(MetBefore(time_value(received), order) for received, order in db.execute(newest, (*left, MET_BEFORE)))


def _prints(
    db: sqlite3.Connection, mailbox: int | None, uidvalidity: int, messages: Mapping[int, str]
) -> Mapping[int, Sequence[str]]:
    """The fingerprints of messages, and after each the one that it had when mailrules put it here, all hashed."""
    prints: dict[int, list[str]] = {uid: [_hash(own)] for uid, own in messages.items()}
    if prints:
        rows = db.execute(
            "SELECT target_uid, message.fingerprint FROM step JOIN message ON message.entry = step.entry"
            " WHERE target = ? AND target_uidvalidity = ? AND target_uid IS NOT NULL AND target_uid BETWEEN ? AND ?"
            " AND step.state = 'done' AND kind IN ('copy', 'move')",
            (mailbox, uidvalidity, min(prints), max(prints)),
        )
        for uid, before in rows:
            if uid in prints:
                prints[uid].append(_hash(text_value(before)))
    return prints


def _own(
    db: sqlite3.Connection,
    left: tuple[int, bytes],
    place: tuple[int | None, int],
    prints: Mapping[int, Sequence[str]],
) -> Mapping[int, MetBefore]:
    """By UID, what messages left this mark with, where they did; the oldest, should there be several."""
    if not prints:
        return {}
    rows = db.execute(
        "SELECT uid, received, coalesce(first, id) FROM mark WHERE account = ? AND digest = ?"
        " AND mailbox = ? AND uidvalidity = ? AND uid BETWEEN ? AND ?",
        (*left, *place, min(prints), max(prints)),
    )
    found: dict[int, list[tuple[int, int]]] = {uid: [] for uid in prints}
    for uid, *row in rows:
        if uid in found:
            found[uid].append(tuple(row))
    rows = db.execute(
        "SELECT fingerprint, received, min(coalesce(first, id)) FROM mark WHERE account = ? AND digest = ?"
        " AND fingerprint IN (SELECT value FROM json_each(?)) GROUP BY fingerprint",
        (*left, json.dumps(sorted({each for some in prints.values() for each in some}))),
    )
    by_print = {each: (received, order) for each, received, order in rows}
    for uid, some in prints.items():
        found[uid] += [by_print[each] for each in some if each in by_print]
    oldest = {uid: min(rows) for uid, rows in found.items() if rows}
    return {uid: MetBefore(time_value(received), order) for uid, (received, order) in oldest.items()}


def _digest(handle: str, key: str) -> bytes:
    """Shorten a mark: a key is what a sender wrote, of any length and in any characters."""
    first, second = (text.encode("utf-8", "surrogatepass") for text in (handle, key))
    return sha256(len(first).to_bytes(8) + first + second).digest()[:16]


def _hash(fingerprint: str) -> str:
    return sha256(fingerprint.encode("utf-8", "surrogatepass")).hexdigest()[:32]
