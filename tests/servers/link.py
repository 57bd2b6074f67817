"""One connection through the proxy: two pumps between a client and the server.

A refused command goes to the server as NOOP and its tagged answer is replaced, so that the refusal comes when the
server's own would: after the answers to what was sent before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.faults import Action, Point, Side
from tests.servers.recording import Exchange
from tests.servers.splitter import Piece, Splitter

if TYPE_CHECKING:
    from tests.servers.proxy import Proxy

LINGER = 10.0  # seconds in which the server may finish what a client that was cut off asked for


class Severed(Exception):
    """A planned cut."""


@dataclass(slots=True)
class End:
    """One end of the link: what came from it (and when it is due), and what waits to be written to it together."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    arrived: asyncio.Queue[tuple[float, int, bytes]] = field(default_factory=asyncio.Queue)
    splitter: Splitter = field(default_factory=Splitter)
    out: list[bytes] = field(default_factory=list)

    def taken(self) -> bytes:
        """Take what waits to be written."""
        data = b"".join(self.out)
        self.out.clear()
        return data

    async def write(self, data: bytes, segment: int | None) -> None:
        """Write at once, or in segments of so many octets."""
        for begin in range(0, len(data), segment or len(data) or 1):
            if not self.writer.is_closing():
                self.writer.write(data[begin : begin + segment] if segment else data)
                await self.writer.drain()
            if segment:
                await asyncio.sleep(0)  # the other end is in this loop, and reads it now


