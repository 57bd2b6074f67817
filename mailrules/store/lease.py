"""One lease per account: a lock on an octet of a file beside the database, which the kernel frees when its holder dies.

All leases of a process share one descriptor, so that thousands of accounts leave the descriptors to their connections.
"""

import fcntl
import glob
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from mailrules.store.errors import Locked, StateError
from mailrules.values import value


@value(slots=True)
class _Leases:
    """The leases that this process holds on one state."""

    path: str
    """Of the file, without symlinks."""
    descriptor: int
    held: set[str] = field(default_factory=set)


# POSIX keeps such locks by process: it would lose them all if it opened the file once more and closed it.
_opened: dict[str, _Leases] = {}
_mutex = Lock()


@contextmanager
def lease(database: Path, account: str) -> Iterator[None]:
    """Hold the account's lease while the block runs. Raises Locked, and StateError if the file cannot be made.

    The files stay behind: removing one would let a third process lock a new one while a second still waits on the old.
    """
    with _taken(database, account):
        with _refusing_older(database, account):
            _note(database, account, b"%d\n" % os.getpid())
        yield
        with suppress(OSError, StateError):
            _note(database, account, b"")


def probe(database: Path, account: str) -> None:
    """Raise Locked, or StateError, if `lease` would, and write nothing: a daemon does so for thousands of accounts."""
    with _taken(database, account), _refusing_older(database, account), suppress(FileNotFoundError):
        descriptor = os.open(lease_path(database, account), os.O_RDWR | os.O_CLOEXEC)
        try:
            _refuse_older(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _taken(database: Path, account: str) -> Iterator[None]:
    with _mutex:
        leases = _take(database, account)
    try:
        yield
    finally:
        with _mutex:
            _free(leases, account)


@contextmanager
def _refusing_older(database: Path, account: str) -> Iterator[None]:
    try:
        yield
    except BlockingIOError as error:
        raise Locked(account, _holder(database, account), database) from error
    except OSError as error:
        raise StateError(f"{lease_path(database, account)}: the lease cannot be taken: {error.strerror}") from error


def _refuse_older(descriptor: int) -> None:
    """Raise BlockingIOError if a daemon holds it that runs since before an update: this file was the lease once."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _take(database: Path, account: str) -> _Leases:
    path = os.path.realpath(lock_path(database))
    leases = _opened.get(path)
    if leases is None:
        leases = _opened[path] = _Leases(path, _open(lock_path(database), database))
    try:
        if account in leases.held:
            raise BlockingIOError
        fcntl.lockf(leases.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(account))
    except OSError as error:
        _close_if_unused(leases)
        if isinstance(error, BlockingIOError | PermissionError):  # POSIX lets a system choose
            pid = os.getpid() if account in leases.held else _holder(database, account)
            raise Locked(account, pid, database) from error
        raise StateError(f"{lock_path(database)}: the lease cannot be taken: {error.strerror}") from error
    leases.held.add(account)
    return leases


def _free(leases: _Leases, account: str) -> None:
    leases.held.discard(account)
    fcntl.lockf(leases.descriptor, fcntl.LOCK_UN, 1, _place(account))
    _close_if_unused(leases)


def _close_if_unused(leases: _Leases) -> None:
    if not leases.held:
        del _opened[leases.path]
        os.close(leases.descriptor)


def _place(account: str) -> int:
    """Choose the octet that stands for the account; the file itself stays empty."""
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:7])


def _open(path: Path, database: Path) -> int:
    """Open a file, made for whom the state belongs to: root's `mailrules apply` must not shut the daemon out."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(f"{path}: the lease cannot be taken: {error.strerror}") from error
    try:
        owner = database.stat()
        if os.fstat(descriptor).st_uid != owner.st_uid:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _note(database: Path, account: str, who: bytes) -> None:
    """Write down who has the lease; a courtesy, but that the file is there tells that there was a state.

    Raises BlockingIOError if a daemon from before an update holds it.
    """
    descriptor = _open(lease_path(database, account), database)
    try:
        _refuse_older(descriptor)
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # a full disk keeps nobody from it
            os.pwrite(descriptor, who, 0)
    finally:
        os.close(descriptor)


def _holder(database: Path, account: str) -> int | None:
    """Read who wrote itself down: None while the holder is just about to."""
    try:
        return int(lease_path(database, account).read_text())
    except (OSError, ValueError):
        return None


def lock_path(database: Path) -> Path:
    """Name the file in which an octet of each account is locked."""
    return database.with_name(f"{database.name}.leases")


def lease_path(database: Path, account: str) -> Path:
    """Name the account's file: readable where the name allows it, and never longer than a file name may be."""
    name = quote(account, safe="")
    if len(name) > 100:
        name = hashlib.sha256(account.encode()).hexdigest()
    return database.with_name(f"{database.name}.lease-{name}")


def lease_files(database: Path) -> Iterator[Path]:
    """Find the leases that have ever been taken on the state."""
    return database.parent.glob(f"{glob.escape(database.name)}.lease-*")


def holders(database: Path) -> tuple[int, ...]:
    """Name the living processes that have written themselves into leases, without touching the leases themselves.

    A process that was killed stays written down, and another one may have its number by now: it is a hint, no proof.
    """
    pids = set()
    for path in lease_files(database):
        with suppress(OSError, ValueError):
            pids.add(int(path.read_text()))
    return tuple(sorted(pid for pid in pids if _lives(pid)))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return pid > 0
