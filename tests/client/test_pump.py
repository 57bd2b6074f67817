"""The pump on a bare socket: nothing is lost, nobody starves, and every end is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from mailrules.client import pump
from mailrules.client.pump import Pump
from tests.servers.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Kind = Literal["plain", "TLS 1.2", "TLS 1.3"]
KINDS: tuple[Kind, ...] = ("plain", "TLS 1.2", "TLS 1.3")
LIMIT = 60.0  # seconds
Contexts: TypeAlias = "Callable[[Kind], tuple[ssl.SSLContext, ssl.SSLContext]]"
MUCH = b"0123456789abcdef" * (1 << 19)  # 8 MiB, more than all buffers on the way hold


class Recorder(Pump):
    """Keeps what the pump tells."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.ends: list[Exception | None] = []
        self.over = asyncio.Event()
        self.news = asyncio.Event()

    def received(self, data: bytes) -> None:
        """Keep it."""
        self.pieces.append(data)
        self.news.set()

    def ended(self, error: Exception | None) -> None:
        """Keep it."""
        self.ends.append(error)
        self.over.set()
        self.news.set()

    async def receive(self, octets: int) -> bytes:
        """Return all that came, when it is so much or has come to its end."""
        async with asyncio.timeout(LIMIT):
            while sum(map(len, self.pieces)) < octets and not self.ends:
                self.news.clear()
                await self.news.wait()
        return b"".join(self.pieces)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Run this file's tests on both loops."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    """Make the TLS settings of client and server."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    pair = authority.issue()

    def make(kind: Kind) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        client = ssl.create_default_context(cafile=authority.ca_file)
        client.maximum_version = ssl.TLSVersion.TLSv1_2 if kind == "TLS 1.2" else ssl.TLSVersion.TLSv1_3
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(pair.certificate, pair.key)
        return client, server

    return make


@contextlib.asynccontextmanager
async def connected(kind: Kind, contexts: Contexts) -> AsyncIterator[tuple[Recorder, socket.socket]]:
    """Yield a pump that listens, and the blocking socket of a server at the other end, which is for threads."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.settimeout(LIMIT)
    recorder = Recorder()
    recorder.take(near)
    if kind != "plain":
        client, server = contexts(kind)
        serving = asyncio.create_task(asyncio.to_thread(server.wrap_socket, far, server_side=True))
        await recorder.start_tls(client, "localhost")
        far = await serving
    recorder.listen()
    try:
        yield recorder, far
    finally:
        recorder.abort()
        far.close()


def read(far: socket.socket, octets: int) -> bytes:
    """Read so many octets, in a thread."""
    data = bytearray()
    while len(data) < octets:
        data += far.recv(1 << 16)
    return bytes(data)


@pytest.mark.parametrize("kind", KINDS)
async def test_reading_does_not_wait_for_writing(kind: Kind, contexts: Contexts) -> None:
    """Each side sends more than all buffers hold, the server without reading anything before it is through."""
    async with connected(kind, contexts) as (near, far):
        near.write(MUCH)
        near.write(b"and more")
        sent = asyncio.create_task(asyncio.to_thread(far.sendall, MUCH))
        assert await near.receive(len(MUCH)) == MUCH
        await sent
        assert await asyncio.to_thread(read, far, len(MUCH) + 8) == MUCH + b"and more"
        assert near._unsent is None


@pytest.mark.parametrize("kind", KINDS)
async def test_what_comes_octet_by_octet_is_whole(kind: Kind, contexts: Contexts) -> None:
    async with connected(kind, contexts) as (near, far):
        for octet in b"* OK hello\r\n":
            await asyncio.to_thread(far.send, bytes([octet]))
        assert await near.receive(12) == b"* OK hello\r\n"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_turn_has_its_measure(kind: Kind, contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much there is, the others have their turn after a piece, and nothing stays behind in OpenSSL."""
    monkeypatch.setattr(pump, "PIECE", 2 * pump._RECORD)
    async with connected(kind, contexts) as (near, far):
        near.pause()
        sending = asyncio.create_task(asyncio.to_thread(far.sendall, MUCH))
        near.listen()
        assert await near.receive(len(MUCH)) == MUCH
        await sending
        assert max(map(len, near.pieces)) <= 2 * pump._RECORD


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_a_turn_has_its_measure_for_the_smallest_records_too(
    kind: Kind, contexts: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "PIECE", 2 * pump._RECORD)
    octets = b"x" * 40
    async with connected(kind, contexts) as (near, far):
        near.pause()
        for each in octets:
            await asyncio.to_thread(far.send, bytes([each]))
        near.listen()
        assert await near.receive(len(octets)) == octets
        assert max(map(len, near.pieces)) <= 2 * pump._RECORD // pump._LEAST


