"""Octets to and from one socket, in the clear or by TLS, on whichever event loop runs.

A quiet connection keeps its socket, what OpenSSL needs for it, and no buffer. Reading never waits for writing, so two
full buffers cannot block each other; what the socket does not take at once waits here, and our callers bound that by
what they submit.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

PIECE = 256 * 1024
"""The most octets that are read in one turn of the loop, so that a long answer does not hold up the others."""

_LEAST = 4 * 1024
"""What one reading counts for at least: records of an octet each would hold up the others as well."""

_SHORT = 512
"""Octets; to ask for more behind as few is a system call for nothing, at each check of thousands of quiet mailboxes."""

_RECORD = 16 * 1024
"""The longest plain text of a TLS record: whoever reads as much leaves nothing behind in OpenSSL, where no event loop
would see it."""


class Pump(ABC):
    """One socket. What derives from it is told what has come, and once that nothing more will."""

    __slots__ = ("_listens", "_loop", "_reads", "_socket", "_unsent", "_watches_writing")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._listens = False
        self._reads = 0  # octets that one call may return
        self._unsent: bytearray | None = None
        self._watches_writing = False

    @abstractmethod
    def received(self, data: bytes) -> None:
        """Take what has come; it is never empty."""

    @abstractmethod
    def ended(self, error: Exception | None) -> None:
        """Take note that nothing more will come; `error` is the reason if the server did not just close."""

    # --- its life

    def take(self, connected: socket.socket) -> None:
        """Own this non-blocking socket from now on. Nothing is read before `listen`."""
        self._socket = connected
        self._reads = PIECE

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Turn to TLS, reading nothing until `listen`. Raises ssl.SSLError and ConnectionError; it waits without limit.

        Cancelled or not, the socket is still ours afterwards, if it has not been closed.
        """
        if self._socket is None or self._unsent:
            raise ConnectionResetError
        self.pause()
        bare, self._socket = self._socket, None  # where wrapping fails, nothing is left of it
        try:
            with bare:
                bare.getpeername()
                wrapped = context.wrap_socket(bare, server_hostname=host, do_handshake_on_connect=False)
            self._socket = wrapped
            await self._shake_hands(wrapped)
        except (ssl.SSLError, ConnectionError):
            raise
        except OSError as error:  # ENOTCONN: it broke before the first octet
            raise ConnectionResetError from error
        self._reads = _RECORD

    async def _shake_hands(self, wrapped: ssl.SSLSocket) -> None:
        while True:
            try:
                wrapped.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(self._loop.add_reader, self._loop.remove_reader, wrapped.fileno())
            except ssl.SSLWantWriteError:
                await _ready(self._loop.add_writer, self._loop.remove_writer, wrapped.fileno())
            else:
                return

    def listen(self) -> None:
        """Begin, or go on, to read."""
        if self._socket is not None and not self._listens:
            self._listens = True
            self._loop.add_reader(self._socket.fileno(), self._turn)

    def pause(self) -> None:
        """Read nothing until `listen`."""
        if self._socket is not None and self._listens:
            self._listens = False
            self._loop.remove_reader(self._socket.fileno())

    def write(self, data: bytes) -> None:
        """Send, now or as soon as the socket takes it."""
        if self._socket is None:
            return
        if self._unsent is not None:
            self._unsent += data
            return
        self._unsent = bytearray(data)
        self._watch_writing(self._send() or self._watches_writing)

    def abort(self) -> None:
        """End the connection without a word; what was not yet sent is lost."""
        self._close()

    def peer(self) -> str:
        """Return the server's address as a number; empty when there is none."""
        try:
            return str(self._socket.getpeername()[0]) if self._socket is not None else ""
        except OSError:
            return ""

    def _close(self) -> None:
        gone, self._socket, self._unsent = self._socket, None, None
        if gone is not None:
            self._loop.remove_reader(gone.fileno())
            self._loop.remove_writer(gone.fileno())
            gone.close()

    # --- the loop calls these

    def _turn(self) -> None:
        """Read what there is and send what waits: with TLS either may have to wait for the other."""
        blocked = self._receive()
        if self._unsent is not None:
            blocked |= self._send()
        if blocked is not self._watches_writing:
            self._watch_writing(blocked)

    def _receive(self) -> bool:
        """Read once; return whether the socket has to take something before more can be read."""
        source, pieces, room = self._socket, [], PIECE
        if source is None or not self._listens:
            return False
        blocked, over, error = False, False, None
        try:
            while room >= self._reads:
                piece = source.recv(self._reads)
                if not piece:
                    over = True
                    break
                pieces.append(piece)
                room -= max(len(piece), _LEAST)
                if len(piece) < _SHORT:
                    break  # that was all, as a rule; the loop tells of what else there is
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except ssl.SSLWantWriteError:
            blocked = True
        except OSError as failure:
            over, error = True, failure
        if pieces:
            self.received(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        if over and self._socket is source:
            self._lose(error)
        return blocked

    def _send(self) -> bool:
        """Send as much as the socket takes; return whether it has to be waited for."""
        target, unsent = self._socket, self._unsent
        if target is None or unsent is None:
            return False
        try:
            while unsent:
                sent = target.send(unsent)
                del unsent[:sent]
        except (BlockingIOError, ssl.SSLWantWriteError):
            return True
        except ssl.SSLWantReadError:
            return False  # what is read next makes us send again
        except OSError as failure:
            self._receive()  # the server's last word may say more than the failure
            if self._socket is target:
                self._lose(failure)
        self._unsent = None
        return False

    def _watch_writing(self, blocked: bool) -> None:  # noqa: FBT001 - it is no switch, but what is seen to
        if self._socket is None or blocked is self._watches_writing:
            return
        self._watches_writing = blocked
        if blocked:
            self._loop.add_writer(self._socket.fileno(), self._turn)
        else:
            self._loop.remove_writer(self._socket.fileno())

    def _lose(self, error: Exception | None) -> None:
        self._close()
        self.ended(error)


async def _ready(add: Callable[..., None], remove: Callable[[int], bool], number: int) -> None:
    """Wait until the loop says that this socket is ready."""
    ready = asyncio.get_running_loop().create_future()
    add(number, _set, ready)
    try:
        await ready
    finally:
        remove(number)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
