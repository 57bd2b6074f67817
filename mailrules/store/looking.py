"""Opens a state that is only looked at, also where nothing can be written beside it.

To read a write-ahead log SQLite needs an index of it, and makes one in the state's folder where there is none. On a
file system that is read-only it can't, and gives up even if there is no log.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

BUSY_SECONDS = 10.0
"""How long another process's transaction is waited for; ours take milliseconds."""


def open_to_look(path: Path) -> sqlite3.Connection:
    """Open the state so that it can't be changed, in autocommit mode. Raises sqlite3.Error, and OSError of a copy."""
    try:
        return _open(path, "mode=ro")
    except sqlite3.OperationalError as error:
        unopened = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN
        if not unopened or not path.is_file() or can_write_in(path.parent):
            raise
    # Nobody works on it: whoever did would have made the index.
    log = path.with_name(f"{path.name}-wal")
    return _copied(path, log) if log.exists() and log.stat().st_size else _open(path, "mode=ro&immutable=1")


def can_write_in(folder: Path) -> bool:
    """Tell whether files can be made in it; on a read-only file system not even root can."""
    return os.access(folder, os.W_OK | os.X_OK)


def _open(path: Path, how: str) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        db.execute("PRAGMA schema_version")  # SQLite opens the files when it first needs them
    except BaseException:
        db.close()
        raise
    return db


def _copied(path: Path, log: Path) -> sqlite3.Connection:
    """Take the state with what stands in its log into memory, by way of a folder where the index can be made."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with TemporaryDirectory(prefix="mailrules-") as folder:  # for its owner only
            for file in (path, log):
                shutil.copyfile(file, Path(folder) / file.name)
            with closing(sqlite3.connect(Path(folder) / path.name)) as copy:
                copy.backup(memory)
        memory.execute("PRAGMA query_only = ON")
    except BaseException:
        memory.close()
        raise
    return memory
