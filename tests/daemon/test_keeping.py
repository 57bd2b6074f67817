"""What was finished long ago is forgotten, at the start and each day; trouble with it stops nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from mailrules.daemon import keeping
from mailrules.store import EntryState, SqliteStore, StateError
from tests.daemon.house import until
from tests.store.builders import entry

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

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


async def test_it_is_done_again_each_day_whatever_went_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Damaged(SqliteStore):
        tries = 0

        async def prune(self, before: datetime, *, now: datetime, marks: timedelta = timedelta()) -> int:
            self.tries += 1
            if self.tries == 1:
                raise StateError("the disk is full")
            return await super().prune(before, now=now, marks=marks)

    monkeypatch.setattr(keeping, "_DAY", 0.01)
    async with Damaged(tmp_path / "state.db") as store:
        await finished(store, timedelta(days=31))
        daily = asyncio.create_task(keeping.forget_daily(store, lambda: timedelta(days=30), structlog.get_logger()))
        await until(lambda: store.tries > 2)
        daily.cancel()

        now = datetime.now(UTC)
        assert await SqliteStore.prune(store, now, now=now) == 0
