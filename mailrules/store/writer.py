"""One thread owns the database; whoever waits for it at the same moment shares one transaction, and one fdatasync.

While a commit is on its way to the disk, other mailboxes' work piles up; the next transaction takes it all. Each job
that has neighbours runs in a savepoint of its own: one that fails takes back what it did, and nothing of theirs.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from mailrules.store.database import connect, damaged, explain
from mailrules.store.errors import StateError
from mailrules.values import value

T = TypeVar("T")

GROUP = 256
"""How many jobs share a transaction at most, so that the first of them does not wait for ever."""

LAST_WORDS = 10.0
"""Seconds for the end: a disk that hangs must not keep the process, and the journal stands being killed."""


def _nothing(_result: object) -> None:
    """Follow up with nothing."""


class _Access(Enum):
    READ = "BEGIN"
    WRITE = "BEGIN IMMEDIATE"  # a transaction that began by reading cannot always become a writing one


@value(frozen=True, slots=True)
class _Job:
    access: _Access
    run: Callable[[sqlite3.Connection], Callable[[], None]]
    """Do the work; return what tells the caller its result, to be called on the loop once it is committed."""
    fail: Callable[[Exception], None]
    """Tell the caller of a failure; to be called on the loop."""


class Writer:
    """The thread and its queue. All methods belong to the event loop that `start` ran on."""

    def __init__(self, path: Path, connect: Callable[[Path], sqlite3.Connection] = connect) -> None:
        self._path = path
        self._connect = connect
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self.commits = 0
        """How many transactions have changed anything."""

    async def start(self) -> None:
        """Open the database in the thread. Raises StateError in all its kinds."""
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        self._ended = self._loop.create_future()
        # A daemon thread: whatever it is doing, the journal stands being killed.
        threading.Thread(target=self._main, args=(self._loop, opened, self._ended), name="store", daemon=True).start()
        try:
            await asyncio.shield(opened)
        except Exception:
            self._loop = None
            raise

    async def stop(self) -> None:
        """Do what has been asked for, then close the database. Raises StateError if the disk does not let it."""
        if self._loop is not None and self._ended is not None:
            self._loop = None
            self._jobs.put(None)
            try:
                await asyncio.wait_for(asyncio.shield(self._ended), LAST_WORDS)
            except TimeoutError:
                raise StateError(f"{self._path}: the disk does not answer: left as if killed") from None

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work`, which changes nothing, in a transaction. Raises StateError and whatever `work` raises."""
        return await self._submit(_Access.READ, work, _nothing)

    async def write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] = _nothing) -> T:
        """Run `work` in a transaction that is on disk on return. Raises StateError and whatever `work` raises.

        `then` is called with its result on the loop once it is. Cancelling the caller takes neither back.
        """
        return await self._submit(_Access.WRITE, work, then)

    def _submit(
        self, access: _Access, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None]
    ) -> asyncio.Future[T]:
        if self._loop is None:
            raise StateError(f"{self._path}: the state is not open")
        future: asyncio.Future[T] = self._loop.create_future()

        def run(db: sqlite3.Connection) -> Callable[[], None]:
            result = work(db)

            def succeed() -> None:
                future.set_result(result)
                then(result)

            return succeed

        self._jobs.put(_Job(access, run, future.set_exception))
        return asyncio.shield(future)

    # From here on: the thread

    def _main(self, loop: asyncio.AbstractEventLoop, opened: asyncio.Future[None], ended: asyncio.Future[None]) -> None:
        try:
            db = self._connect(self._path)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to whoever opens the state
            _tell(loop, [_failure(opened.set_exception, error)])
            return
        _tell(loop, [lambda: opened.set_result(None)])
        try:
            while (first := self._jobs.get()) is not None:
                _tell(loop, self._transact(db, self._group(first)))
        finally:
            db.close()
            _tell(loop, [lambda: ended.set_result(None)])

    def _group(self, first: _Job) -> list[_Job]:
        """Take what else is waiting. The end mark goes back: it stands behind everything that was asked for."""
        jobs = [first]
        with contextlib.suppress(Empty):
            while len(jobs) < GROUP:
                job = self._jobs.get_nowait()
                if job is None:
                    self._jobs.put(None)
                    break
                jobs.append(job)
        return jobs

    def _transact(self, db: sqlite3.Connection, jobs: list[_Job]) -> list[Callable[[], None]]:
        """Run the jobs in one transaction; return what tells each caller its outcome."""
        changes = db.total_changes
        access = _Access.WRITE if any(job.access is _Access.WRITE for job in jobs) else _Access.READ
        try:
            db.execute(access.value)
            # SQLite copies whatever page is changed in a savepoint: who is alone is better taken back as a whole.
            outcomes = [jobs[0].run(db)] if len(jobs) == 1 else [self._run_apart(db, job) for job in jobs]
            db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - a thread that died would leave everybody waiting
            if db.in_transaction:
                db.execute("ROLLBACK")
            told = self._told(error, access)
            return [_failure(job.fail, told) for job in jobs]
        self.commits += db.total_changes != changes
        return outcomes

    def _run_apart(self, db: sqlite3.Connection, job: _Job) -> Callable[[], None]:
        db.execute("SAVEPOINT job")
        try:
            outcome = job.run(db)
        except Exception as error:
            if not db.in_transaction:
                raise  # SQLite has rolled everything back, the neighbours' work too: a full disk does that
            db.execute("ROLLBACK TO job")
            outcome = _failure(job.fail, self._told(error, job.access))
        db.execute("RELEASE job")
        return outcome

    def _told(self, error: Exception, access: _Access) -> Exception:
        match error:
            case sqlite3.Error():
                return explain(error, self._path)
            case UnicodeDecodeError():  # what SQLite says quotes the schema, and that is no text any more
                return damaged(error, self._path)
            case ValueError() if access is _Access.READ:  # SQLite cannot know that a value is none that we write
                return damaged(error, self._path)
            case _:
                return error


def _failure(fail: Callable[[Exception], None], error: Exception) -> Callable[[], None]:
    return lambda: fail(error)


def _tell(loop: asyncio.AbstractEventLoop, outcomes: list[Callable[[], None]]) -> None:
    """Hand outcomes to their callers, all in one turn of the loop."""

    def deliver() -> None:
        for outcome in outcomes:
            outcome()

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(deliver)
