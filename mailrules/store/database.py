"""Open the state's file so that it is private, durable, ours and whole; and say in words what went wrong with it."""

import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from mailrules.store.errors import StateDamaged, StateError
from mailrules.store.lease import holders
from mailrules.store.looking import BUSY_SECONDS, open_to_look
from mailrules.store.schema import migrate, require_newest

_FULL = "{}: the disk is full: make room, mailrules goes on by itself"
_SOON_READ = 64 << 20  # octets; a second's reading is several times as much
_LOG_PAGES = 2_000  # 8 MiB, a backlog of 10,000 messages: nobody in the middle of one waits until the file has it too
_LEAST_ROOM = 64 * 1024  # octets; the index of the log grows by half of it


def connect(path: Path) -> sqlite3.Connection:
    """Open the state, made or migrated if need be. Raises StateError in all its kinds.

    The connection is in autocommit mode: whoever uses it says BEGIN and COMMIT.
    """
    checks = _is_to_be_checked(path)
    try:
        _make_private(path)
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    except OSError as error:
        hint = "name a file in daemon.state that mailrules may write"
        raise StateError(f"{path}: the state cannot be opened ({error.strerror}): {hint}") from error
    except sqlite3.Error as error:
        raise explain(error, path) from error
    with _closed_on_error(db, path):
        with _alone(path.parent):
            _make_durable(db)
        migrate(db)
        if checks:
            _check(db)
    return db


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open the state beside whoever works on it, changing nothing: it is neither made nor migrated nor checked.

    Raises StateError in all its kinds, StateTooOld with them.
    """
    db = look(path)
    with _closed_on_error(db, path):
        require_newest(db)
    return db


def look(path: Path) -> sqlite3.Connection:
    """Open the state to be read, whatever its schema. Raises StateError."""
    try:
        return open_to_look(path)
    except OSError as error:
        raise StateError(f"{path}: the state cannot be copied, to be read ({error.strerror})") from error
    except sqlite3.Error as error:
        raise explain(error, path) from error


@contextlib.contextmanager
def _closed_on_error(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Let go of the database and explain what went wrong, if the block fails."""
    try:
        yield
    except sqlite3.Error as error:
        db.close()
        raise explain(error, path) from error
    except UnicodeDecodeError as error:  # what SQLite says quotes the schema, and that is no text any more
        db.close()
        raise damaged(error, path) from error
    except StateError as error:
        db.close()
        raise type(error)(f"{path}: {error}") from error
    except BaseException:
        db.close()
        raise


def explain(error: sqlite3.Error, path: Path) -> StateError:
    """Turn what SQLite says into what a person can do about it."""
    # The low octet is the primary code; the rest tells details. An error of the sqlite3 module itself has none.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        # Our SQL is right: what SQLite cannot make sense of (ERROR) is a file that is not as it was made.
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_ERROR:
            return damaged(error, path)
        case 0 if isinstance(error, sqlite3.OperationalError):  # a text that is no UTF-8
            return damaged(error, path)
        case sqlite3.SQLITE_FULL:
            return StateError(_FULL.format(path))
        # Where the index of the log finds no room, SQLite speaks of an error.
        case sqlite3.SQLITE_IOERR if _is_full(path.parent):
            return StateError(_FULL.format(path))
        case sqlite3.SQLITE_READONLY:
            return StateError(f"{path}: the state is read-only ({error}): mailrules must be able to write it")
        case sqlite3.SQLITE_BUSY:
            return StateError(f"{path}: another process has kept the state locked for {BUSY_SECONDS:.0f} s")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StateError(
                f"{path}: the state cannot be opened ({error}): may mailrules write the file and its folder?"
            )
        case sqlite3.SQLITE_IOERR:
            return StateError(f"{path}: the disk reports an error ({error}): look at the system's log")
        case _:
            return StateError(f"{path}: {error}")


def _is_full(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free < _LEAST_ROOM
    return False


def damaged(error: Exception, path: Path) -> StateDamaged:
    """Say that the bytes of the state are broken, and what a person can do about it."""
    what = " ".join(str(error).split())
    return StateDamaged(
        f"{path}: the state is damaged ({what}). Stop mailrules, put a copy back; or move {path.name} away,"
        " with its -wal and -shm, and mailrules starts anew and handles the mail that comes from then on"
    )


def _make_private(path: Path) -> None:
    """See that the file is there and that nobody else can read it: it names correspondents and subjects.

    SQLite gives its -wal and -shm files the mode of the main one.
    """
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(path.parent.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if stat.S_IMODE(about.st_mode) != 0o600:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    for companion in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(FileNotFoundError):
            companion.chmod(0o600)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """Put the folder's own entries on disk: without them a power cut takes a new file, however well that is synced."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time switch to the write-ahead log: SQLite does not wait there, it says "locked" at once."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_durable(db: sqlite3.Connection) -> None:
    """Have every commit on disk before it returns."""
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StateError("the file system cannot keep a write-ahead log: put the state on a local disk")
    db.execute("PRAGMA synchronous = FULL")  # with NORMAL a power cut takes the last commits back
    db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES:d}")
    db.execute("PRAGMA fullfsync = ON")  # macOS: its plain fsync leaves the data in the drive's cache


def _is_to_be_checked(path: Path) -> bool:
    """Whether the state is to be read through: if that takes no time, or if whoever wrote it last came to a bad end.

    Whoever ends well leaves no log behind; nor does who is still at work, but that one has looked. A number that was
    left there may be another process's by now: in a container it is our own, and after a power cut nobody's.
    """
    try:
        if path.stat().st_size <= _SOON_READ:
            return True
        log = path.with_name(f"{path.name}-wal").stat()
    except OSError:
        return False
    before_boot = log.st_mtime < time.time() - time.monotonic()
    return log.st_size > 0 and (before_boot or {*holders(path)} <= {os.getpid()})


def _check(db: sqlite3.Connection) -> None:
    """Read the file's structure through once, so that damage is met at the start and not in the middle of a batch.

    In a great state that was left well it is met, and said, when it is read.
    """
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
