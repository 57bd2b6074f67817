"""Ways to connect that the client's tests share."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mailrules.client import Connection, Credentials, Endpoint, Session, Timeouts, TLSMode
from tests.servers.dovecot import HOST, PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUICK = Timeouts(connect=60, silence=60)  # seconds: a test that hangs ends


def plain(port: int) -> Endpoint:
    """Return a loopback endpoint without TLS."""
    return Endpoint(HOST, port, TLSMode.NONE)


@contextlib.asynccontextmanager
async def connected(endpoint: Endpoint, timeouts: Timeouts = QUICK) -> AsyncIterator[Connection]:
    """Yield an open connection, and end it without a word, which a script could not answer."""
    connection = await Connection.open(endpoint, timeouts)
    try:
        yield connection
    finally:
        connection.abort()


@contextlib.asynccontextmanager
async def signed_in(port: int, user: str, timeouts: Timeouts = QUICK) -> AsyncIterator[Session]:
    """Yield a session, and close it."""
    session = await Session.open(plain(port), Credentials(user, PASSWORD), timeouts)
    try:
        yield session
    finally:
        await session.connection.close()
