"""Faults strike the command that they were planned for, and no other."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from mailrules.demo import Delay, Drop, Extra, Hold, Interrupt, Late, MemoryServer, Mute, Pretend, Refuse, Torn
from tests.demo.peer import LIMIT, Peer
from tests.demo.shapes import TWO

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def selected(*, messages: int = 3) -> AsyncIterator[tuple[MemoryServer, Peer]]:
    """Start a server with messages in INBOX, and a client that has selected it."""
    async with MemoryServer() as server:
        for _ in range(messages):
            server.deliver("INBOX", TWO)
        async with Peer(server.port) as peer:
            await peer.login(server.options.user, server.options.password)
            await peer.ask("SELECT INBOX")
            yield server, peer


def uids(server: MemoryServer, mailbox: str) -> list[int]:
    return [message.uid for message in server.snapshot()[mailbox]]


async def test_a_refusal_answers_the_nth_command_only() -> None:
    async with selected() as (server, peer):
        planned = server.faults.plan("UID MOVE", Refuse("NO [INUSE] busy"), nth=2, times=2)
        answers = [(await peer.ask(f"UID MOVE {uid} Trash"))[-1] for uid in (1, 2, 2, 2)]
        assert [answer.split()[0] for answer in answers] == ["OK", "NO", "NO", "OK"]
        assert answers[1] == "NO [INUSE] busy"
        assert planned.fired == 2
        assert uids(server, "Trash") == [1, 2]


async def test_a_pattern_matches_many_commands() -> None:
    async with selected() as (server, peer):
        server.faults.plan("UID *", Refuse("BAD no"), times=2)
        assert await peer.ask("UID FETCH 1 FLAGS") == ["BAD no"]
        assert (await peer.ask("NOOP"))[-1].startswith("OK")
        assert await peer.ask("UID STORE 1 FLAGS ()") == ["BAD no"]
        server.faults.clear()


@pytest.mark.parametrize(("drop", "moved"), [(Drop.BEFORE, []), (Drop.AFTER, [1])])
async def test_a_connection_is_cut_before_or_after_the_command(drop: Drop, moved: list[int]) -> None:
    async with selected() as (server, peer):
        server.faults.plan("UID MOVE", drop)
        with pytest.raises(EOFError):
            await peer.ask("UID MOVE 1 Trash")
        assert uids(server, "Trash") == moved


@pytest.mark.parametrize(
    ("command", "copied", "removed", "inbox"),
    [("UID MOVE", 2, 1, [2, 3]), ("UID MOVE", 2, 2, [3]), ("UID COPY", 1, 0, [1, 2, 3])],
)
async def test_a_transfer_stops_part_way(command: str, copied: int, removed: int, inbox: list[int]) -> None:
    async with selected() as (server, peer):
        server.faults.plan(command, Interrupt(copied, removed))
        with pytest.raises(EOFError):
            await peer.ask(f"{command} 1:3 Archive")
        assert uids(server, "Archive") == list(range(1, copied + 1))
        assert uids(server, "INBOX") == inbox


async def test_an_old_session_works_on_after_its_client_was_cut_off() -> None:
    async with selected() as (server, peer):
        server.faults.plan("UID COPY", Late(0.05))
        with pytest.raises(EOFError):
            await peer.ask("UID COPY 1:3 Archive")
        assert uids(server, "Archive") == []
        async with Peer(server.port) as other, asyncio.timeout(LIMIT):
            await other.login(server.options.user, server.options.password)
            await other.ask("SELECT Archive")
            other.send("IDLE")
            assert await other.response() == "+ idling"
            while await other.response() != "* 3 EXISTS":
                pass
        assert uids(server, "Archive") == [1, 2, 3]


async def test_an_answer_is_torn_inside_a_literal() -> None:
    async with selected() as (server, peer):
        server.faults.plan("UID FETCH", Torn(60))
        with pytest.raises((EOFError, asyncio.IncompleteReadError)) as torn:
            await peer.ask("UID FETCH 1 BODY.PEEK[]")
        assert isinstance(torn.value, asyncio.IncompleteReadError)


async def test_ok_is_said_though_nothing_was_done() -> None:
    async with selected() as (server, peer):
        server.faults.plan("UID MOVE", Pretend())
        assert await peer.ask("UID MOVE 1 Trash") == ["OK done"]
        assert uids(server, "Trash") == []


async def test_untagged_data_comes_before_the_commands_own() -> None:
    async with selected() as (server, peer):
        server.faults.plan("UID SEARCH", Extra(("OK Still here", "9 EXISTS")))
        responses = await peer.ask("UID SEARCH ALL")
        assert responses[:3] == ["* OK Still here", "* 9 EXISTS", "* SEARCH 1 2 3"]


async def test_a_command_is_held_up() -> None:
    async with selected() as (server, peer):
        server.faults.plan("NOOP", Delay(0.05))
        began = asyncio.get_running_loop().time()
        await peer.ask("NOOP")
        assert asyncio.get_running_loop().time() - began >= 0.05


async def test_a_command_is_held_until_it_is_released() -> None:
    async with selected() as (server, peer):
        released = asyncio.Event()
        server.faults.plan("UID MOVE", Hold(released))
        peer.send("UID MOVE 1 Trash")
        await asyncio.wait_for(server.heard("UID MOVE"), LIMIT)
        assert uids(server, "Trash") == []
        released.set()
        while not (await peer.response()).startswith("t3 OK"):
            pass
        assert uids(server, "Trash") == [1]


async def test_idle_can_be_deaf() -> None:
    async with selected() as (server, peer):
        server.faults.plan("IDLE", Mute())
        tag = peer.send("IDLE")
        assert await peer.response() == "+ idling"
        server.deliver("INBOX", TWO)
        peer.write(b"DONE\r\n")
        assert await peer.response() == "* 4 EXISTS"
        assert await peer.response() == "* 4 RECENT"
        assert (await peer.response()).startswith(f"{tag}OK")


async def test_idle_can_be_cut_once_it_runs() -> None:
    async with selected() as (server, peer):
        server.faults.plan("IDLE", Drop.AFTER)
        peer.send("IDLE")
        assert await peer.response() == "+ idling"
        with pytest.raises(EOFError):
            await peer.response()


async def test_everybody_can_be_thrown_out() -> None:
    async with selected() as (server, peer):
        assert server.clients == 1
        server.disconnect("going down")
        assert await peer.response() == "* BYE going down"
        with pytest.raises(EOFError):
            await peer.response()
