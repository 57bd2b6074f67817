"""What the daemon's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.daemon.house import House

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A place for one daemon."""
    return House(tmp_path)
