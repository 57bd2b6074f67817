"""The file is private from its first byte, and one that is no state, or a broken one, says so."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import time
from typing import TYPE_CHECKING

import pytest

from mailrules.store import SqliteStore, StateDamaged, StateError, database
from mailrules.store.lease import lease_path
from tests.store.builders import NOW, checkpoint, entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_new_state_and_its_folder_are_private(path: Path, store: SqliteStore) -> None:
    await store.begin([entry(1)], checkpoint(1), now=NOW)
    assert 0o700 == mode(path.parent)
    files = sorted(path.parent.iterdir())
    assert ["state.db", "state.db-shm", "state.db-wal"] == [file.name for file in files]
    assert [0o600] * 3 == [mode(file) for file in files]


async def test_a_state_that_others_could_read_is_made_private(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.begin([entry(1)], checkpoint(1), now=NOW)
        for file in path.parent.iterdir():
            file.chmod(0o644)
        async with SqliteStore(path):
            assert {0o600} == {mode(file) for file in path.parent.iterdir()}


async def test_every_commit_is_synced(store: SqliteStore) -> None:
    """WAL with synchronous=NORMAL would lose the last commits in a power cut, and no killed process would show it."""
    settings = await store._writer.read(
        lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )
    assert ["wal", 2] == settings


async def test_a_file_that_is_no_database_is_refused_with_what_to_do(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"[daemon]\nstate = 'this very file'\n" * 100)
    with pytest.raises(StateDamaged, match=r"state\.db: .*not a database.*move state\.db away"):
        await SqliteStore(path).open()
    assert path.read_bytes().startswith(b"[daemon]")


async def test_another_programs_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()
    with pytest.raises(StateDamaged, match=r"state\.db: .*another program"):
        await SqliteStore(path).open()


async def test_a_damaged_state_is_met_at_the_start(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.begin([entry(uid) for uid in range(1, 500)], checkpoint(500), now=NOW)
    content = bytearray(path.read_bytes())
    content[8192:] = random.Random(1).randbytes(len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StateDamaged, match="put a copy back"):
        await SqliteStore(path).open()


@pytest.mark.parametrize(
    ("great", "unclean", "pid", "age", "read"),
    [
        (False, False, None, 0, True),
        (True, False, None, 0, False),
        (True, True, None, 0, True),
        (True, True, os.getppid, 0, False),
        (True, True, os.getpid, 0, True),  # of the one that was killed, as in a container
        (True, True, os.getppid, 10**9, True),  # the power was cut
    ],
)
async def test_a_great_state_is_read_through_after_a_bad_end_only(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    great: bool,
    unclean: bool,
    pid: Callable[[], int] | None,
    age: int,
    read: bool,
) -> None:
    async with SqliteStore(path) as store:
        await store.begin([entry(1)], checkpoint(1), now=NOW)
        if unclean:
            for name in ("state.db", "state.db-wal"):
                (path.parent / f"kept-{name}").write_bytes((path.parent / name).read_bytes())
    for kept in path.parent.glob("kept-*"):
        kept.rename(kept.with_name(kept.name.removeprefix("kept-")))
    checked = list[sqlite3.Connection]()
    monkeypatch.setattr(database, "_check", checked.append)
    if great:
        monkeypatch.setattr(database, "_SOON_READ", 0)
    if pid is not None:
        lease_path(path, "work").write_text(f"{pid()}\n")
    if age:
        os.utime(path.with_name("state.db-wal"), (time.time() - age,) * 2)
    async with SqliteStore(path) as store:
        assert 1 == len(await store.unfinished("work", b"INBOX"))
    assert read == bool(checked)


async def test_damage_that_comes_later_is_said_too(path: Path, store: SqliteStore) -> None:
    def corrupt(_db: sqlite3.Connection) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    with pytest.raises(StateDamaged, match=str(path)):
        await store._writer.read(corrupt)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_IOERR | (4 << 8), "the disk reports an error"),
        (sqlite3.SQLITE_BUSY, "another process"),
        (sqlite3.SQLITE_CANTOPEN, "may mailrules write"),
        (sqlite3.SQLITE_SCHEMA, "no such luck"),
    ],
)
async def test_what_sqlite_says_is_said_in_words(store: SqliteStore, code: int, words: str) -> None:
    def fail(_db: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("no such luck")
        error.sqlite_errorcode = code
        raise error

    with pytest.raises(StateError, match=words):
        await store._writer.read(fail)


async def test_a_path_that_cannot_be_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="Not a directory"):
        await SqliteStore(tmp_path / "file" / "state.db").open()
    with pytest.raises(StateError, match="Is a directory"):
        await SqliteStore(tmp_path).open()


async def test_a_state_that_could_not_be_opened_can_be_closed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with pytest.raises(StateError):
        await store.open()
    await store.close()
