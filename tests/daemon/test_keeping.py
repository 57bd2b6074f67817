"""What was finished long ago, or is too much, is forgotten in time; trouble with it stops nobody."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from mailrules.config import Daemon
from mailrules.daemon import keeping
from mailrules.store import EntryState, SqliteStore, StateError
from tests.daemon.house import until
from tests.store.builders import entry, move

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from mailrules.store import Entry
    from tests.daemon.house import House


async def finished(store: SqliteStore, ago: timedelta, uid: int = 1) -> None:
    await store.begin([entry(uid, state=EntryState.DONE)], None, now=datetime.now(UTC) - ago)


async def test_the_daemon_forgets_what_is_older_than_its_settings_say(house: House) -> None:
    house.write()
    house.path.write_text('[daemon]\nstate = "state.db"\nhistory = "30 days"\n')
    async with SqliteStore(house.path.with_name("state.db")) as store:
        await finished(store, timedelta(days=31))
        await finished(store, timedelta(days=29))
    async with house.running():
        await house.heard("old history forgotten", messages=1)


async def test_it_is_done_again_each_hour_whatever_went_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Damaged(SqliteStore):
        tries = 0

        async def prune(
            self, before: datetime, *, now: datetime, marks: timedelta = timedelta(), octets: int | None = None
        ) -> int:
            self.tries += 1
            if self.tries == 1:
                raise StateError("the disk is full")
            return await super().prune(before, now=now, marks=marks, octets=octets)

    monkeypatch.setattr(keeping, "_HOUR", 0.01)
    async with Damaged(tmp_path / "state.db") as store:
        await finished(store, timedelta(days=31))
        settings = Daemon(history=timedelta(days=30))
        keeper = asyncio.create_task(keeping.forget_in_time(store, lambda: settings, structlog.get_logger()))
        await until(lambda: store.tries > 2)
        keeper.cancel()

        now = datetime.now(UTC)
        assert await SqliteStore.prune(store, now, now=now) == 0


async def test_much_that_comes_at_once_is_not_left_to_the_hour(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        settings = Daemon(history_size="10 MiB")  # type: ignore[arg-type]  # read as in the file
        keeper = asyncio.create_task(keeping.forget_in_time(store, lambda: settings, structlog.get_logger()))
        for start in range(0, 12_000, 200):
            batch = [padded(uid) for uid in range(start + 1, start + 201)]
            await store.begin(batch, None, now=datetime.now(UTC))
        keeper.cancel()
    assert (tmp_path / "state.db").stat().st_size < 20 * 2**20, "unpruned it is 30 MiB"


def padded(uid: int) -> Entry:
    """Build a finished entry that takes two KiB, as mail with its reasons does."""
    return replace(entry(uid, move(uid=uid, uidvalidity=3), state=EntryState.DONE), trace=json.dumps(["x" * 2_000]))
