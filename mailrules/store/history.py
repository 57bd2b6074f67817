"""The journal as it is looked back on: which entries there are of a rule, a time, a message, and what was taken back.

Every function runs inside the caller's transaction. A great journal is gone through from its newest end; where a
question has few answers, and an index tells them, they are gathered first.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping

from mailrules.store.journal import read_entries
from mailrules.store.mailboxes import find_mailbox
from mailrules.store.rows import Column, list_value, text_column, text_value, time_column
from mailrules.store.values import Entry, EntryState, HistoryQuery
from mailrules.values import value

_FEW = 10_000
"""So many ids are gathered and sorted in no time; what has more is met soon on the way through the journal."""

_OPEN = frozenset({EntryState.BEGUN, EntryState.PENDING, EntryState.HELD})


@value(frozen=True, slots=True)
class _Condition:
    """What one part of a query says of a row of `entry`."""

    test: str
    value: Column
    """Stands for each parameter of both texts."""
    ids: str = ""
    """Selects the ids of all rows for which it holds, by an index; empty: there is none."""


def read_history(db: sqlite3.Connection, query: HistoryQuery) -> tuple[Entry, ...]:
    """Read the entries that the query asks for, the newest first: by id, since a clock may have been put back."""
    db.create_function("has", 2, _has, deterministic=True)
    chosen = [_chosen(db, condition) for condition in _conditions(db, query)]
    where = " AND ".join(sql for sql, _ in chosen) or "TRUE"
    values = [value for _, some in chosen for value in some]
    rows = db.execute(
        "SELECT id FROM entry JOIN message ON message.entry = id"  # noqa: S608 - of constants below
        f" WHERE {where} ORDER BY id DESC LIMIT ?",
        (*values, -1 if query.limit is None else query.limit),  # -1: all
    )
    return _read(db, [identifier for (identifier,) in rows])


def read_undone(db: sqlite3.Connection, entry_ids: Collection[int]) -> Mapping[int, Entry]:
    """Read what takes these entries back: of each the newest."""
    found: dict[int, int | None] = {}
    for identifier in entry_ids:
        (found[identifier],) = db.execute("SELECT max(id) FROM entry WHERE undoes = ?", (identifier,)).fetchone()
    by = {entry.id: entry for entry in _read(db, filter(None, found.values()))}
    return {identifier: by[newest] for identifier, newest in found.items() if newest is not None}


def read_at(db: sqlite3.Connection, account: str, mailbox: bytes, uidvalidity: int, uid: int) -> tuple[Entry, ...]:
    """Read the entries of the message at this place, the oldest first."""
    rows = db.execute(
        "SELECT id FROM entry WHERE mailbox = ? AND uidvalidity = ? AND uid = ? ORDER BY id",
        (find_mailbox(db, account, mailbox), uidvalidity, uid),
    )
    return _read(db, [identifier for (identifier,) in rows])


def read_rules(db: sqlite3.Connection) -> frozenset[str]:
    """Read the names of the rules that have acted on anything."""
    rows = db.execute("SELECT DISTINCT rules FROM message")
    return frozenset(name for (rules,) in rows for name in list_value(rules))


def read_accounts(db: sqlite3.Connection) -> tuple[str, ...]:
    """Read the names of the accounts."""
    return tuple(text_value(name) for (name,) in db.execute("SELECT name FROM account ORDER BY name"))


def _read(db: sqlite3.Connection, entry_ids: Iterable[int]) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for identifier in entry_ids:
        found += read_entries(db, db.execute("SELECT * FROM journal WHERE id = ?", (identifier,)))
    return tuple(found)


def _chosen(db: sqlite3.Connection, condition: _Condition) -> tuple[str, tuple[Column, ...]]:
    """Choose the quicker way to find out where the condition holds; return it with its parameters."""
    values = (condition.value,) * condition.ids.count("?")
    if condition.ids:
        some = f"SELECT count(*) FROM (SELECT 1 FROM ({condition.ids}) LIMIT {_FEW + 1})"  # noqa: S608 - as above
        (count,) = db.execute(some, values).fetchone()
        if count <= _FEW:
            return f"id IN ({condition.ids})", values
    return condition.test, (condition.value,) * condition.test.count("?")


# Each as a test and as what gathers ids. A sign before a column keeps SQLite from the index of a great many.
_IN_MAILBOXES = (
    "+mailbox IN (SELECT value FROM json_each(?))",
    "SELECT id FROM entry WHERE mailbox IN (SELECT value FROM json_each(?))",
)
_IN_OR_TO_MAILBOXES = (
    "(+mailbox IN (SELECT value FROM json_each(?)) OR EXISTS"
    " (SELECT 1 FROM step WHERE step.entry = entry.id AND target IN (SELECT value FROM json_each(?))))",
    "SELECT id FROM entry WHERE mailbox IN (SELECT value FROM json_each(?))"
    # One for each of the indexes over targets.
    " UNION ALL SELECT entry FROM step WHERE target IN (SELECT value FROM json_each(?)) AND target_uid IS NOT NULL"
    " UNION ALL SELECT entry FROM step WHERE target IN (SELECT value FROM json_each(?)) AND target_uid IS NULL"
    " AND fingerprint <> ''"
    # And what is in hand, which is in neither.
    " UNION ALL SELECT entry.id FROM entry CROSS JOIN step ON step.entry = entry.id WHERE finished IS NULL"
    " AND entry.state = 'begun' AND target IN (SELECT value FROM json_each(?))",
)
_OF_MESSAGE_ID = (
    "message_id = ? AND message_id <> ''",  # the second half is what the index is over
    "SELECT entry FROM message WHERE message_id = ? AND message_id <> ''",
)
_IN_STATES = "state IN (SELECT value FROM json_each(?))"
_OPEN_IN_STATES = "SELECT id FROM entry WHERE finished IS NULL AND state IN (SELECT value FROM json_each(?))"
# The list is only taken apart where the name stands in it somewhere, as JSON spells it.
_OF_RULE = "instr(rules, ?) AND EXISTS (SELECT 1 FROM json_each(rules) WHERE value = json_extract(?, '$'))"


def _conditions(db: sqlite3.Connection, query: HistoryQuery) -> Iterator[_Condition]:
    """Yield what each part of the query says."""
    if query.account is not None or query.mailboxes:
        test, ids = _IN_OR_TO_MAILBOXES if query.mailboxes else _IN_MAILBOXES
        yield _Condition(test, json.dumps(_mailboxes(db, query)), ids)
    if query.rule is not None:
        yield _Condition(_OF_RULE, json.dumps(query.rule))
    if query.since is not None:
        yield _Condition("begun >= ?", time_column(query.since))
    if query.until is not None:
        yield _Condition("begun < ?", time_column(query.until))
    if query.after is not None:
        yield _Condition("id < ?", query.after)
    if query.message_id is not None:
        test, ids = _OF_MESSAGE_ID
        yield _Condition(test, text_column(query.message_id), ids)
    if query.states:
        ids = _OPEN_IN_STATES if query.states <= _OPEN else ""
        yield _Condition(_IN_STATES, json.dumps([state.value for state in query.states]), ids)
    if query.ids:
        yield _Condition("id IN (SELECT value FROM json_each(?))", json.dumps(query.ids))
    for column, part in (("sender", query.sender), ("subject", query.subject)):
        if part:
            yield _Condition(f"has({column}, ?)", text_column(part.casefold()))


def _mailboxes(db: sqlite3.Connection, query: HistoryQuery) -> list[int]:
    """Read the rows of the mailboxes that the query is about."""
    rows = db.execute(
        "SELECT mailbox.id, mailbox.name FROM mailbox JOIN account ON account.id = mailbox.account"
        " WHERE account.name = coalesce(?, account.name)",
        (None if query.account is None else text_column(query.account),),
    )
    return [mailbox for mailbox, name in rows if not query.mailboxes or name in query.mailboxes]


def _has(text: str | bytes, part: str | bytes) -> bool:
    return text_value(part) in text_value(text).casefold()
