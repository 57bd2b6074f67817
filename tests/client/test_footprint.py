"""What a quiet connection takes: thousands of them are in one process."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import ssl
import sys
import tracemalloc
import weakref
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailrules.client import ConnectionLost, Credentials, Endpoint, Session, TLSMode
from mailrules.imap import INBOX, Status, StatusItem, UidFetch, UIDSet, body
from tests.builders import message
from tests.client.connecting import QUICK
from tests.servers.dovecot import PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import FrameType

    from tests.servers.dovecot import Dovecot

NUMBER = 30


@asynccontextmanager
async def idling(dovecot: Dovecot, user: str) -> AsyncIterator[Session]:
    """Yield a session over TLS that rests in INBOX, with somebody who waits for mail."""
    endpoint = Endpoint("localhost", dovecot.ports.imaps, TLSMode.IMPLICIT, dovecot.ca_file)
    session = await Session.open(endpoint, Credentials(user, PASSWORD), QUICK)
    connection = session.connection
    try:
        selected = await session.select(INBOX)
        connection.idle()
        await connection.until(lambda: connection._idle_runs, 60)
        waiting = asyncio.create_task(connection.until(lambda: selected.arrived > 0, 3_600))
        yield session
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled() or isinstance(waiting.exception(), ConnectionLost)
    finally:
        connection.abort()


@contextmanager
def our_calls() -> Iterator[list[str]]:
    """Yield the names of the project's functions that are called while the block runs."""
    calls: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and "/mailrules/" in frame.f_code.co_filename:
            calls.append(frame.f_code.co_qualname)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


async def test_an_idle_connection_takes_little_beside_what_openssl_does(dovecot: Dovecot, user: str) -> None:
    """No buffer, no second copy of what all of them know, two timers at most: 8.4 kB in 104 blocks when it was made."""
    async with AsyncExitStack() as stack:
        for _ in range(3):  # what all connections share is there now
            await stack.enter_async_context(idling(dovecot, user))
        gc.collect()
        tracemalloc.start()
        try:
            blocks = sys.getallocatedblocks()
            for _ in range(NUMBER):
                await stack.enter_async_context(idling(dovecot, user))
            gc.collect()
            blocks = sys.getallocatedblocks() - blocks
            octets, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert octets / NUMBER < 9_500
    assert blocks / NUMBER < 120


async def test_a_short_answer_is_read_in_one_call(dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks the kernel whether more is behind it: it tells."""
    async with idling(dovecot, user) as session:
        read: list[int] = []
        recv = ssl.SSLSocket.recv

        def count(self: ssl.SSLSocket, buflen: int = 1024, flags: int = 0) -> bytes:
            data = recv(self, buflen, flags)
            read.append(len(data))
            return data

        monkeypatch.setattr(ssl.SSLSocket, "recv", count)
        session.connection.done()
        await session.connection.submit(Status(INBOX, (StatusItem.UIDNEXT,)))
        await session.connection.submit(Status(INBOX, (StatusItem.UIDNEXT,)))
        received = session.connection.octets_received
        calls = len(read)
        await session.connection.submit(Status(INBOX, (StatusItem.UIDNEXT,)))
        assert sum(read[calls:]) == session.connection.octets_received - received
        assert len(read) - calls == 1


async def test_to_ask_a_quiet_mailbox_takes_few_calls(dovecot: Dovecot, user: str) -> None:
    """DONE, STATUS and IDLE with their answers: 150 calls of our functions when it was made."""
    async with idling(dovecot, user) as session:
        connection, counts = session.connection, []
        for _ in range(5):
            with our_calls() as calls:
                connection.ask_for_life(60)
                asked = connection.submit(Status(INBOX, (StatusItem.MESSAGES, StatusItem.UIDNEXT)))
                connection.idle()
                await asked
                await connection.until(lambda: connection._idle_runs, 60)
            counts.append(len(calls))

        assert min(counts) < 160


async def test_a_long_answer_leaves_nothing_behind(dovecot: Dovecot, user: str) -> None:
    """Neither what was read nor what was sent stays in any buffer."""
    async with idling(dovecot, user) as session:
        connection = session.connection
        connection.done()
        await connection.submit(Status(INBOX, (StatusItem.UIDNEXT,)))
        gc.collect()
        tracemalloc.start()
        try:
            dovecot.append(user, "Big", message("big", body="x" * 5_000_000))
            await session.examine(session.namespace.to_wire("Big"))
            (big,) = await connection.submit(UidFetch(UIDSet.all(), (body(),)))
            assert len(big.section("") or b"") > 5_000_000
            del big
            await asyncio.gather(*(connection.submit(Status(INBOX, (StatusItem.UIDNEXT,))) for _ in range(10)))
            gc.collect()
            left, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert left < 100_000


@pytest.mark.parametrize("ending", ["close", "abort", "cut"])
async def test_a_connection_that_ends_leaves_nothing_behind(dovecot: Dovecot, user: str, ending: str) -> None:
    """Neither the connection nor its socket, whoever ends it."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(idling(dovecot, user))
        match ending:
            case "close":
                await session.connection.close()
            case "abort":
                session.connection.abort()
            case _:
                for number in dovecot.sessions(user):
                    os.kill(number, signal.SIGKILL)
                with pytest.raises(ConnectionLost):
                    await session.connection.until(lambda: False, 60)
        assert session.connection._wire._socket is None
    gone = weakref.ref(session.connection._protocol)
    del session, stack
    gc.collect()
    assert gone() is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_what_one_server_can_do_is_known_once(dovecot: Dovecot, user: str) -> None:
    async with idling(dovecot, user) as one, idling(dovecot, user) as other:
        assert one.capabilities is other.capabilities
        assert one.connection.quirks is other.connection.quirks
        assert one.selected is not None
        assert other.selected is not None
        assert one.selected.flags is other.selected.flags
        assert one.selected.permanent_flags is other.selected.permanent_flags
