"""A state can be looked at beside whoever works on it, and nothing of it changes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mailrules.store import HistoryQuery, SqliteStore, StateDamaged, StateError, StateTooNew, StateTooOld
from mailrules.store import connect_to_read as to_read
from mailrules.store.schema import MIGRATIONS, migrate
from tests.store.builders import NOW, entry, with_ids

if TYPE_CHECKING:
    from pathlib import Path


async def test_what_was_just_written_is_read_while_the_writer_goes_on(path: Path, store: SqliteStore) -> None:
    await store.begin([entry(1)], None, now=NOW)
    async with SqliteStore(path, to_read) as looking:
        assert [1] == with_ids(await looking.history(HistoryQuery()))
        await store.begin([entry(2)], None, now=NOW)
        assert [2, 1] == with_ids(await looking.history(HistoryQuery()))


async def test_nothing_can_be_written(path: Path, store: SqliteStore) -> None:
    async with SqliteStore(path, to_read) as looking:
        with pytest.raises(StateError, match="read-only"):
            await looking.begin([entry(1)], None, now=NOW)
    assert () == await store.history(HistoryQuery())


async def test_a_state_that_nobody_works_on_is_left_as_it_is(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.begin([entry(1)], None, now=NOW)
    before = path.read_bytes()
    async with SqliteStore(path, to_read) as looking:
        assert [1] == with_ids(await looking.history(HistoryQuery()))
    assert before == path.read_bytes()


async def test_no_state_is_made(path: Path) -> None:
    with pytest.raises(StateError, match="cannot be opened"):
        await SqliteStore(path, to_read).open()
    assert not path.parent.exists()


@pytest.mark.parametrize(("schema", "error"), [(1, StateTooOld), (99, StateTooNew)])
async def test_another_schema_is_no_state_to_be_read_as_it_is(path: Path, schema: int, error: type[StateError]) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, MIGRATIONS[:1])
        db.execute(f"PRAGMA user_version = {schema}")
    with pytest.raises(error):
        await SqliteStore(path, to_read).open()


async def test_what_is_no_state_is_not_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("nothing of the kind, at some length" * 9)
    with pytest.raises(StateDamaged):
        await SqliteStore(path, to_read).open()
