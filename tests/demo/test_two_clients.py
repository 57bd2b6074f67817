"""Several clients on one mailbox hear of each other's work, on the memory server as on a real Dovecot."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mailrules.demo import MemoryServer
from tests.demo.peer import LIMIT, Peer
from tests.demo.shapes import TWO, shape
from tests.servers.dovecot import PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

APPEND = b"APPEND INBOX {%d+}\r\n%b" % (len(TWO), TWO)


class Place(NamedTuple):
    port: int
    user: str
    password: str


@pytest.fixture(params=["memory", "dovecot"])
async def place(request: pytest.FixtureRequest, user: str) -> AsyncIterator[Place]:
    if request.param == "memory":
        async with MemoryServer() as server:
            yield Place(server.port, server.options.user, server.options.password)
    else:
        yield Place(request.getfixturevalue("dovecot").ports.imap, user, PASSWORD)


@pytest.fixture
async def peers(place: Place) -> AsyncIterator[tuple[Peer, Peer]]:
    """Two clients that have selected an INBOX with three messages."""
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(Peer(place.port)) for _ in range(2)]
        await one.login(place.user, place.password)
        await two.login(place.user, place.password)
        for _ in range(3):
            await one.ask(APPEND)
        await one.ask("SELECT INBOX")
        await two.ask("SELECT INBOX")
        yield one, two


async def test_a_change_of_flags_is_told_at_the_next_command(peers: tuple[Peer, Peer]) -> None:
    one, two = peers
    await one.ask("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert await shapes(two, "NOOP") == ["* 2 FETCH (FLAGS (\\Flagged))", "OK"]
    assert await shapes(one, "NOOP") == ["OK"]


async def test_an_expunge_waits_until_sequence_numbers_may_change(peers: tuple[Peer, Peer]) -> None:
    one, two = peers
    await one.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await one.ask("EXPUNGE")
    assert "* 1 EXPUNGE" not in await shapes(two, "FETCH 3 UID")
    assert "* 1 EXPUNGE" in await shapes(two, "NOOP")
    assert await shapes(two, "FETCH 1:* UID") == ["* 1 FETCH (UID 2)", "* 2 FETCH (UID 3)", "OK"]


async def test_messages_that_have_just_gone_are_not_copied(peers: tuple[Peer, Peer]) -> None:
    one, two = peers
    await one.ask("UID MOVE 1:3 Trash")
    assert (await shapes(two, "UID COPY 1:3 Archive"))[-1] == "NO [EXPUNGEISSUED]"


async def test_idle_tells_of_arrivals_and_expunges(peers: tuple[Peer, Peer]) -> None:
    one, two = peers
    await two.ask("NOOP")
    tag = two.send("IDLE")
    assert (await two.response()).startswith("+")
    await one.ask(APPEND)
    assert await two.response() == "* 4 EXISTS"
    await one.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await one.ask("EXPUNGE")
    async with asyncio.timeout(LIMIT):
        while await two.response() != "* 1 EXPUNGE":
            pass
    two.write(b"DONE\r\n")
    async with asyncio.timeout(LIMIT):
        while not (last := await two.response()).startswith(tag):
            pass
    assert last.startswith(f"{tag}OK")


async def test_a_mailbox_deleted_under_a_client_ends_its_session(place: Place) -> None:
    async with Peer(place.port) as one, Peer(place.port) as two:
        await one.login(place.user, place.password)
        await two.login(place.user, place.password)
        await one.ask("CREATE doomed")
        await two.ask("SELECT doomed")
        await one.ask("DELETE doomed")
        two.send("NOOP")
        assert shape(await two.response()) == "* BYE"
        with pytest.raises(EOFError):
            await two.response()


async def shapes(peer: Peer, command: str) -> list[str]:
    return [found for found in map(shape, await peer.ask(command)) if found is not None]
