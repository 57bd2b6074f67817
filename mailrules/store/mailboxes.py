"""What the state knows of mailboxes, in SQL: their names, how far they are read, what the last LIST said.

Every function runs inside the caller's transaction.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter

from mailrules.store.base import FINGERPRINTS
from mailrules.store.inserting import TOGETHER, insert_rows, values
from mailrules.store.rows import list_column, list_value, text_column, text_value, time_column, time_value
from mailrules.store.values import Checkpoint, Naming, Seen


def account_id(db: sqlite3.Connection, account: str) -> int:
    """Return the account's row, made if need be."""
    name = text_column(account)
    row = db.execute("SELECT id FROM account WHERE name = ?", (name,)).fetchone()
    row = row or db.execute("INSERT INTO account (name) VALUES (?) RETURNING id", (name,)).fetchone()
    return int(row[0])


def mailbox_id(db: sqlite3.Connection, account: str, mailbox: bytes) -> int:
    """Return the mailbox's row, made if need be."""
    key = (account_id(db, account), mailbox)
    row = db.execute("SELECT id FROM mailbox WHERE account = ? AND name = ?", key).fetchone()
    row = row or db.execute("INSERT INTO mailbox (account, name) VALUES (?, ?) RETURNING id", key).fetchone()
    return int(row[0])


def find_mailbox(db: sqlite3.Connection, account: str, mailbox: bytes) -> int | None:
    """Return the mailbox's row, None when nothing was ever written about it."""
    row = db.execute(
        "SELECT mailbox.id FROM mailbox JOIN account ON account.id = mailbox.account"
        " WHERE account.name = ? AND mailbox.name = ?",
        (text_column(account), mailbox),
    ).fetchone()
    return None if row is None else int(row[0])


def read_checkpoints(db: sqlite3.Connection, account: str) -> tuple[Checkpoint, ...]:
    """Read the account's checkpoints by raw mailbox name."""
    rows = db.execute(
        "SELECT mailbox.name, checkpoint.uidvalidity, uid, newest FROM checkpoint"
        " JOIN mailbox ON mailbox.id = checkpoint.mailbox JOIN account ON account.id = mailbox.account"
        " WHERE account.name = ? ORDER BY mailbox.name",
        (text_column(account),),
    )
    return tuple(
        Checkpoint(account, name, uidvalidity, uid, time_value(newest)) for name, uidvalidity, uid, newest in rows
    )


def read_checkpoint(db: sqlite3.Connection, account: str, mailbox: bytes) -> Checkpoint | None:
    """Read one mailbox's checkpoint."""
    key = (find_mailbox(db, account, mailbox),)
    row = db.execute("SELECT uidvalidity, uid, newest FROM checkpoint WHERE mailbox = ?", key).fetchone()
    return None if row is None else Checkpoint(account, mailbox, row[0], row[1], time_value(row[2]))


