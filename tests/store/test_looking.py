"""A state is read also where nothing can be written beside it, with all that was committed."""

from __future__ import annotations

import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest

from mailrules.store import HistoryQuery, SqliteStore, StateError, connect_to_read, copy_state, looking
from tests.mounts import mounted
from tests.store.builders import NOW, entry, with_ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; its tests are left out where nobody may mount any."""
    with mounted(tmp_path / "disk", 4) as folder:
        yield folder


def let_only_read(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)


async def is_read_both_ways(state: Path, copy: Path) -> None:
    """Read one entry in the state itself, without being able to write, and one in a copy."""
    async with SqliteStore(state, connect_to_read) as store:
        assert [1] == with_ids(await store.history(HistoryQuery()))
        with pytest.raises(StateError, match="read-only"):
            await store.begin([entry(2)], None, now=NOW)
    copy_state(state, copy)
    async with SqliteStore(copy) as store:
        assert [1] == with_ids(await store.history(HistoryQuery()))


async def test_a_state_that_was_closed_is_read(disk: Path, tmp_path: Path) -> None:
    async with SqliteStore(disk / "state.db") as store:
        await store.begin([entry(1)], None, now=NOW)
    let_only_read(disk)
    await is_read_both_ways(disk / "state.db", tmp_path / "copy.db")


@pytest.mark.parametrize("left", [["state.db", "state.db-wal"], ["state.db", "state.db-wal", "state.db-shm"]])
async def test_a_state_whose_process_was_killed_is_read_with_its_log(
    disk: Path, tmp_path: Path, path: Path, store: SqliteStore, left: list[str]
) -> None:
    await store.begin([entry(1)], None, now=NOW)
    for name in left:
        (disk / name).write_bytes(path.with_name(name).read_bytes())
    let_only_read(disk)
    await is_read_both_ways(disk / "state.db", tmp_path / "copy.db")


@pytest.mark.parametrize("logged", [False, True])
async def test_without_an_index_a_state_is_read_with_the_log_it_has(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch, *, logged: bool
) -> None:
    """The same where no file system can be mounted: SQLite is made to find no room for its index."""
    opened = looking._open

    def without_index(state: Path, how: str) -> sqlite3.Connection:
        if how == "mode=ro":
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error
        return opened(state, how)

    async with SqliteStore(path) as store:
        await store.begin([entry(1)], None, now=NOW)
        files = {name: path.with_name(name).read_bytes() for name in ("state.db", "state.db-wal")}
    if logged:
        for name, content in files.items():
            path.with_name(name).write_bytes(content)
    monkeypatch.setattr(looking, "_open", without_index)
    with pytest.raises(StateError, match="cannot be opened"):
        await SqliteStore(path, connect_to_read).open()
    monkeypatch.setattr(looking, "can_write_in", lambda _folder: False)
    await is_read_both_ways(path, tmp_path / "copy.db")


async def test_a_state_that_is_not_there_is_not_found_there_either(disk: Path) -> None:
    let_only_read(disk)
    with pytest.raises(StateError, match="cannot be opened"):
        await SqliteStore(disk / "state.db", connect_to_read).open()
