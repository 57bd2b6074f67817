"""The pump: bytes from the network into the protocol, and what the protocol wants to say into the network.

It decides nothing. Reading never waits for writing, so two full buffers cannot block each other; what is written waits
in the transport's buffer, which our callers bound by what they submit.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from mailrules.imap import ClientProtocol, ProtocolError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


class Wire(asyncio.Protocol):
    """One transport and one `ClientProtocol`.

    `on_chunk` is called, with the number of octets, when the protocol has taken in what was received; `on_lost` once
    when nothing more will come, with the reason if it is known. `last_heard` is the loop's time of the last byte from
    the server.
    """

    def __init__(self, on_chunk: Callable[[int], None], on_lost: Callable[[Exception | None], None]) -> None:
        self.protocol = ClientProtocol()
        self.closed = asyncio.Event()
        self._on_chunk = on_chunk
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self.last_heard = self._loop.time()
        self._transport: asyncio.Transport | None = None
        self._flush_is_due = False

    def flush_soon(self) -> None:
        """Write what the protocol has to send when all that is ready now has run: one write, one flight."""
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    async def start_tls(self, context: ssl.SSLContext, host: str, limit: float) -> None:
        """Turn to TLS. Raises ssl.SSLError and OSError when the handshake fails; `limit` in seconds."""
        transport = self._transport
        if transport is None:
            raise ConnectionResetError
        self._transport = await self._loop.start_tls(
            transport, self, context, server_hostname=host, ssl_handshake_timeout=limit
        )
        if self._transport is None:  # the server closed it in the middle
            raise ConnectionResetError

    def abort(self) -> None:
        """End the connection without a word; what was not yet sent is lost."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def peer(self) -> str:
        """Return the server's address as a number; empty when there is none."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else ""

    # --- asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Give bytes to the protocol."""
        self.last_heard = self._loop.time()
        try:
            self.protocol.receive_data(data)
        except ProtocolError as error:
            self._on_chunk(len(data))
            self._on_lost(error)
            return
        # First those who waited for an answer, then this flush: what they submit leaves in the same write.
        self._on_chunk(len(data))
        self.flush_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the protocol and our owner that nothing more comes."""
        self._transport = None
        self.protocol.receive_eof()
        self._on_chunk(0)
        self._on_lost(exc)
        self.closed.set()

    def _flush(self) -> None:
        self._flush_is_due = False
        data = self.protocol.data_to_send()
        if data and self._transport is not None:
            self._transport.write(data)