def put_checkpoint(db: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    """Write a checkpoint as it is."""
    db.execute(
        "INSERT INTO checkpoint (mailbox, uidvalidity, uid, newest) VALUES (?, ?, ?, ?) ON CONFLICT (mailbox)"
        " DO UPDATE SET uidvalidity = excluded.uidvalidity, uid = excluded.uid, newest = excluded.newest",
        _checkpoint_row(db, checkpoint),
    )


def move_checkpoint(db: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    """Move a checkpoint on: within one UIDVALIDITY neither its UID nor its date goes back."""
    db.execute(
        "INSERT INTO checkpoint (mailbox, uidvalidity, uid, newest) VALUES (?, ?, ?, ?) ON CONFLICT (mailbox)"
        " DO UPDATE SET uidvalidity = excluded.uidvalidity,"
        " uid = iif(uidvalidity = excluded.uidvalidity, max(uid, excluded.uid), excluded.uid),"
        " newest = coalesce(max(newest, excluded.newest), newest, excluded.newest)",
        _checkpoint_row(db, checkpoint),
    )


def _checkpoint_row(db: sqlite3.Connection, checkpoint: Checkpoint) -> tuple[int, int, int, int | None]:
    mailbox = mailbox_id(db, checkpoint.account, checkpoint.mailbox)
    return mailbox, checkpoint.uidvalidity, checkpoint.uid, time_column(checkpoint.newest)


def remember_seen(db: sqlite3.Connection, mailbox: int, messages: Sequence[Seen]) -> None:
    """Put the messages' fingerprints into the mailbox's ring, each in the place of the oldest."""
    (met,) = db.execute(
        "UPDATE mailbox SET met = met + ? WHERE id = ? RETURNING met", (len(messages), mailbox)
    ).fetchone()
    newest = sorted(messages, key=attrgetter("uid"))[-FINGERPRINTS:]
    first = met - len(newest)
    prints = [one.fingerprint for one in newest]
    if "".join(prints).isprintable():
        db.execute(_SEEN, (mailbox, first, FINGERPRINTS, json.dumps(prints)))
    else:  # JSON has neither NUL nor what is no Unicode, for SQLite
        rows = [(place % FINGERPRINTS, one) for place, one in enumerate(prints, start=first)]
        insert_rows(db, _seen, (mailbox,), rows)


_SEEN = (
    "INSERT OR REPLACE INTO seen (mailbox, slot, fingerprint)"
    " SELECT ?1, (?2 + found.key) % ?3, found.value FROM json_each(?4) AS found"
)


@lru_cache(maxsize=len(TOGETHER))
def _seen(rows: int) -> str:
    return f"INSERT OR REPLACE INTO seen (slot, fingerprint, mailbox) {values(rows, 2, 1, ', ?1')}"


def read_fingerprints(db: sqlite3.Connection, account: str, mailbox: bytes) -> frozenset[str]:
    """Read the mailbox's ring."""
    rows = db.execute("SELECT fingerprint FROM seen WHERE mailbox = ?", (find_mailbox(db, account, mailbox),))
    return frozenset(text_value(fingerprint) for (fingerprint,) in rows)


def read_known(db: sqlite3.Connection, account: str) -> dict[bytes, int | None] | None:
    """Read the last LIST, None before the first one."""
    row = db.execute("SELECT id, listed FROM account WHERE name = ?", (text_column(account),)).fetchone()
    if row is None or not row[1]:
        return None
    return dict(db.execute("SELECT name, uidvalidity FROM mailbox WHERE account = ? AND listed", (row[0],)).fetchall())


def remember_known(db: sqlite3.Connection, account: str, mailboxes: Mapping[bytes, int | None]) -> None:
    """Write down what differs from the last LIST: LIST is repeated each minute, and mostly nothing does."""
    before = read_known(db, account)
    if before is None:
        db.execute("UPDATE account SET listed = 1 WHERE id = ?", (account_id(db, account),))
        before = {}
    owner = account_id(db, account)
    db.executemany(
        "UPDATE mailbox SET listed = 0, uidvalidity = NULL WHERE account = ? AND name = ?",
        [(owner, name) for name in before.keys() - mailboxes.keys()],
    )
    db.executemany(
        "INSERT INTO mailbox (account, name, listed, uidvalidity) VALUES (?, ?, 1, ?) ON CONFLICT (account, name)"
        " DO UPDATE SET listed = 1, uidvalidity = excluded.uidvalidity",
        [
            (owner, name, uidvalidity)
            for name, uidvalidity in mailboxes.items()
            if name not in before or before[name] != uidvalidity
        ],
    )


def read_naming(db: sqlite3.Connection, account: str) -> Naming | None:
    """Read how the account's server names mailboxes, None before the first sign-in."""
    row = db.execute(
        "SELECT prefix, delimiter, foreign_prefixes FROM account WHERE name = ? AND prefix IS NOT NULL",
        (text_column(account),),
    ).fetchone()
    return None if row is None else Naming(text_value(row[0]), row[1], list_value(row[2]))


def remember_naming(db: sqlite3.Connection, account: str, naming: Naming) -> None:
    """Write down how the account's server names mailboxes, if it is not known so."""
    if read_naming(db, account) != naming:
        db.execute(
            "UPDATE account SET prefix = ?, delimiter = ?, foreign_prefixes = ? WHERE id = ?",
            (text_column(naming.prefix), naming.delimiter, list_column(naming.foreign), account_id(db, account)),
        )


def remember_created(db: sqlite3.Connection, account: str, mailboxes: Sequence[bytes], now: datetime) -> None:
    """Count these mailboxes as created now."""
    db.executemany(
        "INSERT OR IGNORE INTO created (mailbox, at) VALUES (?, ?)",
        [(mailbox_id(db, account, mailbox), time_column(now)) for mailbox in mailboxes],
    )


def count_created(db: sqlite3.Connection, account: str, since: datetime) -> int:
    """Count the mailboxes created at that time or later."""
    (count,) = db.execute(
        "SELECT count(*) FROM created JOIN mailbox ON mailbox.id = created.mailbox"
        " JOIN account ON account.id = mailbox.account WHERE account.name = ? AND at >= ?",
        (text_column(account), time_column(since)),
    ).fetchone()
    return int(count)
