"""A state of one's own for every test that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailrules.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a state that does not exist yet."""
    return tmp_path / "state" / "state.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """Open a new state."""
    async with SqliteStore(path) as store:
        yield store
