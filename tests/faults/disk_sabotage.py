"""A disk that fails in the middle of a chosen transaction of the journal, or is silent for a while.

SQLite itself is asked to do everything; only the statement or the commit that is planned to fail is not carried out.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, cast

from mailrules.store import writer

_Jobs = list[writer._Job]
_Outcomes = list[Callable[[], None]]


class Writing(Enum):
    """What a transaction is for, by the beginning of the statement that tells it."""

    BEGIN = "INSERT INTO entry"
    RECORD = "UPDATE entry SET state"
    PRUNE = "DELETE FROM entry"


class Trouble(Enum):
    """What is wrong with the disk."""

    WRITE = "a page cannot be written"
    SYNC = "what was written cannot be made to stay"
    FULL = "there is no room; SQLite takes everything back by itself"
    READ_ONLY = "the file system was mounted anew, for reading only"


class _Disk:
    """Stands before a connection to the database for one transaction."""

    def __init__(self, db: sqlite3.Connection, plan: Plan) -> None:
        self._db = db
        self._plan = plan
        self._due = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:  # noqa: ANN401 - handed on as they came
        self._look(sql)
        if sql == "COMMIT" and self._due:
            self._plan.strike(self._db)
        return self._db.execute(sql, *values)

    def executemany(self, sql: str, values: Any) -> sqlite3.Cursor:  # noqa: ANN401
        self._look(sql)
        return self._db.executemany(sql, values)

    def _look(self, sql: str) -> None:
        if sql.lstrip().startswith(self._plan.writing.value) and self._plan.left > 0:
            self._due = self._plan.trouble is Trouble.SYNC
            if not self._due:
                self._plan.strike(self._db)


class Plan:
    """Which transactions fail, and how; `struck` counts those that did."""

    def __init__(self, writing: Writing, trouble: Trouble, times: int) -> None:
        self.writing = writing
        self.trouble = trouble
        self.left = times
        self.struck = 0

    def strike(self, db: sqlite3.Connection) -> None:
        """Fail, as SQLite does."""
        self.left -= 1
        self.struck += 1
        error = sqlite3.OperationalError("disk I/O error")
        match self.trouble:
            case Trouble.WRITE:
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
            case Trouble.SYNC:
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            case Trouble.READ_ONLY:
                error = sqlite3.OperationalError("attempt to write a readonly database")
                error.sqlite_errorcode = sqlite3.SQLITE_READONLY
            case Trouble.FULL:
                db.execute("ROLLBACK")
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error


@contextmanager
def failing(writing: Writing, trouble: Trouble, times: int = 1) -> Iterator[Plan]:
    """Let the next such transactions of all states fail."""
    plan = Plan(writing, trouble, times)
    with _transacting(lambda db: cast("sqlite3.Connection", _Disk(db, plan))):
        yield plan


@contextmanager
def silent() -> Iterator[threading.Event]:
    """Let no transaction come to its end until the event is set; nobody is told why."""
    answers = threading.Event()

    def wait(db: sqlite3.Connection) -> sqlite3.Connection:
        answers.wait()
        return db

    with _transacting(wait):
        try:
            yield answers
        finally:
            answers.set()


@contextmanager
def _transacting(through: Callable[[sqlite3.Connection], sqlite3.Connection]) -> Iterator[None]:
    transact = writer.Writer._transact

    def between(self: writer.Writer, db: sqlite3.Connection, jobs: _Jobs) -> _Outcomes:
        return transact(self, through(db), jobs)

    writer.Writer._transact = between  # type: ignore[method-assign]  # the one place where the disk is written
    try:
        yield
    finally:
        writer.Writer._transact = transact  # type: ignore[method-assign]
