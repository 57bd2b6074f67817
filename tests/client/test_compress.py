"""Compression: what it saves on a real server, and what a hostile one can do with it. RFC 4978."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator

import pytest

from mailrules.client import Connection, ConnectionLost, Credentials, Endpoint, Session, TLSMode
from mailrules.imap import (
    INBOX,
    UID,
    Bad,
    Capability,
    Items,
    MailboxName,
    No,
    Noop,
    Status,
    StatusItem,
    UidFetch,
    UIDSet,
    header,
)
from tests.bench.backlog import fill, mail
from tests.client.connecting import QUICK, connected, plain
from tests.servers.configuration import Layout
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted import Peer, scripted

EVERYTHING = UidFetch(UIDSet.after(UID(0)), (Items.FLAGS, header()))
NAME = MailboxName(b"Box")


@pytest.fixture(scope="module")
def compressing() -> Iterator[Dovecot]:
    """Run a Dovecot that offers COMPRESS=DEFLATE."""
    with Dovecot(Layout(compress=True)) as server:
        yield server


@pytest.mark.parametrize("mode", TLSMode)
async def test_a_thousand_headers_take_a_tenth(compressing: Dovecot, user: str, mode: TLSMode) -> None:
    """The same answers come, whole, over far fewer octets; TLS and compression go together."""
    fill(compressing, user, [mail(number) for number in range(1_000)])
    port = compressing.ports.imaps if mode is TLSMode.IMPLICIT else compressing.ports.imap
    endpoint = Endpoint("localhost", port, mode, compressing.ca_file)
    session = await Session.open(endpoint, Credentials(user, PASSWORD), QUICK)
    connection = session.connection
    assert "COMPRESS=DEFLATE" in session.capabilities
    await session.select(INBOX)
    before = connection.octets_received
    as_it_is = await connection.submit(EVERYTHING)
    plainly = connection.octets_received - before
    connection.idle()
    await connection.compress()
    before = connection.octets_received
    assert await connection.submit(EVERYTHING) == as_it_is
    assert plainly > 700_000
    assert connection.octets_received - before < plainly / 10
    await connection.close()


async def test_what_is_sent_takes_less_too(compressing: Dovecot, user: str) -> None:
    session = await Session.open(plain(compressing.ports.imap), Credentials(user, PASSWORD), QUICK)
    connection = session.connection
    await connection.compress()
    before = connection.octets_sent
    await asyncio.gather(*(connection.submit(Status(INBOX, tuple(StatusItem)[:4])) for _ in range(100)))
    assert connection.octets_sent - before < 1_500  # of 6,000
    await connection.close()


class Server:
    """A script's side of the compression."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._deflater = zlib.compressobj(wbits=-15)
        self._inflater = zlib.decompressobj(wbits=-15)

    def compressed(self, *lines: str) -> bytes:
        """Return what stands for these lines."""
        data = "".join(line + "\r\n" for line in lines).encode()
        return self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    async def expect(self, line: str) -> None:
        """Read what the client sent in one flight, which is this line."""
        data = b""
        while not data.endswith(b"\r\n"):
            data += self._inflater.decompress(await self._peer.receive())
        assert data.decode() == line + "\r\n"


Talk = Callable[[Peer, Server], Awaitable[None]]


def compressed(talk: Talk, *, greeting: str = "* PREAUTH hello") -> Callable[[Peer], Awaitable[None]]:
    """Make the script of a server that agrees to compress."""

    async def script(peer: Peer) -> None:
        await peer.send(greeting)
        await peer.expect("A1 COMPRESS DEFLATE")
        await talk(peer, Server(peer))

    return script


async def test_what_comes_compressed_with_the_ok_in_one_piece_is_read() -> None:
    async def talk(peer: Peer, server: Server) -> None:
        await peer.send_bytes(b"A1 OK active\r\n" + server.compressed("* 3 EXISTS"))
        await server.expect("A2 NOOP")
        await peer.send_bytes(server.compressed("A2 OK done"))

    heard: list[object] = []
    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        connection.on_unsolicited = heard.append
        await connection.compress()
        await connection.submit(Noop())
    assert len(heard) == 1


async def test_what_is_submitted_meanwhile_waits_and_goes_compressed() -> None:
    """RFC 4978 §3: nothing is sent behind COMPRESS before its answer."""

    async def talk(peer: Peer, server: Server) -> None:
        await peer.send("A1 OK active")
        await server.expect("A2 NOOP")
        for octet in server.compressed("A2 OK done"):
            await peer.send_bytes(bytes([octet]))

    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        compressing = asyncio.ensure_future(connection.compress())
        await asyncio.sleep(0)
        await connection.submit(Noop())
        assert compressing.done()


