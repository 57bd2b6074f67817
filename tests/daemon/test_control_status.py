"""Asking the daemon over its socket how it is: by many at once, by who never reads, by who never ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import control, visitors
from mailrules.daemon.calling import Unwilling, ask_report, socket_path
from mailrules.daemon.control import answering
from mailrules.daemon.reporting import shared
from mailrules.daemon.vitals import Condition
from mailrules.demo import Delay, MemoryServer
from tests.daemon.house import LIMIT, House, account, until
from tests.daemon.reports import REPORT, WORK, with_accounts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mailrules.daemon.vitals import DaemonReport

STATUS = b'{"status": true}\n'
LARGE = with_accounts(*[WORK] * 500)


class Told:
    """What the daemon tells, and how often it was asked to make it up."""

    def __init__(self, report: DaemonReport = REPORT) -> None:
        self.report = report
        self.made = 0
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self) -> DaemonReport:
        self.made += 1
        await self.may.wait()
        return self.report


@asynccontextmanager
async def pause(name: str) -> AsyncIterator[None]:
    if name == "nobody":
        raise Unwilling("not at work")
    yield


@asynccontextmanager
async def daemon(folder: Path, told: Told) -> AsyncIterator[Path]:
    """The daemon's socket alone."""
    state = folder / "state.db"
    async with answering(state, pause, shared(told)):
        yield state


async def connect(state: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(socket_path(state), limit=1 << 24)


async def test_the_report_comes_as_it_is(tmp_path: Path) -> None:
    async with daemon(tmp_path, Told(LARGE)) as state:
        assert await ask_report(state) == LARGE
    assert await ask_report(state) is None


async def test_many_ask_at_once_and_one_report_is_made_for_all(tmp_path: Path) -> None:
    told = Told()
    async with daemon(tmp_path, told) as state:
        told.may.clear()
        asking = [asyncio.create_task(ask_report(state)) for _ in range(30)]
        await until(lambda: told.made > 0)
        asking[0].cancel()
        told.may.set()
        assert await asyncio.gather(*asking[1:]) == [REPORT] * 29
        assert told.made < 30


async def test_who_never_reads_holds_nobody_up_and_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_PATIENCE", 1.0)
    monkeypatch.setattr(visitors, "_GOODBYE", 0.1)
    told = Told(LARGE)
    async with daemon(tmp_path, told) as state:
        reader, writer = await connect(state)
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # what a process that stands still looks like
        writer.write(STATUS * 10_000)
        assert await ask_report(state) == LARGE
        assert told.made < 1000
        async with asyncio.timeout(LIMIT):
            with suppress(OSError):
                while True:
                    writer.write(STATUS * 1000)
                    await writer.drain()
                    await asyncio.sleep(0.01)
        writer.transport.abort()


async def test_who_asks_nothing_is_let_go_but_not_who_has_something_paused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_PATIENCE", 0.2)
    async with daemon(tmp_path, Told()) as state:
        holder, ordering = await connect(state)
        ordering.write(b'{"pause": "work"}\n')
        await holder.readline()
        reader, writer = await connect(state)
        assert await asyncio.wait_for(reader.read(), LIMIT) == b""
        writer.close()
        ordering.write(STATUS)
        assert b"4711" in await asyncio.wait_for(holder.readline(), LIMIT)
        ordering.close()


async def test_there_are_only_so_many_at_once(tmp_path: Path) -> None:
    async with daemon(tmp_path, Told()) as state:
        held = [await connect(state) for _ in range(control._AT_ONCE)]
        with pytest.raises(Unwilling):
            await ask_report(state)
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(LIMIT):
            while True:
                with suppress(Unwilling):
                    assert await ask_report(state) == REPORT
                    break


@pytest.mark.parametrize("line", [b'{"status": 1}\n', b'{"status": false}\n', b"{}\n", b"\xff\n", b"\n"])
async def test_what_is_no_request_is_an_error_and_the_next_one_is_answered(tmp_path: Path, line: bytes) -> None:
    async with daemon(tmp_path, Told()) as state:
        reader, writer = await connect(state)
        writer.write(line + STATUS)
        assert "not understood" in json.loads(await reader.readline())["error"]
        assert "status" in json.loads(await reader.readline())
        writer.close()


async def test_an_account_is_not_well_before_its_mailboxes_are_known(house: House) -> None:
    async with MemoryServer() as server:
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        server.faults.plan("LIST", Delay(LIMIT))
        async with house.running():
            await house.heard("signed in")
            await server.heard("LIST")
            report = await ask_report(house.path.with_name("state.db"))
            assert report is not None
            assert [(each.condition, each.mailboxes) for each in report.accounts] == [(Condition.STARTING, ())]


async def test_a_daemon_at_work_tells_of_its_mailboxes_and_ends_while_asked(house: House) -> None:
    async with MemoryServer() as server:
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        async with house.running():
            await house.heard("watching")
            report = await ask_report(house.path.with_name("state.db"))
            assert report is not None
            (work,) = report.accounts
            (inbox,) = work.mailboxes
            assert (report.well, work.name, inbox.path, inbox.condition) == (True, "work", "INBOX", Condition.IDLE)
            assert (report.rules, report.refused, report.late) == (1, "", ())
            _, writer = await connect(house.path.with_name("state.db"))
        writer.close()
