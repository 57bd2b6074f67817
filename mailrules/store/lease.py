"""One lease per account: a locked file beside the database, which the kernel frees when its holder dies."""

import fcntl
import glob
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from mailrules.store.errors import Locked, StateError


@contextmanager
def lease(database: Path, account: str) -> Iterator[None]:
    """Hold the account's lease while the block runs. Raises Locked, and StateError if the file cannot be made.

    The file stays behind: removing it would let a third process lock a new one while a second still waits on the old.
    """
    path = lease_path(database, account)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateError(f"{path}: the lease cannot be taken: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(account, _holder(descriptor), database) from error
        _give_to_owner(descriptor, database)
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # who has it is a courtesy: a full disk keeps nobody from it
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


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


def _give_to_owner(descriptor: int, database: Path) -> None:
    """Give the file to whom the state belongs: root's `mailrules apply` must not shut the daemon out."""
    owner = database.stat()
    if os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _holder(descriptor: int) -> int | None:
    """Read who wrote itself down: None while the holder is just about to."""
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else None
