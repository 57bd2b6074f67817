"""Tell own arrivals from genuine deliveries: a COPY or MOVE in the journal is an arrival that is expected once.

Every function runs inside the caller's transaction.
"""

import sqlite3
from collections.abc import Mapping, Sequence

from mailrules.store.mailboxes import find_mailbox
from mailrules.store.rows import list_value, text_column, text_value
from mailrules.store.values import Arrival, Awaited, Own, Seen

_DAY = 24 * 60 * 60 * 10**6  # microseconds

NOT_MET = (
    f"finished > (SELECT max(finished) FROM entry WHERE finished IS NOT NULL) - {_DAY:d}"  # noqa: S608 - of constants
    " AND EXISTS (SELECT 1 FROM step JOIN checkpoint ON checkpoint.mailbox = step.target"
    " WHERE step.entry = entry.id AND step.state = 'done' AND (target_uid IS NULL"
    " OR (target_uidvalidity = checkpoint.uidvalidity AND target_uid > checkpoint.uid)))"
)
"""Whether a finished row of `entry` has put a message into a watched mailbox that was not met there yet.

After a day of other work it will not be: nobody watches that mailbox any more, or somebody took the message away.
"""


def explain_arrivals(
    db: sqlite3.Connection, account: str, mailbox: bytes, uidvalidity: int, messages: Sequence[Seen]
) -> dict[int, Arrival]:
    """Answer `Store.arrivals`, by ascending UID: the first of two equal messages takes the first expectation."""
    target = find_mailbox(db, account, mailbox)
    if target is None or not messages:
        return {}
    arrivals: dict[int, Arrival] = _placed(db, target, uidvalidity, messages)
    expects, in_hand = _expects(db, target), _in_hand(db, target, uidvalidity)
    if expects or in_hand:
        for message in sorted(messages, key=lambda message: message.uid):
            if message.uid not in arrivals:
                found = _use_up(db, target, uidvalidity, message) if expects else None
                by = [entry for entry, uidnext in in_hand.get(message.fingerprint, ()) if uidnext <= message.uid]
                if found is not None or by:
                    arrivals[message.uid] = found or Awaited(tuple(sorted(by)))
    return arrivals


def awaits_any(db: sqlite3.Connection, account: str, mailbox: bytes) -> bool:
    """Tell whether a COPY or MOVE that has no answer yet may put anything into this mailbox."""
    # CROSS JOIN: the few open entries come first, whatever number of finished steps had this target.
    row = db.execute(
        "SELECT 1 FROM entry CROSS JOIN step ON step.entry = entry.id"
        " WHERE entry.finished IS NULL AND entry.state = 'begun' AND step.target = ? AND target_uid IS NULL"
        " AND step.state = 'begun' LIMIT 1",
        (find_mailbox(db, account, mailbox),),
    ).fetchone()
    return row is not None


def _placed(db: sqlite3.Connection, target: int, uidvalidity: int, messages: Sequence[Seen]) -> dict[int, Arrival]:
    """Find the messages whose UID a finished step names."""
    uids = {message.uid for message in messages}
    rows = db.execute(
        "SELECT target_uid, entry.id, chain, hops, rules FROM step JOIN entry ON entry.id = step.entry"
        " JOIN message ON message.entry = entry.id"
        " WHERE target = ? AND target_uidvalidity = ? AND target_uid IS NOT NULL AND target_uid BETWEEN ? AND ?"
        " AND step.state = 'done' AND kind IN ('copy', 'move') ORDER BY entry.id DESC",
        (target, uidvalidity, min(uids), max(uids)),
    )
    return {
        uid: Own(entry, bool(chain), hops, list_value(rules)) for uid, entry, chain, hops, rules in rows if uid in uids
    }


def _expects(db: sqlite3.Connection, target: int) -> bool:
    """Tell whether a step that has ended expects its message in this mailbox: mostly none does."""
    row = db.execute(
        "SELECT 1 FROM step WHERE target = ? AND target_uid IS NULL AND fingerprint <> '' LIMIT 1", (target,)
    ).fetchone()
    return row is not None


def _use_up(db: sqlite3.Connection, target: int, uidvalidity: int, message: Seen) -> Own | None:
    """Give the message to the oldest finished step that expects its like, and write down that it was this one."""
    row = db.execute(
        "SELECT entry.id, position, chain, hops, rules FROM step JOIN entry ON entry.id = step.entry"
        " JOIN message ON message.entry = entry.id"
        " WHERE target = ? AND target_uid IS NULL AND step.fingerprint = ? AND step.fingerprint <> ''"
        " AND step.state = 'done' AND kind IN ('copy', 'move') AND coalesce(target_uidvalidity, ?) = ?"
        " AND coalesce(target_uidnext, 0) <= ? ORDER BY entry.id, position LIMIT 1",
        (target, text_column(message.fingerprint), uidvalidity, uidvalidity, message.uid),
    ).fetchone()
    if row is None:
        return None
    entry, position, chain, hops, rules = row
    db.execute(
        "UPDATE step SET target_uid = ?, target_uidvalidity = ? WHERE entry = ? AND position = ?",
        (message.uid, uidvalidity, entry, position),
    )
    return Own(entry, bool(chain), hops, list_value(rules))


def _in_hand(db: sqlite3.Connection, target: int, uidvalidity: int) -> Mapping[str, Sequence[tuple[int, int]]]:
    """Find by fingerprint the entries in hand whose COPY or MOVE may put a message here, and from which UID on."""
    found: dict[str, list[tuple[int, int]]] = {}
    for fingerprint, entry, uidnext in db.execute(
        "SELECT message.fingerprint, entry.id, min(coalesce(target_uidnext, 0))"
        " FROM entry CROSS JOIN message ON message.entry = entry.id CROSS JOIN step ON step.entry = entry.id"
        " WHERE finished IS NULL AND entry.state = 'begun' AND target = ? AND target_uid IS NULL"
        " AND step.state = 'begun' AND kind IN ('copy', 'move') AND coalesce(target_uidvalidity, ?) = ?"
        " GROUP BY entry.id",
        (target, uidvalidity, uidvalidity),
    ):
        found.setdefault(text_value(fingerprint), []).append((entry, uidnext))
    return found
