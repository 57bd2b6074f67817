"""The state carries its schema number: an older one is migrated, a newer one is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mailrules.store import SqliteStore, StateTooNew
from mailrules.store.schema import MIGRATIONS, migrate
from tests.store.builders import ACCOUNT, INBOX, NOW, checkpoint, entry

if TYPE_CHECKING:
    from pathlib import Path

NEXT = (*MIGRATIONS, ("ALTER TABLE entry ADD COLUMN mood TEXT", "UPDATE entry SET mood = 'calm'"))
BROKEN = (*MIGRATIONS, ("ALTER TABLE entry ADD COLUMN mood TEXT", "UPDATE nothing SET mood = 'calm'"))


def schema(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


@pytest.fixture
async def written(path: Path) -> Path:
    """Write a state with one entry in it."""
    async with SqliteStore(path) as store:
        await store.begin([entry(1)], checkpoint(1), now=NOW)
    return path


async def test_the_number_is_how_many_migrations_have_run(written: Path) -> None:
    assert len(MIGRATIONS) == schema(written)


async def test_an_older_state_is_migrated_with_what_is_in_it(written: Path) -> None:
    with closing(sqlite3.connect(written, isolation_level=None)) as db:
        migrate(db, NEXT)
        assert [("calm",)] == db.execute("SELECT mood FROM entry").fetchall()
        migrate(db, NEXT)
    assert len(NEXT) == schema(written)


async def test_a_newer_state_is_refused_and_left_as_it_is(written: Path) -> None:
    with closing(sqlite3.connect(written, isolation_level=None)) as db:
        migrate(db, NEXT)
    with pytest.raises(
        StateTooNew, match=r"state\.db: the state has schema \d+, .* knows \d+: run the newer mailrules"
    ):
        await SqliteStore(written).open()
    assert len(NEXT) == schema(written)


async def test_a_migration_that_fails_leaves_the_state_as_it_was(written: Path) -> None:
    with closing(sqlite3.connect(written, isolation_level=None)) as db, pytest.raises(sqlite3.OperationalError):
        migrate(db, BROKEN)
    assert len(MIGRATIONS) == schema(written)
    async with SqliteStore(written) as store:
        assert 1 == len(await store.unfinished(ACCOUNT, INBOX))
