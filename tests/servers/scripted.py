"""A server that knows no IMAP: it plays a script of reads and writes, and says which line was not as written."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

HOST = "127.0.0.1"
LIMIT = 60.0  # seconds for a line that the script waits for


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *lines: str) -> None:
        """Send lines, all in one write."""
        await self.send_bytes("".join(line + "\r\n" for line in lines).encode())

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def expect(self, line: str) -> None:
        """Read a line and hold it against the script; `*` at its end stands for anything."""
        got = (await asyncio.wait_for(self._reader.readline(), LIMIT)).decode().removesuffix("\r\n")
        matches = got.startswith(line[:-1]) if line.endswith("*") else got == line
        assert matches, f"the client sent {got!r}, the script has {line!r}"

    async def receive(self) -> bytes:
        """Read whatever comes first."""
        return await asyncio.wait_for(self._reader.read(65_536), LIMIT)

    async def converse(self, *turns: str) -> None:
        """Play `C: …` (expected) and `S: …` (sent) lines."""
        for turn in turns:
            if turn.startswith("C: "):
                await self.expect(turn[3:])
            else:
                await self.send(turn[3:])

    async def end(self) -> bytes:
        """Read to the client's end of the connection; what came."""
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self._reader.read(), LIMIT)
        return b""


@contextlib.asynccontextmanager
async def scripted(
    script: Callable[[Peer], Awaitable[None]], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve each connection by the script; yields the port. A script that fails fails the test."""
    failures: list[BaseException] = []
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            if tls is not None:
                await writer.start_tls(tls)
            await script(Peer(reader, writer))
        except (AssertionError, TimeoutError) as failure:
            failures.append(failure)
        except (OSError, asyncio.CancelledError):
            pass  # the client's right: it may have seen the certificate
        finally:
            running.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if running:
            await asyncio.wait(running, timeout=0.2)
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if failures:
        raise failures[0]
