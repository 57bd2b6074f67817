"""What the scenarios share."""

from pathlib import Path

import pytest

from tests.daemon.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A place for one daemon, in this process or in one of its own."""
    return House(tmp_path)
