"""Systemd's watchdog is fed for as long as all goes on, whatever the servers do; what does not is named in the log."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailrules.client import Timeouts
from mailrules.client.watchdog import PATIENCE
from mailrules.config.model import LONGEST_GRACE
from mailrules.daemon import link, logs, pulse, systemd
from mailrules.daemon.backoff import delays
from mailrules.daemon.heart import Heart
from mailrules.daemon.worker import Worker
from mailrules.demo import MemoryServer
from mailrules.store import SqliteStore
from tests.builders import message
from tests.daemon.house import LIMIT, House, account, until
from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from mailrules.daemon.supervisor import Supervisor

PERIOD = 0.4  # seconds of the watchdog

BLOCKS = "import time; from mailrules.daemon.worker import Worker; Worker.wait = lambda *_: time.sleep(90)"


class Manager:
    """What systemd would hear, on a socket of our own."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path))
        self.told: list[bytes] = []
        self.listening = threading.Thread(target=self._listen)
        self.listening.start()

    def _listen(self) -> None:
        while message := self.sock.recv(4096):
            self.told.append(message)

    @property
    def fed(self) -> int:
        """How often it was told that all is going on."""
        return self.told.count(b"WATCHDOG=1")

    async def is_fed(self, times: int = 2) -> None:
        """Wait until it is told so, this often from now on."""
        enough = self.fed + times
        await until(lambda: self.fed >= enough)

    async def goes_hungry(self) -> None:
        """Make sure that it is told nothing for long."""
        fed = self.fed
        await asyncio.sleep(3 * PERIOD)
        assert self.fed == fed


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(PERIOD * 1_000_000)))
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    manager = Manager(path)
    yield manager
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.sendto(b"", str(path))
    manager.listening.join()
    manager.sock.close()


@asynccontextmanager
async def one_account(house: House) -> AsyncIterator[tuple[MemoryServer, Supervisor]]:
    async with MemoryServer() as server:
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        async with house.running() as supervisor:
            await house.heard("watching")
            yield server, supervisor


def test_a_flight_is_promised_for_longer_than_the_client_lets_a_server_take() -> None:
    assert pulse.FLIGHT > PATIENCE * Timeouts().silence


def test_a_rest_between_two_looks_for_a_copy_is_shorter_than_a_flight_may_be() -> None:
    assert pulse.FLIGHT > LONGEST_GRACE


@pytest.mark.parametrize(
    ("microseconds", "pid", "period"),
    [
        ("120000000", None, 120.0),
        pytest.param("120000000", str(os.getpid()), 120.0, id="this process"),
        ("120000000", "1", None),
        (None, None, None),
        ("0", None, None),
        ("soon", None, None),
    ],
)
def test_the_watchdog_is_fed_where_systemd_asks_this_process_for_it(
    microseconds: str | None, pid: str | None, period: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", pid)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert systemd.watchdog_period() == period


async def test_it_is_fed_while_a_server_is_dead_and_another_refuses(
    house: House, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.3, 0.6))
    monkeypatch.setattr(pulse, "SLACK", 5.0)
    async with MemoryServer() as server, Proxy(server.port) as dead, MemoryServer() as refusing:
        dead.stop_listening()
        house.write(
            account("dead", dead.port, "ann"),
            account("refused", refusing.port, "ann", password="wrong"),
            account("work", server.port, server.options.user, password=server.options.password),
        )
        async with house.running() as supervisor:
            await house.heard("interrupted", 5, account="dead")
            await house.heard("sign-in failed", account="refused")
            await house.heard("watching", account="work")
            await manager.is_fed(10)
            assert (await supervisor.report()).late == ()
    assert house.count("stuck") == 0


async def test_it_is_not_fed_while_a_worker_is_stuck_and_the_log_says_which(
    house: House, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "FLIGHT", 0.5)
    monkeypatch.setattr(pulse, "SLACK", 0.5)
    look, mended = Worker.look, asyncio.Event()

    async def wedged(worker: Worker) -> None:
        await mended.wait()
        await look(worker)

    async with one_account(house) as (server, _):
        await manager.is_fed()
        monkeypatch.setattr(Worker, "look", wedged)
        server.deliver("INBOX", message("one"))
        await house.heard("stuck", level="error")
        await manager.goes_hungry()
        mended.set()
        await house.heard("no longer stuck")
        await manager.is_fed()
        await house.filed(1)
    told = [str(line["what"]) for line in house.lines if line["event"] == "stuck"]
    assert told[0].startswith("work: the way in: at work, since ")


async def test_it_is_not_fed_while_the_disk_hangs(house: House, manager: Manager) -> None:
    disk = threading.Event()
    async with one_account(house) as (_, supervisor):
        await manager.is_fed()
        store = supervisor._store
        assert isinstance(store, SqliteStore)
        hanging = asyncio.ensure_future(store._writer.write(lambda _db: disk.wait(LIMIT)))
        try:
            await house.heard("stuck")
            await manager.goes_hungry()
            (late,) = (await supervisor.report()).late
            assert late.startswith("the state: its disk does not answer, since ")
        finally:
            disk.set()
        await hanging
        await house.heard("no longer stuck")
        await manager.is_fed()


async def test_it_is_fed_in_time_although_somebody_was_late_at_one_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, fed, looks = asyncio.get_running_loop(), list[float](), 0
    monkeypatch.setattr(systemd, "watchdog_period", lambda: 4.0)
    monkeypatch.setattr(systemd, "alive", lambda: fed.append(loop.time()))

    def late() -> list[str]:
        nonlocal looks
        looks += 1
        return ["busy"] if looks == 2 else []

    async with SqliteStore(tmp_path / "state.db") as store:
        beating = asyncio.create_task(Heart(store, late, logs.logger()).beat())
        await until(lambda: len(fed) == 2)
        beating.cancel()
    assert fed[1] - fed[0] < 4.0


async def test_it_is_not_fed_while_the_loop_is_blocked(house: House, manager: Manager) -> None:
    async with one_account(house):
        await manager.is_fed()
        fed = manager.fed
        time.sleep(3 * PERIOD)  # noqa: ASYNC251 - that is what is tested
        assert manager.fed == fed
        await house.heard("everything was held up")
        await manager.is_fed()


async def test_a_process_that_is_stuck_is_ended_with_its_stack_and_works_when_it_is_started_anew(
    house: House, manager: Manager
) -> None:
    """The part of systemd that ends and starts it is played here."""
    async with asyncio.timeout(LIMIT), MemoryServer() as server:
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        stuck = await start(house, BLOCKS)
        await server.heard("UID FETCH")
        fed = -1
        while fed != manager.fed:  # until it is
            fed = manager.fed
            await asyncio.sleep(3 * PERIOD)
        stuck.send_signal(signal.SIGABRT)  # as systemd does it
        assert stuck.stderr is not None
        stack = (await stuck.stderr.read()).decode()
        assert (await stuck.wait(), "Fatal Python error: Aborted" in stack) == (-signal.SIGABRT, True)
        server.deliver("INBOX", message("after"))
        again = await start(house, "")
        try:
            await manager.is_fed()
            await server.heard("UID MOVE")
        finally:
            again.kill()
            await again.communicate()


async def start(house: House, first: str) -> asyncio.subprocess.Process:
    """Start the daemon, with the environment that the service file gives it; `first` is done to it before."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"{first}\nfrom mailrules.cli import main; import sys; sys.argv = ['mailrules', *sys.argv[1:]]; main()",
        "run",
        "--config",
        str(house.path),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONFAULTHANDLER": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    )
