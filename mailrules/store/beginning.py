"""The journal as it is written when work begins, in SQL: a batch in a few statements, whatever its size.

Every function runs inside the caller's transaction. Entries of which the same is to be written are written together.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from mailrules.store.inserting import TOGETHER, insert_rows, values
from mailrules.store.mailboxes import mailbox_id
from mailrules.store.rows import Column, is_usual_step, message_row, step_row, text_column, time_column, usual_step_row
from mailrules.store.values import Entry, EntryState
from mailrules.values import copier

_begun: Callable[..., Entry] = copier(Entry, "id", "begun", "finished")
_shared = attrgetter(
    "account", "mailbox", "uidvalidity", "ruleset", "state", "attempts", "due", "reason", "chain", "hops", "undoes",
    "retried",
)  # fmt: skip
"""What most entries of a batch have in common."""

_PUT_ENTRIES = (
    "INSERT INTO entry (id, uid, mailbox, uidvalidity, state, attempts, due, reason, begun, finished, chain, hops,"
    " undoes, retried) SELECT ?1 + key, value, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 FROM json_each(?2)"
)
PUT_STEP = (
    "INSERT INTO step (entry, position, kind, rule, flags_add, flags_remove, flags_replace, target, target_uidvalidity,"
    " target_uidnext, target_uid, fingerprint, state) "
)
STEP = "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def insert_entries(db: sqlite3.Connection, entries: Iterable[Entry], now: datetime) -> tuple[Entry, ...]:
    """Write new entries with their steps; return them with their ids."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    first = (row[0] if row else 0) + 1
    numbered = tuple(
        _begun(entry, identifier, now, now if entry.state.final else None)
        for identifier, entry in enumerate(entries, start=first)
    )
    mailboxes = Mailboxes(db)
    usual_steps: list[tuple[Column, ...]] = []
    others: list[Entry] = []
    for _, group in groupby(numbered, _shared):
        alike = list(group)
        _insert_alike(db, mailboxes.row(alike[0].account, alike[0].mailbox), alike)
        spelt: dict[int, Sequence[tuple[Column, ...]]] = {}  # by identity: messages with one plan share their steps
        for entry in alike:
            rows = spelt.get(id(entry.steps))
            if rows is None:
                rows = spelt[id(entry.steps)] = mailboxes.usual_steps(entry)
            if rows:
                usual_steps += [(entry.id, *row) for row in rows]
            else:
                others.append(entry)
    insert_rows(db, _usual_steps, (), usual_steps)
    insert_rows(db, _new_steps, (), list(mailboxes.steps(others)))
    return numbered


def _insert_alike(db: sqlite3.Connection, mailbox: int, entries: Sequence[Entry]) -> None:
    """Write entries that follow each other and share what `_shared` says."""
    one = entries[0]
    shared = (
        mailbox,
        one.uidvalidity,
        one.state.value,
        one.attempts,
        time_column(one.due),
        text_column(one.reason),
        time_column(one.begun),
        time_column(one.finished),
        one.chain,
        one.hops,
        one.undoes,
        time_column(one.retried),
    )
    db.execute(_PUT_ENTRIES, (one.id, json.dumps([entry.uid for entry in entries]), *shared))
    insert_rows(db, _messages, (text_column(one.ruleset),), [message_row(entry) for entry in entries])


@lru_cache(maxsize=len(TOGETHER))
def _messages(rows: int) -> str:
    columns = "entry, message_id, fingerprint, internaldate, size, sender, subject, prior_flags, rules, trace"
    return f"INSERT INTO message ({columns}, ruleset) {values(rows, columns.count(',') + 1, 1, ', ?1')}"


@lru_cache(maxsize=len(TOGETHER))
def _new_steps(rows: int) -> str:
    return PUT_STEP + values(rows, STEP.count("?"), 0, "")


@lru_cache(maxsize=len(TOGETHER))
def _usual_steps(rows: int) -> str:
    columns = "entry, position, kind, rule, target, target_uidvalidity, target_uidnext"
    written = values(rows, columns.count(",") + 1, 0, ", '[]', '[]', '', 'begun'")
    return f"INSERT INTO step ({columns}, flags_add, flags_remove, fingerprint, state) {written}"


class Mailboxes:
    """The rows of the mailboxes that one transaction names, each looked up once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: dict[tuple[str, bytes], int] = {}

    def row(self, account: str, mailbox: bytes) -> int:
        """Return the row of the mailbox, made if need be."""
        key = (account, mailbox)
        if key not in self._rows:
            self._rows[key] = mailbox_id(self._db, account, mailbox)
        return self._rows[key]

    def usual_steps(self, entry: Entry) -> Sequence[tuple[Column, ...]]:
        """Spell the steps of an entry without its id, if they are all as most are when work begins; else none."""
        if entry.state is not EntryState.BEGUN or not all(map(is_usual_step, entry.steps)):
            return ()
        targets = [None if step.target is None else self.row(entry.account, step.target) for step in entry.steps]
        return [
            (position, *usual_step_row(step, target))
            for position, (step, target) in enumerate(zip(entry.steps, targets, strict=True))
        ]

    def steps(self, entries: Iterable[Entry]) -> Iterator[tuple[Column, ...]]:
        """Spell all steps of these entries."""
        for entry in entries:
            for position, step in enumerate(entry.steps):
                target = None if step.target is None else self.row(entry.account, step.target)
                yield step_row(entry, position, step, target)
