"""``apply`` beside a running daemon, both as processes: it has the account to itself, and then the daemon goes on."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from mailrules.demo import Delay, Hold, MemoryServer
from tests.builders import message
from tests.daemon.house import House, account
from tests.faults.process import LIMIT, DaemonProcess, daemon

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@pytest.fixture
async def server(house: House) -> AsyncIterator[MemoryServer]:
    """A server with two old messages, which the daemon's first run leaves alone."""
    async with MemoryServer() as server:
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        server.deliver("INBOX", message("old"))
        server.deliver("INBOX", message("older"))
        yield server


@asynccontextmanager
async def watching(house: House) -> AsyncIterator[DaemonProcess]:
    async with daemon(house.path) as running:
        await running.logged("watching")
        yield running
        assert await running.stop() == 0


async def begin_apply(house: House) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mailrules", "apply", "-c", str(house.path), "--yes"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def outcome(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    """Wait for its end: exit status, standard output, standard error."""
    out, err = await asyncio.wait_for(process.communicate(), LIMIT)
    return process.returncode, out.decode(), err.decode()


async def eventually(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until something holds of the server, which lives in this loop; say what there was instead."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LIMIT
    while not holds():
        assert loop.time() < until, what()
        await asyncio.sleep(0.01)


def mail(server: MemoryServer) -> dict[str, int]:
    return {path: len(messages) for path, messages in server.snapshot().items() if messages}


async def goes_on(server: MemoryServer, running: DaemonProcess, filed: int) -> None:
    """See that the daemon watches again, and files what comes."""
    await running.logged("watching", 2)
    since = len(server.commands)
    server.deliver("INBOX", message("new"))
    await eventually(lambda: mail(server) == {"Filed": filed + 1}, lambda: mail(server))
    await asyncio.wait_for(server.heard("IDLE", since), LIMIT)
    await eventually(lambda: server.clients == 1, lambda: server.commands)


async def test_it_files_the_old_mail_and_the_daemon_files_the_new(house: House, server: MemoryServer) -> None:
    async with watching(house) as running:
        done = await outcome(await begin_apply(house))
        assert done == (0, "work\tINBOX\tfile all\t2\n2 messages looked at: 2 done\n", "")
        await goes_on(server, running, filed=2)
        await running.logged("acted")  # the server hears of it first
        assert [line["event"] for line in running.lines if line["event"] in {"paused", "resumed", "acted"}] == [
            "paused",
            "resumed",
            "acted",
        ]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_killed_half_way_it_leaves_the_rest_to_the_daemon(
    house: House, server: MemoryServer, number: signal.Signals
) -> None:
    server.faults.plan("UID MOVE", Delay(0.5))
    async with watching(house) as running:
        process = await begin_apply(house)
        await asyncio.wait_for(server.heard("UID MOVE"), LIMIT)
        process.send_signal(number)
        await outcome(process)
        await eventually(lambda: mail(server) == {"Filed": 2}, lambda: mail(server))
        await goes_on(server, running, filed=2)


async def test_a_second_one_says_who_has_the_account_and_touches_nothing(house: House, server: MemoryServer) -> None:
    released = asyncio.Event()
    server.faults.plan("UID MOVE", Hold(released))
    async with watching(house) as running:
        first = await begin_apply(house)
        await asyncio.wait_for(server.heard("UID MOVE"), LIMIT)
        assert await outcome(await begin_apply(house)) == (
            4,
            "",
            f"{house.path.with_name('state.db')}: account 'work' is in use by process {first.pid}:"
            " stop it, or wait until it has finished\n",
        )
        released.set()
        assert (await outcome(first))[0] == 0
        await goes_on(server, running, filed=2)


async def test_a_daemon_that_is_stopped_meanwhile_does_not_stop_it(house: House, server: MemoryServer) -> None:
    released = asyncio.Event()
    server.faults.plan("UID MOVE", Hold(released))
    async with watching(house):
        process = await begin_apply(house)
        await asyncio.wait_for(server.heard("UID MOVE"), LIMIT)
    released.set()
    status, _, complaints = await outcome(process)
    assert (status, complaints, mail(server)) == (0, "", {"Filed": 2})


async def test_it_follows_a_daemon_that_was_killed(house: House, server: MemoryServer) -> None:
    async with daemon(house.path) as killed:
        await killed.logged("watching")
        killed.kill()
        await killed.ended()
    assert (await outcome(await begin_apply(house)))[0] == 0
    server.deliver("INBOX", message("between"))
    async with watching(house):
        assert (await outcome(await begin_apply(house)))[0] == 0
        await eventually(lambda: mail(server) == {"Filed": 3}, lambda: mail(server))
