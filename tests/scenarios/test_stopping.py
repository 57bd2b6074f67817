"""A stop takes less than five seconds, whatever each account is at."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.daemon.house import House
from tests.faults.process import LIMIT, daemon
from tests.scenarios.setting import account
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import HOST, Proxy


@asynccontextmanager
async def mute() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A port that lets everybody in and says nothing, and an event for when somebody has come."""
    came = asyncio.Event()
    gone = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await gone.wait()
        writer.transport.abort()

    server = await asyncio.start_server(say_nothing, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1], came
        gone.set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_waits_for_no_server(dovecot: Dovecot, house: House, user: str, number: signal.Signals) -> None:
    """One account idles, one waits for a greeting, one for TLS, two for their next try; one is asked in vain.

    The best of a few is looked at: the machine may be busy with something else.
    """
    took: list[float] = []
    async with mute() as (greeting, greeted), mute() as (handshake, shaken), Proxy(dovecot.ports.imap) as stalled:
        async with Proxy(dovecot.ports.imap) as closed:
            pass
        house.write(
            account("idles", user, dovecot.ports.imap),
            account("connects", user, greeting),
            account("shakes hands", user, handshake, tls="implicit").replace("shakes hands", '"shakes hands"'),
            account("refused", f"{user}-1", dovecot.ports.imap, password="wrong"),
            account("closed", user, closed.port),
            account("stalled", f"{user}-2", stalled.port),
        )
        while not took or (took[-1] >= 5 and len(took) < 10):
            stalled.resume()
            stalled.stall("LIST")
            greeted.clear()
            shaken.clear()
            async with daemon(house.path) as running:
                await running.logged("watching", account="idles")
                await running.logged("sign-in failed", account="refused")
                await running.logged("interrupted", account="closed")
                await asyncio.wait_for(asyncio.gather(greeted.wait(), shaken.wait()), LIMIT)
                await running.logged("signed in", account="stalled")
                running.process.send_signal(number)
                began = time.monotonic()
                await asyncio.wait_for(running.process.wait(), LIMIT)
                took.append(time.monotonic() - began)
                assert await running.ended() == 0
            assert running.find("stopped")
            assert not running.find("unexpected error")
    assert min(took) < 5
