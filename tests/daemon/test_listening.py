"""The daemon listens where the rule file says, from the start, after each reload, and not a moment longer."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from mailrules.demo import MemoryServer
from tests.daemon.house import LIMIT, House, account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
async def table() -> AsyncIterator[str]:
    """The table of an account on a server of its own."""
    async with MemoryServer() as server:
        yield account("work", server.port, server.options.user, password=server.options.password)


@pytest.fixture
def taken() -> Iterator[str]:
    """The address of somebody else."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield f"127.0.0.1:{sock.getsockname()[1]}"


def listen(address: str) -> str:
    """The line of the table [daemon], with which what the house writes begins."""
    return f'listen = "{address}"\n'


def listening(house: House) -> list[str]:
    return [str(line["address"]) for line in house.lines if line["event"] == "listening"]


async def health(address: str) -> bytes:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), LIMIT)
    writer.close()
    return answer.partition(b"\r\n")[0]


async def test_it_listens_while_it_runs(house: House, table: str) -> None:
    house.write(listen("127.0.0.1:0"), table)
    async with house.running():
        await house.heard("listening")
        (address,) = listening(house)
        assert await health(address) == b"HTTP/1.1 200 OK"
    with pytest.raises(ConnectionRefusedError):
        await health(address)


async def test_without_a_word_of_it_nothing_listens(house: House, table: str) -> None:
    house.write(table)
    async with house.running():
        await house.heard("watching")
    assert listening(house) == []


async def test_it_moves_with_the_rule_file(house: House, table: str, taken: str) -> None:
    house.write(table)
    async with house.running():
        await house.heard("started")
        house.write(listen("127.0.0.1:0"), table)
        await house.heard("rules taken over")
        (first,) = listening(house)
        assert await health(first) == b"HTTP/1.1 200 OK"

        house.write(listen("127.0.0.2:0"), table)
        await house.heard("rules taken over", times=2)
        assert await health(listening(house)[1]) == b"HTTP/1.1 200 OK"
        with pytest.raises(ConnectionRefusedError):
            await health(first)

        house.write(listen(taken), table)
        await house.heard("rules taken over", times=3)
        problem = f"{house.path}: daemon.listen: can't listen at {taken}: address already in use"
        assert house.count("not listening", level="error", problem=problem) == 1
        assert len(listening(house)) == 2


async def test_a_port_that_is_taken_is_the_rule_files_mistake(house: House, table: str, taken: str) -> None:
    house.write(listen(taken), table)
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mailrules", "run", "-c", str(house.path)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(running.communicate(), LIMIT)
    last = said.decode().splitlines()[-1]
    assert (running.returncode, last) == (
        2,
        f"{house.path}: daemon.listen: can't listen at {taken}: address already in use",
    )
    assert b"Traceback" not in said
