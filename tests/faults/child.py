"""What a process does that is to be killed at a write of its journal: it tells of each, and kills itself at one."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable

from mailrules.store import writer

WROTE = '{"event": "journal write"}\n'
"""What is told of each write on stderr, among the log's lines."""

_Jobs = list[writer._Job]
_Outcomes = list[Callable[[], None]]


def kill_at(moment: str, nth: int) -> None:
    """Arrange for the end of this process at its `nth` write transaction; 0 is never.

    It comes `before` the transaction or `after` its commit, and before anybody is told of it.
    """
    transact = writer.Writer._transact
    left = nth

    def killing(self: writer.Writer, db: sqlite3.Connection, jobs: _Jobs) -> _Outcomes:
        nonlocal left
        if not any(job.access is writer._Access.WRITE for job in jobs):
            return transact(self, db, jobs)
        left -= 1
        os.write(2, WROTE.encode())
        if left == 0 and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        outcomes = transact(self, db, jobs)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcomes

    writer.Writer._transact = killing  # type: ignore[method-assign]  # the point of this module
