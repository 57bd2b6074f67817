"""A state that is made is told from one that is found, and from one that was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailrules.store import Origin, SqliteStore
from tests.store.builders import NOW, checkpoint, entry

if TYPE_CHECKING:
    from pathlib import Path


async def origin(path: Path) -> Origin:
    async with SqliteStore(path) as store:
        return store.origin


async def test_a_state_is_new_once(path: Path) -> None:
    assert [Origin.NEW, Origin.FOUND] == [await origin(path), await origin(path)]


async def test_an_empty_file_with_nothing_beside_it_is_a_new_state(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert Origin.NEW == await origin(path)


@pytest.mark.parametrize("there", [True, False])
async def test_a_state_that_is_gone_while_its_leases_are_there_is_lost(path: Path, *, there: bool) -> None:
    async with SqliteStore(path) as store, store.lease("work"):
        await store.begin([entry(1)], checkpoint(1), now=NOW)
    path.write_bytes(b"")
    if not there:
        path.unlink()
    assert [Origin.LOST, Origin.FOUND] == [await origin(path), await origin(path)]


async def test_a_state_that_was_emptied_beside_its_log_is_lost(path: Path, store: SqliteStore) -> None:
    await store.begin([entry(1)], checkpoint(1), now=NOW)
    log = path.with_name("state.db-wal").read_bytes()
    await store.close()
    path.write_bytes(b"")
    path.with_name("state.db-wal").write_bytes(log)
    assert Origin.LOST == await origin(path)
