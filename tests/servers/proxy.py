"""A TCP proxy that reads IMAP: makes a server poorer, slower or ruder, and writes down what passed.

    async with Proxy(dovecot.ports.imap, without={"MOVE"}, delay=0.025) as proxy:
        proxy.refuse("UID COPY", "NO [OVERQUOTA] Quota exceeded")
        proxy.cut("UID EXPUNGE", Point.BEFORE_ANSWER)
        ...  # a client on proxy.port
        assert proxy.recording.flights == [["LOGIN"], ["SELECT", "UID FETCH"]]

It understands lines, literals, continuations and STARTTLS (after whose OK it only passes bytes on), no more.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Self

from tests.servers.capabilities import Removed
from tests.servers.faults import Faults
from tests.servers.link import End, Link
from tests.servers.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

HOST = "127.0.0.1"


class Proxy(Faults):
    """Stands before the server on a loopback port `upstream`; any number of connections.

    `without`: capabilities that vanish for good: unannounced, and BAD for who uses them all the same.
    `delay`: seconds each way, so half the round trip. What the plan may hold, `Faults` says.
    """

    def __init__(self, upstream: int, *, without: Iterable[str] = (), delay: float = 0.0) -> None:
        super().__init__()
        self.upstream = upstream
        self.delay = delay
        self.segment: int | None = None  # octets in a segment, either way; None is all that there is
        self.gather = 0.0  # seconds without a byte from the server after which the client gets what came, all at once
        self.removed = Removed(without)
        self.recording = Recording()
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.late = asyncio.Event()
        self.port = 0
        self.accepted = 0  # connections so far
        self.live: set[int] = set()  # those that are open, by their numbers
        self._server: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], Link] = {}

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def listen(self) -> None:
        """Accept connections (again), always on the same port."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, HOST, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """Refuse connections, as a server that is down. Those that are open stay; `cut_all` ends them."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def pause(self) -> None:
        """Let nothing pass from now on, until resume()."""
        self.flowing.clear()

    def resume(self) -> None:
        """Let everything pass again."""
        self.flowing.set()

    def belated(self) -> None:
        """Let the server get what was held back when its client was cut off."""
        self.late.set()

    def cut_all(self) -> None:
        """Cut every connection now."""
        for link in self._links.values():
            link.cut()

    async def finished(self) -> None:
        """Wait until the server has finished what those clients asked for that were cut off."""
        while any(link.lingers for link in self._links.values()):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """End everything."""
        self.stop_listening()
        tasks = list(self._links)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def refusal(self, text: bytes) -> bytes | None:
        """Return the answer to a command that the server shall not see."""
        if self.removed.forbids(text):
            return b"BAD Error in IMAP command: unknown here"
        return super().refusal(text)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.accepted += 1
        try:
            server = End(*await asyncio.open_connection(HOST, self.upstream))
        except OSError:
            writer.transport.abort()
            return
        number = self.accepted
        self._links[task] = Link(self, number, End(reader, writer), server)
        self.live.add(number)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await self._links[task].run()
        finally:
            del self._links[task]
            self.live.discard(number)