@pytest.mark.parametrize(("answer", "kind"), [("NO [COMPRESSIONACTIVE] by TLS", No), ("BAD what?", Bad)])
async def test_a_refusal_leaves_everything_as_it_was(answer: str, kind: type[Exception]) -> None:
    async def talk(peer: Peer, _: Server) -> None:
        await peer.send(f"A1 {answer}")
        await peer.expect("A2 NOOP")
        await peer.send("A2 OK done")

    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        with pytest.raises(kind):
            await connection.compress()
        await connection.submit(Noop())


async def test_a_caller_that_was_cancelled_does_not_leave_the_connection_behind() -> None:
    """The server compresses from its OK on, whoever waits for it here."""

    async def talk(peer: Peer, server: Server) -> None:
        await peer.send("A1 OK active")
        await server.expect("A2 NOOP")
        await peer.send_bytes(server.compressed("A2 OK done"))

    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        compressing = asyncio.ensure_future(connection.compress())
        await asyncio.sleep(0)
        compressing.cancel()
        await connection.submit(Noop())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (b"\xff\xff\xff\xff", "can't be understood: COMPRESS: the stream is damaged"),
        (b"* OK in the clear\r\n", "can't be understood: COMPRESS: the stream is damaged"),
        (zlib.compress(b"* OK\r\n", wbits=-15) + b"more", "can't be understood: COMPRESS: the stream goes on"),
    ],
)
async def test_a_damaged_stream_ends_the_connection(damage: bytes, words: str) -> None:
    async def talk(peer: Peer, _: Server) -> None:
        await peer.send_bytes(b"A1 OK active\r\n" + damage)
        await peer.end()

    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        await connection.compress()
        with pytest.raises(ConnectionLost, match=words):
            await connection.submit(Noop())


async def test_the_end_of_the_stream_and_of_the_connection_are_no_error_of_their_own() -> None:
    async def talk(peer: Peer, _: Server) -> None:
        await peer.send_bytes(b"A1 OK active\r\n" + zlib.compress(b"* BYE good night\r\n", wbits=-15))

    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        await connection.compress()
        with pytest.raises(ConnectionLost, match="closed the connection: good night"):
            await connection.until(lambda: False)


async def test_all_that_came_before_the_end_is_read() -> None:
    """Several megabytes in a few octets, and the connection closed right behind them."""
    count = 300_000

    async def talk(peer: Peer, server: Server) -> None:
        await peer.send_bytes(b"A1 OK active\r\n" + server.compressed(*["* OK still here"] * count))

    heard = 0

    def hear(_: object) -> None:
        nonlocal heard
        heard += 1

    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        connection.on_unsolicited = hear
        await connection.compress()
        with pytest.raises(ConnectionLost):
            await connection.until(lambda: False)
    assert heard == count


async def test_a_bomb_is_taken_apart_piece_by_piece_and_ends_at_the_limits() -> None:
    """A gigabyte in a megabyte: other work goes on meanwhile, and the longest line is the end."""
    bomb = zlib.compressobj(wbits=-15)
    million = b"x" * 1_000_000
    data = b"A1 OK active\r\n" + b"".join(bomb.compress(million) for _ in range(1_000)) + bomb.flush()

    async def talk(peer: Peer, _: Server) -> None:
        await peer.send_bytes(data)

    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with scripted(compressed(talk)) as port, connected(plain(port)) as connection:
        await connection.compress()
        working = asyncio.create_task(others())
        with pytest.raises(ConnectionLost, match="a line is longer than"):
            await connection.until(lambda: False)
        working.cancel()
        assert turns > 40  # pieces of 256 KiB in a line of 12 MiB
        assert connection.octets_received < 300_000


async def test_without_compression_there_is_no_codec(compressing: Dovecot, user: str) -> None:
    session = await Session.open(plain(compressing.ports.imap), Credentials(user, PASSWORD), QUICK)
    assert session.connection._wire._codec is None
    await session.connection.submit(Capability())
    await session.connection.close()


async def test_a_connection_that_ends_lets_go_of_the_codec(compressing: Dovecot, user: str) -> None:
    session = await Session.open(plain(compressing.ports.imap), Credentials(user, PASSWORD), QUICK)
    await session.connection.compress()
    assert isinstance(session.connection, Connection)
    await session.connection.close()
    assert session.connection._wire._codec is None
