"""What fails in the daemon itself is logged, and goes on: no bug of ours ends anything for good without a word."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import link, systemd, tending
from mailrules.daemon.backoff import delays
from mailrules.daemon.supervisor import Supervisor
from mailrules.demo import MemoryServer
from mailrules.store import SqliteStore, StateError
from tests.daemon.house import LIMIT, House, account, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.05, 0.1))


def table(server: MemoryServer) -> str:
    return account("work", server.port, server.options.user, password=server.options.password)


async def test_a_bug_in_the_watch_on_the_rule_file_is_logged_and_reloads_by_signal_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bugs = [ValueError("bug")]

    async def trouble(*_: object) -> AsyncIterator[None]:
        if bugs:
            raise bugs.pop()
        yield

    monkeypatch.setattr("mailrules.daemon.supervisor.changes", trouble)
    async with MemoryServer() as server:
        house.write(table(server))
        async with house.running(bugs=1) as daemon:
            await house.heard("the rule file is not watched: send SIGHUP to reload it")
            daemon.reload()
            await house.heard("rules taken over")


async def test_a_bug_in_what_is_looked_at_is_logged_and_the_looking_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bugs, late, looks = [ValueError("bug")], Supervisor._late, 0

    def trouble(supervisor: Supervisor) -> list[str]:
        nonlocal looks
        looks += 1
        if bugs:
            raise bugs.pop()
        return late(supervisor)

    monkeypatch.setattr(systemd, "watchdog_period", lambda: 0.4)
    monkeypatch.setattr(Supervisor, "_late", trouble)
    async with MemoryServer() as server:
        house.write(table(server))
        async with house.running(bugs=1):
            await house.heard("unexpected error")
            await until(lambda: looks > 1)


async def test_work_beside_the_watch_that_fails_by_a_bug_is_done_again(house: House) -> None:
    bugs, done = [ValueError("bug")], asyncio.Event()

    async def work() -> None:
        if bugs:
            raise bugs.pop()
        done.set()

    async with MemoryServer() as server:
        house.write(table(server))
        async with house.running(bugs=1) as daemon:
            await house.heard("watching")
            at_work = daemon._accounts["work"]._account
            assert at_work is not None
            at_work._context.spawn(work)
            await asyncio.wait_for(done.wait(), LIMIT)


async def test_a_state_that_gives_no_lease_for_now_is_no_bug_and_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tending, "_RESTART_PAUSE", 0.1)
    leases, lease = 0, SqliteStore.lease

    def first_fails(store: SqliteStore, name: str) -> AbstractAsyncContextManager[None]:
        nonlocal leases
        leases += 1
        if leases == 1:
            raise StateError("read-only")
        return lease(store, name)

    monkeypatch.setattr(SqliteStore, "lease", first_fails)
    async with MemoryServer() as server:
        house.write(table(server))
        async with house.running():
            await house.heard("interrupted", account="work", reason="read-only")
            await house.heard("watching", account="work")