@pytest.mark.parametrize("kind", KINDS)
async def test_what_came_before_the_end_is_told_before_it(kind: Kind, contexts: Contexts) -> None:
    async with connected(kind, contexts) as (near, far):
        near.pause()
        await asyncio.to_thread(far.sendall, b"* BYE good night\r\n")
        far.close()
        near.listen()
        await asyncio.wait_for(near.over.wait(), LIMIT)
        assert (near.pieces, near.ends) == ([b"* BYE good night\r\n"], [None])


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_an_end_that_only_tls_tells_is_one(kind: Kind, contexts: Contexts) -> None:
    """close_notify comes, and the socket stays open."""
    async with connected(kind, contexts) as (near, far):
        assert isinstance(far, ssl.SSLSocket)
        far.setblocking(False)
        with contextlib.suppress(ssl.SSLError):
            far.unwrap()
        await asyncio.wait_for(near.over.wait(), LIMIT)
        assert near.ends == [None]


async def test_the_last_words_of_a_server_that_reads_no_more_are_heard(contexts: Contexts) -> None:
    """Writing fails; what it had said before comes first, and the end once."""
    async with connected("plain", contexts) as (near, far):
        near.pause()
        far.sendall(b"* BYE too much\r\n")
        far.close()
        near._listens = True  # without the loop: it is writing that finds out
        near.write(b"A1 NOOP\r\n")
        assert near.pieces == [b"* BYE too much\r\n"]
        assert len(near.ends) == 1
        near.write(b"A2 NOOP\r\n")
        assert len(near.ends) == 1


def reset(greeting: bytes = b"") -> socket.socket:
    """Connect to a server that says this, and then ends the connection without a word of TCP's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        near.setblocking(False)
        far, _ = listener.accept()
    far.sendall(greeting)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    return near


@pytest.mark.parametrize("greeting", [b"", b"* BYE too many connections\r\n"])
async def test_a_connection_that_is_reset_before_tls_begins_ends_as_any_other(
    greeting: bytes, contexts: Contexts
) -> None:
    recorder = Recorder()
    recorder.take(reset(greeting))
    with pytest.raises(ConnectionResetError):
        await recorder.start_tls(contexts("TLS 1.3")[0], "localhost")
    recorder.abort()
    assert recorder._socket is None


async def test_a_reset_is_told_as_one() -> None:
    recorder = Recorder()
    recorder.take(reset())
    recorder.listen()
    await asyncio.wait_for(recorder.over.wait(), LIMIT)
    assert [type(end) for end in recorder.ends] == [ConnectionResetError]
    assert recorder.peer() == ""


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_damaged_tls_ends_the_connection(kind: Kind, contexts: Contexts) -> None:
    async with connected(kind, contexts) as (near, far):
        with socket.socket(fileno=far.detach()) as bare:
            bare.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
            await asyncio.wait_for(near.over.wait(), LIMIT)
        assert [isinstance(end, ssl.SSLError) for end in near.ends] == [True]


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_handshake_can_be_given_up(cancelled: bool, contexts: Contexts) -> None:
    """Cancelled in the middle, or ended by the server: the socket is closed by `abort`, and no watch is left."""
    near, far = socket.socketpair()
    near.setblocking(False)
    recorder = Recorder()
    recorder.take(near)
    shaking = asyncio.create_task(recorder.start_tls(contexts("TLS 1.3")[0], "localhost"))
    assert (await asyncio.to_thread(far.recv, 5))[:1] == b"\x16"
    if cancelled:
        shaking.cancel()
    else:
        far.close()
    with pytest.raises(asyncio.CancelledError if cancelled else OSError):
        await shaking
    recorder.abort()
    recorder.abort()
    far.close()
    assert recorder._socket is None
    with pytest.raises(ConnectionResetError):
        await recorder.start_tls(contexts("TLS 1.3")[0], "localhost")
    recorder.write(b"x")
    recorder.listen()
    assert (recorder.pieces, recorder.ends) == ([], [])
