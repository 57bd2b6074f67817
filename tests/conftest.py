"""What every test may ask for: an event loop, a Dovecot for the session, a user of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from tests.servers.dovecot import Dovecot

if TYPE_CHECKING:
    from collections.abc import Iterator

# A machine that is busy with something else takes its time to make an example up and to try it.
settings.register_profile("new examples", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples each time: `pytest --hypothesis-profile="new examples"` hunts for others.
settings.register_profile("same examples", settings.get_profile("new examples"), derandomize=True, database=None)
settings.load_profile("same examples")


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Asyncio's own loop; a test that wants uvloop says so."""
    return "asyncio", {"use_uvloop": False}


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One server for the whole session: separator `/`, no prefix, no quota."""
    with Dovecot() as server:
        yield server


@pytest.fixture
def user() -> str:
    """Name a user that no other test has: every name may sign in, with `tests.servers.dovecot.PASSWORD`."""
    return f"user-{uuid4().hex[:12]}"
