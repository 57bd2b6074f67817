"""A state can be copied while somebody works on it."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mailrules.store import SqliteStore, StateDamaged, copy_state

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_copy_has_what_was_committed_and_changes_nothing_in_the_original(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store, store.lease("work"):
        await store.record_run("work", "daily", datetime(2025, 3, 3, tzinfo=UTC))
        copy_state(tmp_path / "state.db", tmp_path / "copy.db")
        async with SqliteStore(tmp_path / "copy.db") as copy:
            assert await copy.last_run("work", "daily") == datetime(2025, 3, 3, tzinfo=UTC)
            await copy.record_run("work", "daily", datetime(2025, 4, 4, tzinfo=UTC))
        assert await store.last_run("work", "daily") == datetime(2025, 3, 3, tzinfo=UTC)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_where_there_is_no_state_there_is_no_copy(tmp_path: Path) -> None:
    copy_state(tmp_path / "state.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_state_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"x" * 5000)
    with pytest.raises(StateDamaged):
        copy_state(tmp_path / "state.db", tmp_path / "copy.db")
