"""The command line as a process that kills itself at a chosen write of its journal.

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

_Jobs = list[writer._Job]
_Outcomes = list[Callable[[], None]]


def kill_at(moment: str, nth: int) -> None:
    """Arrange for the end of this process."""
    transact = writer.Writer._transact
    left = nth

    def killing(self: writer.Writer, db: sqlite3.Connection, jobs: _Jobs) -> _Outcomes:
        nonlocal left
        writes = any(job.access is writer._Access.WRITE for job in jobs)
        left -= writes
        if writes and left == 0 and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        outcomes = transact(self, db, jobs)
        if writes and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcomes

    writer.Writer._transact = killing  # type: ignore[method-assign]  # the point of this module


if __name__ == "__main__":
    kill_at(sys.argv[1], int(sys.argv[2]))
    sys.argv[1:3] = []
    main()
