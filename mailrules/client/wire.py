"""The protocol on a socket: octets from the network into it, and what it wants to say into the network.

It decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mailrules.client.deflate import Deflate
from mailrules.client.pump import PIECE, Pump
from mailrules.imap import ClientProtocol, ProtocolError

if TYPE_CHECKING:
    import asyncio


class Listener(Protocol):
    """Who is told what the wire brings."""

    def on_chunk(self, octets: int) -> None:
        """Look at the protocol's events: it has taken in so many octets."""

    def on_lost(self, error: Exception | None) -> None:
        """Take note that nothing more will come, for this reason if it is known."""


class Wire(Pump):
    """One socket, one `ClientProtocol` and, once it was agreed upon, compression between them.

    `last_heard` is the loop's time of the last octet from the server. `octets_sent` and `octets_received` are what the
    network carried, but for what TLS adds.
    """

    __slots__ = (
        "_behind",
        "_codec",
        "_flush_is_due",
        "_listener",
        "_loss",
        "_over",
        "last_heard",
        "octets_received",
        "octets_sent",
        "protocol",
    )

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self.protocol = ClientProtocol()
        self.last_heard = self._loop.time()
        self.octets_sent = 0
        self.octets_received = 0
        self._listener = listener
        self._flush_is_due = False
        self._codec: Deflate | None = None
        self._behind: asyncio.Handle | None = None
        """Goes on with what was received and is not yet decompressed."""
        self._over = False
        self._loss: Exception | None = None

    def flush_soon(self) -> None:
        """Write what the protocol has to send when all that is ready now has run: one write, one flight."""
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    @property
    def compressed(self) -> bool:
        """Whether it is."""
        return self._codec is not None

    def compress(self, begun: bytes) -> None:
        """Compress and decompress from now on; `begun` has been received already. RFC 4978 §3."""
        self._codec = Deflate()
        self._codec.take(begun)
        self._go_on_soon()

    def abort(self) -> None:
        """End the connection without a word; what was not yet sent is lost."""
        if self._behind is not None:
            self._behind.cancel()
            self._behind = None
        self._codec = None
        super().abort()

    # --- the pump calls these

    def received(self, data: bytes) -> None:
        """Give octets to the protocol."""
        self.last_heard = self._loop.time()
        self.octets_received += len(data)
        if self._codec is None:
            self._give(data)
        else:
            self._codec.take(data)
            self._decompress(self._codec)

    def ended(self, error: Exception | None) -> None:
        """Tell the protocol and our listener that nothing more comes, as soon as they know all that came."""
        self._over, self._loss = True, error
        if self._behind is None:
            self._end()

    def _give(self, data: bytes) -> None:
        try:
            self.protocol.receive_data(data)
        except ProtocolError as error:
            self._listener.on_chunk(len(data))
            self._listener.on_lost(error)
            return
        # First those who waited for an answer, then this flush: what they submit leaves in the same write.
        self._listener.on_chunk(len(data))
        if self.protocol.has_data_to_send:
            self.flush_soon()

    def _decompress(self, codec: Deflate) -> None:
        try:
            data = codec.read(PIECE)
        except ProtocolError as error:
            self._listener.on_lost(error)
            return
        more = len(data) == PIECE  # a few octets may stand for a lot: the other connections first
        if more:
            self._go_on_soon()
        else:
            self.listen()
        if data:
            self._give(data)
        if self._over and not more:
            self._end()

    def _go_on_soon(self) -> None:
        self.pause()
        self._behind = self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._behind = None
        if self._codec is not None:
            self._decompress(self._codec)

    def _end(self) -> None:
        self.protocol.receive_eof()
        self._listener.on_chunk(0)
        self._listener.on_lost(self._loss)

    def _flush(self) -> None:
        self._flush_is_due = False
        data = self.protocol.data_to_send()
        if not data:
            return
        if self._codec is not None:
            data = self._codec.compress(data)
        self.octets_sent += len(data)
        self.write(data)
