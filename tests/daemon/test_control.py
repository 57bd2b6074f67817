"""What other commands may ask of the daemon in the test's own process: the socket, its answers, what a pause is."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from mailrules.client import connection
from mailrules.config import load
from mailrules.daemon import calling, link
from mailrules.daemon.calling import Lease, leased, socket_path
from mailrules.demo import Delay, MemoryServer
from mailrules.store import Locked, SqliteStore
from tests.builders import message
from tests.daemon.house import FILE_ALL, LIMIT, House, account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be cut off only because the machine is busy with something else."""
    monkeypatch.setattr(connection, "GOODBYE", LIMIT)
    monkeypatch.setattr(link, "GRACE", LIMIT)


@pytest.fixture
async def server() -> AsyncIterator[MemoryServer]:
    async with MemoryServer() as server:
        yield server


def table(name: str, server: MemoryServer, extra: str = "") -> str:
    return account(name, server.port, server.options.user, password=server.options.password, extra=extra)


def state(house: House) -> Path:
    return load(house.path).config.daemon.state


def sign_ins(server: MemoryServer) -> int:
    return sum(command.startswith(("LOGIN", "AUTHENTICATE")) for command in server.commands)


class Client:
    """One connection to the daemon's socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, line: str) -> dict[str, str]:
        """Send a line, and read the answer."""
        self._writer.write(line.encode() + b"\n")
        answer: dict[str, str] = json.loads(await asyncio.wait_for(self._reader.readline(), LIMIT))
        return answer

    def cut(self) -> None:
        """Go away without a word."""
        self._writer.transport.abort()


@asynccontextmanager
async def client(house: House) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_unix_connection(socket_path(state(house)))
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


PAUSE = '{"pause": "work"}'


async def test_the_socket_is_for_the_daemons_user_alone_and_goes_with_it(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    path = socket_path(state(house))
    async with house.running():
        await house.heard("started")
        assert stat.filemode(path.stat().st_mode) == "srw-------"
    assert not path.exists()


async def test_a_paused_account_has_nobody_signed_in_and_its_lease_is_free(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    async with house.running():
        await house.heard("watching")
        async with client(house) as daemon:
            assert await daemon.ask(PAUSE) == {"paused": "work"}
            assert server.clients == 0
            async with SqliteStore(state(house)).lease("work"):
                server.deliver("INBOX", message("one"))
        await house.heard("resumed", account="work")
        await house.filed(1)
        await house.heard("watching", times=2)
    assert sign_ins(server) == 2


async def test_a_pause_lets_the_flight_in_hand_come_to_its_end(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    server.faults.plan("UID MOVE", Delay(0.3))
    async with house.running():
        await house.heard("watching")
        server.deliver("INBOX", message("one"))
        await server.heard("UID MOVE")
        async with client(house) as daemon:
            await daemon.ask(PAUSE)
            assert (len(house.outcomes), len(server.snapshot()["Filed"])) == (1, 1)


async def test_an_account_goes_on_when_the_connection_is_cut(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    async with house.running():
        await house.heard("watching")
        async with client(house) as daemon:
            await daemon.ask(PAUSE)
            daemon.cut()
            await house.heard("watching", times=2)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('{"pause": "nobody"}', "account 'nobody' is not at work here"),
        ('{"pause": ["work"]}', "not understood"),
        ('{"pasue": "work"}', "not understood"),
        ("pause work", "not understood"),
        ("[" * 10_000, "not understood"),
        ("", "not understood"),
    ],
)
async def test_what_it_can_not_do_is_an_error_and_the_connection_stays(
    house: House, server: MemoryServer, line: str, error: str
) -> None:
    house.write(table("work", server))
    async with house.running():
        await house.heard("watching")
        async with client(house) as daemon:
            assert error in (await daemon.ask(line))["error"]
            assert await daemon.ask(PAUSE) == {"paused": "work"}


async def test_an_endless_line_ends_the_connection(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    async with house.running():
        await house.heard("started")
        reader, writer = await asyncio.open_unix_connection(socket_path(state(house)))
        writer.write(b"x" * 1_000_000)
        with suppress(ConnectionResetError):  # what is said to whoever still has something to say
            assert await asyncio.wait_for(reader.read(), LIMIT) == b""
        writer.close()


async def test_one_account_is_paused_for_one_client_at_a_time(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    async with house.running():
        await house.heard("watching")
        async with client(house) as first, client(house) as second:
            assert await first.ask(PAUSE) == {"paused": "work"}
            assert await second.ask(PAUSE) == {"error": "account 'work' is paused for somebody else"}
        await house.heard("watching", times=2)
    assert sign_ins(server) == 2


async def test_a_reload_does_not_begin_an_account_that_is_paused(house: House, server: MemoryServer) -> None:
    server.deliver("Box", message("old"))
    async with MemoryServer() as other:
        house.write(table("work", server))
        async with house.running():
            await house.heard("watching")
            async with client(house) as daemon:
                await daemon.ask(PAUSE)
                house.write(table("work", server, extra='watch = "Box"'), table("other", other))
                await house.heard("watching", account="other")
                assert (server.clients, sign_ins(server)) == (0, 1)
            await house.heard("watching", account="work", mailbox="Box")
        assert sign_ins(server) == 2


async def test_an_account_that_a_reload_removes_while_it_is_paused_does_not_begin_again(
    house: House, server: MemoryServer
) -> None:
    async with MemoryServer() as other:
        house.write(table("work", server), table("other", other))
        async with house.running():
            await house.heard("watching", times=2)
            async with client(house) as daemon:
                await daemon.ask(PAUSE)
                house.write(table("other", other))
                await house.heard("rules taken over")
            async with client(house) as daemon:
                assert "error" in await daemon.ask(PAUSE)
        assert sign_ins(server) == 1


async def test_it_stops_in_time_while_an_account_is_paused(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    async with house.running() as supervisor:
        await house.heard("watching")
        async with client(house) as daemon:
            await daemon.ask(PAUSE)
            supervisor.stop()
            await house.heard("stopped")
    assert (sign_ins(server), house.count("resumed")) == (1, 0)


async def test_the_socket_of_a_dead_daemon_is_replaced(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path(state(house))))
    async with house.running():
        await house.heard("watching")
        async with client(house) as daemon:
            assert await daemon.ask(PAUSE) == {"paused": "work"}


async def test_the_socket_of_a_living_daemon_is_left_alone(house: House, server: MemoryServer) -> None:
    house.write(table("work", server))
    path = socket_path(state(house))
    with socket.create_server(str(path), family=socket.AF_UNIX) as alive:
        async with house.running():
            await house.heard("no socket: other commands can't ask the daemon", level="warning", path=str(path))
            await house.heard("watching")
        assert path.is_socket()
        alive.setblocking(False)
        alive.accept()[0].close()


async def test_where_there_can_be_no_socket_it_says_so_once_and_works(tmp_path: Path, server: MemoryServer) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    house = House(folder)
    house.write(table("work", server))
    async with house.running():
        await house.heard("watching")
        server.deliver("INBOX", message("one"))
        await house.filed(1)
        async with SqliteStore(state(house)) as store:
            with pytest.raises(Locked):
                await leased(store, state(house), "work").__aenter__()
    assert house.count("no socket: other commands can't ask the daemon", reason="AF_UNIX path too long") == 1


@pytest.mark.parametrize("answer", [b"", b"nothing of use\n", b'{"error": "no"}\n', None])
async def test_a_lease_is_locked_where_nobody_answers_as_a_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes | None
) -> None:
    monkeypatch.setattr(calling, "_PATIENCE", 0.2)
    path = tmp_path / "state.db"

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        if answer is None:
            await reader.read()  # says nothing until the client has gone
        writer.write(answer or b"")
        writer.close()

    async with SqliteStore(path) as store, store.lease("work"):
        peer = await asyncio.start_unix_server(respond, socket_path(path))
        with pytest.raises(Locked, match="account 'work' is in use by process"):
            await leased(store, path, "work").__aenter__()
        peer.close()


async def test_a_lease_is_taken_without_asking_where_nobody_has_it(house: House, server: MemoryServer) -> None:
    house.write(table("work", server), rules=FILE_ALL)
    async with house.running(), SqliteStore(state(house)) as store:
        await house.heard("watching")
        async with leased(store, state(house), "nobody's") as lease:
            assert (lease, house.count("paused"), server.clients) == (Lease.OWN, 0, 1)
        async with leased(store, state(house), "work") as lease:
            assert (lease, house.count("paused"), server.clients) == (Lease.LENT, 1, 0)
