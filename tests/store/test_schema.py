"""The state carries its schema number: an older one is migrated, a newer one is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mailrules.store import Acted, Awaited, EntryState, HistoryQuery, Met, Own, SqliteStore, StateTooNew
from mailrules.store.schema import MIGRATIONS, migrate
from tests.store.builders import ACCOUNT, INBOX, LISTS, NOW, checkpoint, entry, seen

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


async def test_a_state_of_the_first_schema_is_migrated_in_place(path: Path) -> None:
    """What was written before marks, uses and runs were known stays, and where mail was filed can be told of it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, MIGRATIONS[:1])
        db.execute("INSERT INTO account (name) VALUES (?)", (ACCOUNT,))
        db.executemany("INSERT INTO mailbox (account, name) VALUES (1, ?)", [(INBOX,), (LISTS,)])
        db.execute(
            "INSERT INTO entry VALUES (1, 1, 7, 5, '<5@example.org>', 'f', 0, 9, '[]', '[]', '', '[]', 0, 0, 'done', 0,"
            " NULL, '', 0, 1)"
        )
        db.execute("INSERT INTO step VALUES (1, 0, 'move', 'r', '[]', '[]', NULL, 2, NULL, NULL, NULL, 'f', 'done')")
    assert 1 == schema(path)
    async with SqliteStore(path) as store:
        assert {"<5@example.org>": LISTS} == await store.filed(ACCOUNT, ["<5@example.org>"])
        met = [Met(ACCOUNT, INBOX, 7, 6, "f", NOW, "id", "x")]
        await store.begin([entry(6)], None, met=met, acted=[Acted("lists", 7, 6)], now=NOW)
        assert [6] == [one.uid for one in await store.unfinished(ACCOUNT, INBOX)]
    assert len(MIGRATIONS) == schema(path)


async def test_a_state_of_the_third_schema_knows_what_it_has_in_hand_and_what_it_expects(path: Path) -> None:
    """There every step had its message's fingerprint, in hand or not."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, MIGRATIONS[:3])
        db.execute("INSERT INTO account (name) VALUES (?)", (ACCOUNT,))
        db.executemany("INSERT INTO mailbox (account, name) VALUES (1, ?)", [(INBOX,), (LISTS,)])
        db.executemany(
            "INSERT INTO entry (id, mailbox, uidvalidity, uid, message_id, fingerprint, internaldate, size,"
            " prior_flags, rules, ruleset, trace, chain, hops, state, attempts, reason, begun, finished)"
            " VALUES (?, 1, 7, ?, '', ?, 0, 9, '[]', '[]', '', '[]', 0, 0, ?, 0, '', 0, ?)",
            [(1, 5, "fingerprint-5", "begun", None), (2, 6, "fingerprint-6", "done", 1)],
        )
        db.executemany(
            "INSERT INTO step VALUES (?, 0, ?, 'r', '[]', '[]', NULL, 2, NULL, NULL, NULL, ?, ?)",
            [(1, "move", "fingerprint-5", "begun"), (2, "copy", "fingerprint-6", "done")],
        )
    async with SqliteStore(path) as store, store.lease(ACCOUNT):
        (begun,) = await store.unfinished(ACCOUNT, INBOX)
        assert {6: frozenset({LISTS})} == await store.copied(ACCOUNT, INBOX, 7)
        arrived = await store.arrivals(ACCOUNT, LISTS, 3, [seen(40, "fingerprint-5"), seen(41, "fingerprint-6")])
        assert {40: Awaited((1,)), 41: Own(2, chain=False, hops=0, rules=())} == arrived
        await store.record([replace(begun, state=EntryState.DONE)], now=NOW)
        assert {} == await store.arrivals(ACCOUNT, LISTS, 3, [seen(42, "fingerprint-6")])
    assert len(MIGRATIONS) == schema(path)


async def test_a_state_of_the_fourth_schema_keeps_its_journal_as_it_is_read(path: Path) -> None:
    """What is written of a message once goes to a table of its own; an id that was pruned is not given again."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, MIGRATIONS[:4])
        db.execute("INSERT INTO account (name) VALUES (?)", (ACCOUNT,))
        db.executemany("INSERT INTO mailbox (account, name) VALUES (1, ?)", [(INBOX,), (LISTS,)])
        db.executemany(
            "INSERT INTO entry VALUES (?, 1, 7, ?, ?, 'f', 11, 9, '[\"$A\"]', '[\"r\"]', 'd', '[1]', 1, 2, ?, 3, ?,"
            " 'why', 12, ?, 'ann', X'EDB280', 4, 13)",
            [(1, 5, "<5@x>", "done", None, 14), (2, 6, "", "pending", 15, None), (9, 7, "", "gone", None, 16)],
        )
        db.execute("DELETE FROM entry WHERE id = 9")
        before = db.execute("SELECT * FROM journal ORDER BY id").fetchall()
        migrate(db)
        assert before == db.execute("SELECT * FROM journal ORDER BY id").fetchall()
    async with SqliteStore(path) as store:
        assert [2, 1] == [one.id for one in await store.history(HistoryQuery())]
        assert [1] == [one.id for one in await store.history(HistoryQuery(message_id="<5@x>", sender="Ann"))]
        (new,) = await store.begin([entry(8)], None, now=NOW)
        assert 10 == new.id


def test_a_migration_loses_nothing_where_sqlite_was_built_to_keep_foreign_keys(path: Path) -> None:
    """To drop a table is there to delete its rows, and with them those of other tables that refer to them."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, MIGRATIONS[:4])
        db.execute("INSERT INTO account (name) VALUES (?)", (ACCOUNT,))
        db.executemany("INSERT INTO mailbox (account, name) VALUES (1, ?)", [(INBOX,), (LISTS,)])
        db.execute(
            "INSERT INTO entry VALUES (1, 1, 7, 5, '<5@x>', 'f', 11, 9, '[]', '[\"r\"]', 'd', '[]', 0, 0, 'begun', 0,"
            " NULL, '', 12, NULL, '', '', NULL, NULL)"
        )
        db.execute("INSERT INTO step VALUES (1, 0, 'move', 'r', '[]', '[]', NULL, 2, 8, 3, NULL, '', 'begun')")
        db.execute("PRAGMA foreign_keys = ON")
        migrate(db)
        counted = [db.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("journal", "step")]  # noqa: S608
    assert [(1,), (1,)] == counted


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
