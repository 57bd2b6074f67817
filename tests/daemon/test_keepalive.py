"""A connection that is dead without a word is noticed within `keepalive`, and IDLE is not believed alone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

import pytest

from mailrules.config.model import IDLE_LIMIT
from mailrules.daemon import link, worker
from mailrules.daemon.backoff import delays
from mailrules.daemon.vitals import Condition
from mailrules.daemon.worker import patience
from mailrules.demo import MemoryServer
from mailrules.demo.faults import Mute, Pretend
from tests.builders import message
from tests.daemon.house import House, account
from tests.daemon.test_door import SETTINGS
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

KEEPALIVE = 5.0
BUSY = 20.0  # seconds that a busy machine may add; less than the minute that a server has for other answers


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.1, 1.0))


async def test_a_half_open_connection_is_noticed_within_keepalive_and_made_anew(house: House) -> None:
    """By IDLE and by polling, on a connection for one mailbox, on one for many, and on one for none."""
    ways = {
        "idle": 'watch = ["INBOX", "Box"]',  # the lead's own mailbox, and one with a connection of its own
        "poll": "",
        "rounds": 'watch = ["INBOX", "Box"]\nmax_connections = 1',
        "none": 'watch = "Nothing"',
    }
    async with AsyncExitStack() as stack:
        servers = {way: await stack.enter_async_context(MemoryServer()) for way in ways}
        proxies = {
            way: await stack.enter_async_context(Proxy(server.port, without={"IDLE"} if way == "poll" else set()))
            for way, server in servers.items()
        }
        for server in servers.values():
            server.deliver("Box", message("makes the mailbox"))
        house.write(
            *(
                account(way, proxies[way].port, server.options.user, password=server.options.password, extra=ways[way])
                for way, server in servers.items()
            )
        )
        loop = asyncio.get_running_loop()
        async with house.running(keepalive=KEEPALIVE) as supervisor:
            await house.heard("watching", 4)
            await house.heard("signed in", 4)
            for proxy in proxies.values():
                proxy.pause()
            paused_at = loop.time()
            for way in ("idle", "poll", "rounds"):
                servers[way].deliver("INBOX", message(way))
                servers[way].deliver("Box", message(way))
            for way in ways:
                await house.heard("interrupted", 2 if way == "idle" else 1, account=way)
            assert loop.time() - paused_at < KEEPALIVE + BUSY
            lost = {account.name: account.condition for account in (await supervisor.report()).accounts}
            assert lost == dict.fromkeys(ways, Condition.BACKING_OFF)
            for proxy in proxies.values():
                proxy.resume()
            await house.filed(5)
    reasons = {str(line["reason"]) for line in house.lines if line["event"] == "interrupted"}
    assert {reason.partition(": ")[2] for reason in reasons} == {
        f"the server has been silent for {KEEPALIVE / 2:g} seconds"
    }


def test_idle_is_renewed_before_29_minutes_whatever_keepalive_is() -> None:
    slowest = SETTINGS.model_copy(update={"keepalive": IDLE_LIMIT})
    assert slowest.keepalive - patience(slowest) <= 28 * 60 < IDLE_LIMIT


def test_in_all_less_than_five_minutes_pass_unless_somebody_wants_it_so() -> None:
    assert (SETTINGS.keepalive, patience(SETTINGS)) == (240, 60)


async def test_a_server_that_is_only_quiet_keeps_its_connection_and_idle_is_renewed(house: House) -> None:
    async with MemoryServer() as server:
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        async with house.running(keepalive=2):
            heard = 0
            for _ in range(3):
                await server.heard("IDLE", heard)
                heard = len(server.commands)
    assert house.count("signed in") == 1
    assert house.count("interrupted") == 0


@pytest.mark.parametrize(("by", "without"), [("idle", ["NOTIFY"]), ("notify", [])])
async def test_mail_of_which_a_real_server_says_nothing_is_found_all_the_same(
    house: House, dovecot: Dovecot, user: str, by: str, without: list[str]
) -> None:
    async with Proxy(dovecot.ports.imap, without=without) as proxy:
        proxy.rewrite(r"^\* \d+ (EXISTS|RECENT)\r\n", "* OK Still here\r\n")
        house.write(account("work", proxy.port, user))
        async with house.running(keepalive=4):
            await house.heard("watching", by=by)
            await asyncio.to_thread(dovecot.deliver, user, message("one"))
            await house.filed(1)
    assert await asyncio.to_thread(dovecot.subjects, user) == {"Filed": ["one"]}


async def test_a_session_in_which_neither_fetch_nor_status_is_up_to_date_selects_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_SELECT_EVERY", 0.5)
    async with MemoryServer() as server, Proxy(server.port) as proxy:
        server.faults.plan("IDLE", Mute(), times=1000)
        proxy.rewrite(r"UIDNEXT \d+\)", "UIDNEXT 1)")
        house.write(account("work", proxy.port, server.options.user, password=server.options.password))
        async with house.running(keepalive=2):
            await house.heard("watching")
            await server.heard("IDLE")
            blind = server.faults.plan("UID FETCH", Pretend(), times=1000)
            server.deliver("INBOX", message("one"))
            await server.heard("SELECT", len(server.commands))
            blind.times = blind.fired
            await house.filed(1)