class Link:
    """Both pumps, and what each must know of the other."""

    def __init__(self, proxy: Proxy, number: int, client: End, server: End) -> None:
        self._proxy = proxy
        self._number = number
        self._client = client
        self._server = server
        self._flight = 0
        self._own_flight = 0  # the same, counted on this connection
        self._passed: Counter[tuple[Side, int]] = Counter()
        self._client_received = True  # something since it last sent; the greeting is not waited for
        self._exchanges: dict[bytes, Exchange] = {}
        self._refused: dict[bytes, bytes] = {}
        self._command: Exchange | None = None  # that the client is sending
        self._dropping = False  # the pieces of it, as it is refused
        self._reply = b""  # that the server is sending
        self._lingering: bytes | None = None
        """The tag that the server still works on, after the client was cut off; empty: all that it has got."""
        self._frozen = False
        self._transparent = False  # TLS from here on

    async def run(self) -> None:
        """Pass bytes until either side ends."""
        readers = [asyncio.create_task(self._read(end)) for end in (self._client, self._server)]
        from_client, from_server = (asyncio.create_task(pump()) for pump in (self._from_client, self._from_server))
        tasks = [*readers, from_client, from_server]
        try:
            await asyncio.wait([from_client, from_server], return_when=asyncio.FIRST_COMPLETED)
            if self._lingering is not None:
                await asyncio.wait([from_server], timeout=LINGER)
        finally:
            for task in tasks:
                task.cancel()
            for end in (self._client, self._server):
                end.writer.close()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for end in (self._client, self._server):
                with contextlib.suppress(OSError):
                    await end.writer.wait_closed()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, OSError | Severed):
                raise result

    @property
    def lingers(self) -> bool:
        """Whether the server still works on what a client asked for that was cut off."""
        return self._lingering is not None

    def cut(self) -> None:
        """End both connections now; the client sees a reset."""
        self._client.writer.transport.abort()
        self._server.writer.transport.abort()

    async def _read(self, end: End) -> None:
        loop = asyncio.get_running_loop()
        data = b"?"
        while data:
            try:
                data = await end.reader.read(65_536)
            except OSError:
                data = b""
            if data and end is self._client:
                self._count_flight()
            end.arrived.put_nowait((loop.time() + self._proxy.delay, self._flight, data))

    def _count_flight(self) -> None:
        if self._client_received:
            self._client_received = False
            self._proxy.recording.last_flight += 1
            self._flight = self._proxy.recording.last_flight
            self._own_flight += 1

    async def _next(self, end: End) -> tuple[int, bytes]:
        """Return the next bytes from this end when they are due, with their flight; no bytes at its end."""
        due, flight, data = await end.arrived.get()
        wait = due - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)
        await self._proxy.flowing.wait()
        if self._frozen:
            await asyncio.Event().wait()
        return flight, data

    async def _flush(self, side: Side) -> None:
        """Write what waits for one side, as far as it is to get it."""
        end = self._client if side is Side.CLIENT else self._server
        if not (data := end.taken()):
            return
        key = side, self._own_flight
        room = self._proxy.room(*key, self._passed[key])
        cut = room is not None and room <= len(data)
        data = data[:room] if cut else data
        self._passed[key] += len(data)
        self._proxy.recording.octets[self._number, self._own_flight, side] += len(data)
        await end.write(data, self._proxy.segment)
        if cut:
            self._proxy.severed()
            self._client.writer.close()  # by a plain end: a reset would overtake what it still is to get
            with contextlib.suppress(OSError):
                self._server.writer.write_eof()
            self._lingering = b""
            raise Severed

    # --- client to server

    async def _from_client(self) -> None:
        while True:
            flight, data = await self._next(self._client)
            if not data:
                return
            if self._transparent:
                self._server.out.append(data)
            else:
                for piece in self._client.splitter.feed(data):
                    await self._client_piece(piece, flight)
            await self._flush(Side.SERVER)

    async def _client_piece(self, piece: Piece, flight: int) -> None:
        if piece.first:
            self._command = self._exchange(piece.data, flight)
            if self._command is not None and await self._refused_at_once(self._command, piece):
                self._command = None
                return
        elif self._command is not None:
            self._command.text += piece.data
        if not self._dropping:
            self._server.out.append(self._proxy.read(piece.data))
        if piece.last and self._command is not None:
            exchange, self._command, self._dropping = self._command, None, False
            exchange.text = exchange.text.removesuffix(b"\r\n")
            await self._reach(Point.AFTER_COMMAND, exchange)

    def _exchange(self, line: bytes, flight: int) -> Exchange | None:
        """Open an exchange for a command; None for a line that goes on with AUTHENTICATE."""
        if any(exchange.name == "AUTHENTICATE" for exchange in self._exchanges.values()):
            return None
        tag, _, text = line.partition(b" ")
        if not text:  # DONE has no tag
            tag, text = b"", line
        exchange = Exchange(self._number, flight, tag, text)
        self._proxy.recording.commands.append(exchange)
        if tag:
            self._exchanges[tag] = exchange
        return exchange

    async def _refused_at_once(self, exchange: Exchange, piece: Piece) -> bool:
        """Look for faults at a command's first line; true if it is refused and no more of it will come."""
        await self._reach(Point.BEFORE_COMMAND, exchange)
        answer = self._proxy.refusal(exchange.text)
        if answer is None:
            return False
        self._refused[exchange.tag] = answer
        self._server.out.append(exchange.tag + b" NOOP\r\n")
        if piece.last or not piece.data.endswith(b"+}\r\n"):
            exchange.text = exchange.text.removesuffix(b"\r\n")
            self._client.splitter.abandon()
            return True
        self._dropping = True  # a literal that does not wait comes all the same
        return False

    # --- server to client

    async def _from_server(self) -> None:
        while True:
            _, data = await self._next(self._server)
            if not data:
                return
            if self._transparent:
                self._client_received = True
                self._client.out.append(data)
            else:
                for piece in self._server.splitter.feed(data):
                    await self._server_piece(piece)
            if self._proxy.gather:
                await asyncio.sleep(self._proxy.gather)
            if not self._proxy.gather or self._server.arrived.empty():
                await self._flush(Side.CLIENT)

    async def _server_piece(self, piece: Piece) -> None:
        self._reply += self._proxy.removed.strip(piece.data) if piece.first else piece.data
        if not piece.last:
            return
        reply, self._reply = self._proxy.said(self._reply), b""
        tag, _, text = reply.partition(b" ")
        exchange = self._exchanges.pop(tag, None)
        if exchange is None:
            self._deliver(reply)
            return
        if self._lingering == tag:
            raise Severed
        answer = self._refused.pop(tag, text.removesuffix(b"\r\n"))
        await self._reach(Point.BEFORE_ANSWER, exchange)
        if exchange.name == "STARTTLS" and answer.startswith(b"OK"):
            self._transparent = True
        exchange.answer = answer
        self._deliver(tag + b" " + answer + b"\r\n")
        await self._reach(Point.AFTER_ANSWER, exchange)

    def _deliver(self, response: bytes) -> None:
        if self._lingering is None:
            self._client_received = True
            self._proxy.recording.replies.append(response)
            self._client.out.append(response)

    # --- faults

    async def _reach(self, point: Point, exchange: Exchange) -> None:
        """Carry out the fault that is planned for this point of this command, if there is one."""
        fault = self._proxy.due(point, exchange)
        if fault is None:
            return
        await self._flush(Side.SERVER)
        await self._flush(Side.CLIENT)
        match fault.action:
            case Action.STALL:
                self._proxy.pause()
                await self._proxy.flowing.wait()
            case Action.MEANWHILE:
                await asyncio.to_thread(fault.then)
            case Action.FREEZE:
                self._frozen = True
                await asyncio.Event().wait()
            case Action.BELATE:
                self._client.writer.transport.abort()
                self._lingering = exchange.tag
                await self._proxy.late.wait()
            case Action.CUT:
                fault.then()
                await self._cut_at(point, exchange, fault.say)

    async def _cut_at(self, point: Point, exchange: Exchange, say: bytes) -> None:
        await self._client.write(say, None)
        if say or point is Point.AFTER_ANSWER:
            self._client.writer.close()  # by a plain end, since a reset would overtake the answer
        else:
            self._client.writer.transport.abort()
        if point is Point.AFTER_COMMAND and exchange.tag:
            self._lingering = exchange.tag
        raise Severed
