"""Many mailboxes at rest: what each of them takes, and what they do to their server."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import account as account_module
from mailrules.daemon import door, link, worker
from mailrules.daemon.backoff import delays
from tests.builders import message
from tests.daemon.house import LIMIT, House, account
from tests.servers.throng import Throng

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MANY = 30


@pytest.fixture
async def throng() -> AsyncIterator[Throng]:
    async with Throng() as server:
        yield server


def accounts(server: Throng, number: int, first: int = 0, extra: str = "") -> list[str]:
    """Write tables of so many accounts."""
    return [account(f"a{n}", server.port, f"u{n}", extra=extra) for n in range(first, first + number)]


async def at_rest(server: Throng, connections: int) -> None:
    """Wait until so many connections are in IDLE, and the daemon has done what follows."""
    async with asyncio.timeout(LIMIT):
        await server.idle(connections)
        tasks = 0
        while tasks != (tasks := len(asyncio.all_tasks())):  # noqa: ASYNC110 - tasks end without a word
            await asyncio.sleep(0.05)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def timers() -> int:
    """Count the timers, but for those by which the client waits for an answer: these end by themselves."""
    loop = asyncio.get_running_loop()
    scheduled = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]  # no other way
    return sum("Watchdog" not in str(timer._callback) for timer in scheduled)


async def test_a_mailbox_at_rest_takes_one_task_one_timer_one_descriptor_and_no_thread(
    house: House, throng: Throng, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_EACH", 0.0)
    counts = []
    for number in (1, 1 + MANY):
        house.write(*accounts(throng, number))
        async with house.running():
            await at_rest(throng, number)
            gc.collect()
            counts.append((len(asyncio.all_tasks()), timers(), descriptors(), threading.active_count()))
    more = [many - one for one, many in zip(*counts, strict=True)]
    assert more[:3] == [MANY, MANY, 2 * MANY]  # the server's ends are in this process too
    assert more[3] < 8  # names are looked up in a few threads that stay


async def test_an_idle_mailbox_is_made_of_few_objects(
    house: House, throng: Throng, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound with slack: what is made eagerly and never needed shows here first."""
    monkeypatch.setattr(door, "_EACH", 0.0)
    blocks = []
    for number in (MANY, 3 * MANY):
        house.write(*accounts(throng, number))
        async with house.running():
            await at_rest(throng, number)
            house.lines.clear()
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    assert (blocks[1] - blocks[0]) / (2 * MANY) < 400  # the server's objects among them


async def test_a_check_is_one_flight_of_three_commands(house: House, throng: Throng) -> None:
    house.write(*accounts(throng, 1))
    async with house.running(keepalive=2):
        await at_rest(throng, 1)
        before, octets = throng.commands.copy(), throng.received
        async with asyncio.timeout(LIMIT):
            while throng.commands["STATUS"] - before["STATUS"] < 3 or not throng.watchers():
                throng.stirred.clear()
                await throng.stirred.wait()
        assert throng.commands - before == {"DONE": 3, "STATUS": 3, "IDLE": 3}
        assert (throng.received - octets) / 3 < 70
    assert house.count("interrupted") == 0


async def test_from_time_to_time_the_check_is_a_select_and_the_mailbox_rests_on(
    house: House, throng: Throng, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_SELECT_EVERY", 0.001)
    house.write(*accounts(throng, 1))
    async with house.running(keepalive=2):
        await at_rest(throng, 1)
        before = throng.commands.copy()
        async with asyncio.timeout(LIMIT):
            while throng.commands["SELECT"] - before["SELECT"] < 2 or not throng.watchers():
                throng.stirred.clear()
                await throng.stirred.wait()
        assert throng.commands - before == {"DONE": 2, "SELECT": 2, "IDLE": 2}
        throng.deliver("u0", "INBOX", message("one"))
        await house.filed(1)
    assert house.count("interrupted") == 0


async def test_what_only_status_tells_of_is_found_at_the_next_check(house: House, throng: Throng) -> None:
    house.write(*accounts(throng, 1))
    async with house.running(keepalive=2):
        await at_rest(throng, 1)
        throng.boxes["u0", "INBOX"].add(message("nobody says so"))
        await house.filed(1)


async def test_where_all_mailboxes_are_there_they_are_not_listed_each_minute(
    house: House, throng: Throng, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "_LIST_EVERY", 0.05)
    named, wild = accounts(throng, 1), accounts(throng, 1, first=1, extra='watch = ["INBOX", "Lists/*"]')
    house.write(*named, *wild)
    async with house.running():
        await at_rest(throng, 2)
        async with asyncio.timeout(LIMIT):
            while throng.lists["u1"] < 5:
                throng.stirred.clear()
                await throng.stirred.wait()
        assert throng.lists["u0"] == 1


async def test_after_a_servers_restart_its_connections_come_back_one_after_the_other(
    house: House, throng: Throng, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never more than some at once, and no more in a second than at the start."""
    number = 200
    monkeypatch.setattr(link, "delays", partial(delays, 0.1, 1.0))
    throng.sign_in_takes = 0.005
    house.write(*accounts(throng, number))
    async with house.running():
        await at_rest(throng, number)
        throng.signed_in.clear()
        throng.drop()
        async with asyncio.timeout(LIMIT):
            while len(throng.signed_in) < number:
                throng.stirred.clear()
                await throng.stirred.wait()
        await at_rest(throng, number)
        times = sorted(throng.signed_in)
    assert len(times) == number
    assert throng.most_signing_in <= door._AT_ONCE
    assert times[-1] - times[0] >= (number - door._AT_ONCE) * door._EACH * 0.9
