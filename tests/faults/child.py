"""The command line as a process that tells of each write of its journal, or kills itself at one.

``python -m tests.faults.child before 2 run -c FILE`` runs ``mailrules run -c FILE`` until just before
its second write transaction; ``after`` is just after the commit, before anybody is told of it.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable

from mailrules.cli import main
from mailrules.store import writer

WROTE = '{"event": "journal write"}\n'
"""What is told of each write on stderr, among the log's lines."""

_Jobs = list[writer._Job]
_Outcomes = list[Callable[[], None]]


def kill_at(moment: str, nth: int) -> None:
    """Arrange for the end of this process at its `nth` write; 0 is never."""
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


if __name__ == "__main__":
    kill_at(sys.argv[1], int(sys.argv[2]))
    sys.argv[1:3] = []
    main()
