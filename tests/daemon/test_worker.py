"""One account on a real server: nothing that comes is left behind, whatever the connection goes through."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import account as account_module
from mailrules.daemon import link
from mailrules.daemon.backoff import delays
from mailrules.demo import MemoryServer
from mailrules.demo.faults import Mute, Pretend
from tests.builders import message
from tests.daemon.house import LIMIT, House, account
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.1, 1.0))


async def deliver(server: Dovecot, user: str, subjects: Sequence[str]) -> None:
    await asyncio.to_thread(server.deliver, user, *(message(subject) for subject in subjects))


async def subjects(server: Dovecot, user: str) -> dict[str, list[str]]:
    return await asyncio.to_thread(server.subjects, user)


def numbered(first: int, last: int) -> list[str]:
    return [f"message {number}" for number in range(first, last + 1)]


async def test_new_mail_is_filed_in_two_flights(house: House, dovecot: Dovecot, user: str) -> None:
    async with Proxy(dovecot.ports.imap, without=["NOTIFY"]) as proxy:
        await asyncio.to_thread(dovecot.create, user, "Filed")
        house.write(account("work", proxy.port, user))
        async with house.running():
            await house.heard("watching", mailbox="INBOX")
            await deliver(dovecot, user, ["first"])
            await house.filed(1)
            await proxy_idles(proxy, 2)
            proxy.recording.forget()
            await deliver(dovecot, user, ["second"])
            await house.filed(2)
            await proxy_idles(proxy, 1)
            assert proxy.recording.flights == [["DONE", "UID FETCH"], ["UID MOVE", "IDLE"]]
    assert await subjects(dovecot, user) == {"Filed": ["first", "second"]}


async def proxy_idles(proxy: Proxy, number: int) -> None:
    """Wait until the proxy has passed on so many IDLEs: the client's write may not have arrived yet."""
    try:
        async with asyncio.timeout(LIMIT):
            while len(proxy.recording.find("IDLE")) < number:  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"{number} IDLEs did not come: {proxy.recording.names}") from None


async def test_bursts_leave_nothing_behind_in_inbox(house: House, dovecot: Dovecot, user: str) -> None:
    """Five messages 150 ms apart: some arrive while others are being moved, and when IDLE has not begun again."""
    users = [f"{user}-{number}" for number in range(20)]
    house.write(*(account(f"a{number}", dovecot.ports.imap, name) for number, name in enumerate(users)))

    async def burst(name: str) -> None:
        for subject in numbered(1, 5):
            await deliver(dovecot, name, [subject])
            await asyncio.sleep(0.15)

    async with house.running():
        await house.heard("watching", times=20)
        await asyncio.gather(*map(burst, users))
        await house.filed(100)
    for name in users:
        assert await subjects(dovecot, name) == {"Filed": numbered(1, 5)}


async def test_mail_that_came_while_the_daemon_was_stopped_is_filed_at_its_start(
    house: House, dovecot: Dovecot, user: str
) -> None:
    house.write(account("work", dovecot.ports.imap, user))
    async with house.running():
        await house.heard("watching")
    await deliver(dovecot, user, numbered(1, 300))
    async with house.running():
        await house.filed(300)
    assert await subjects(dovecot, user) == {"Filed": numbered(1, 300)}


@pytest.mark.parametrize("polite", [True, False])
async def test_a_server_that_restarts_is_found_again(house: House, user: str, polite: bool) -> None:
    with Dovecot() as server:
        house.write(account("work", server.ports.imap, user))
        async with house.running():
            await house.heard("watching")
            await deliver(server, user, ["before"])
            await house.filed(1)
            await asyncio.to_thread(server.stop if polite else server.kill)
            await house.heard("interrupted", times=2)  # the loss, and a connection that is refused
            await asyncio.to_thread(server.start)
            await deliver(server, user, ["after"])
            await house.filed(2)
        assert await subjects(server, user) == {"Filed": ["before", "after"]}


async def test_a_connection_that_is_cut_again_and_again_comes_back(house: House, dovecot: Dovecot, user: str) -> None:
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user))
        async with house.running():
            for number in (1, 2, 3):
                await house.heard("watching", times=number)
                proxy.cut_all()
            await house.heard("watching", times=4)
            await deliver(dovecot, user, ["one"])
            await house.filed(1)
    assert await subjects(dovecot, user) == {"Filed": ["one"]}


async def test_a_servers_bye_is_the_reason_that_is_logged(house: House) -> None:
    async with MemoryServer() as server:
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        async with house.running():
            await server.heard("IDLE")
            server.disconnect("shutting down for the night")
            await house.heard("interrupted")
            await house.heard("watching", times=2)
    (line,) = [line for line in house.lines if line["event"] == "interrupted"]
    assert "shutting down for the night" in str(line["reason"])


async def test_without_idle_the_server_is_polled(house: House, dovecot: Dovecot, user: str) -> None:
    async with Proxy(dovecot.ports.imap, without={"IDLE"}) as proxy:
        house.write(account("work", proxy.port, user))
        async with house.running(poll=0.2):
            await house.heard("watching", by="poll")
            await deliver(dovecot, user, ["one"])
            await house.filed(1)
    assert await subjects(dovecot, user) == {"Filed": ["one"]}


async def test_a_server_that_refuses_idle_is_polled(house: House, dovecot: Dovecot, user: str) -> None:
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.refuse("IDLE", "NO not today")
        house.write(account("work", proxy.port, user))
        async with house.running(poll=0.2):
            await house.heard("the server refuses IDLE, so it is polled")
            await deliver(dovecot, user, ["one"])
            await house.filed(1)
    assert await subjects(dovecot, user) == {"Filed": ["one"]}


async def test_mail_of_which_idle_says_nothing_is_found_when_idle_is_renewed(house: House) -> None:
    async with MemoryServer() as server:
        server.faults.plan("IDLE", Mute(), times=1000)
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        async with house.running(keepalive=2):
            await house.heard("watching", by="idle")
            server.deliver("INBOX", message("one"))
            await house.filed(1)
        assert len(server.snapshot()["Filed"]) == 1


async def test_a_server_that_shows_new_mail_only_after_select_is_selected_again(house: House) -> None:
    async with MemoryServer() as server:
        server.faults.plan("IDLE", Mute(), times=1000)
        house.write(account("work", server.port, server.options.user, password=server.options.password))
        async with house.running(keepalive=2):
            await server.heard("IDLE")
            server.faults.plan("UID FETCH", Pretend())
            server.deliver("INBOX", message("one"))
            await house.filed(1)
        assert server.commands.count("SELECT INBOX") == 2


async def test_a_mailbox_for_which_the_server_takes_no_connection_is_visited(
    house: House, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "_LIST_EVERY", 0.5)
    with Dovecot(Layout(extra="protocol imap {\n mail_max_userip_connections = 2\n}")) as server:
        await asyncio.to_thread(server.create, user, "A", "B")
        async with Proxy(server.ports.imap, without=["NOTIFY"]) as proxy:
            house.write(account("work", proxy.port, user, extra='watch = ["INBOX", "A", "B"]'))
            async with house.running(poll=0.2):
                await house.heard("the server takes no further connection, so a mailbox is only looked at now and then")
                await deliver(server, user, ["in INBOX"])
                mail = server.folder / "saved.eml"  # not by IMAP: there is no connection left
                mail.write_bytes(message("saved"))
                for box in ("A", "B", "A", "B"):
                    await asyncio.to_thread(server.doveadm, "save", "-u", user, "-m", box, str(mail))
                await house.filed(5)


async def test_mailboxes_beyond_the_connections_are_visited_on_rounds(
    house: House, dovecot: Dovecot, user: str
) -> None:
    boxes = [f"Box/{number}" for number in range(5)]
    await asyncio.to_thread(dovecot.create, user, *boxes)
    async with Proxy(dovecot.ports.imap, without=["NOTIFY"]) as proxy:
        house.write(account("work", proxy.port, user, extra='watch = ["INBOX", "Box/*"]\nmax_connections = 2'))
        async with house.running(poll=0.2):
            await house.heard("watching", times=2)
            for box in boxes:
                await asyncio.to_thread(dovecot.append, user, box, message(box))
            await deliver(dovecot, user, ["in INBOX"])
            await house.filed(6)
            assert proxy.accepted == 2
    assert sorted((await subjects(dovecot, user))["Filed"]) == sorted([*boxes, "in INBOX"])


async def test_one_connection_is_enough_for_all_mailboxes(house: House, dovecot: Dovecot, user: str) -> None:
    await asyncio.to_thread(dovecot.create, user, "A", "B")
    house.write(account("work", dovecot.ports.imap, user, extra='watch = ["INBOX", "A", "B"]\nmax_connections = 1'))
    async with house.running(poll=0.2):
        await house.heard("watching", mailbox="INBOX")
        for box in ("A", "B", "A"):
            await asyncio.to_thread(dovecot.append, user, box, message(box))
        await deliver(dovecot, user, ["in INBOX"])
        await house.filed(4)
    assert sorted((await subjects(dovecot, user))["Filed"]) == ["A", "A", "B", "in INBOX"]


async def test_a_mailbox_that_is_made_later_is_watched_from_its_first_message_on(
    house: House, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "_LIST_EVERY", 0.2)
    async with Proxy(dovecot.ports.imap, without=["NOTIFY"]) as proxy:
        house.write(account("work", proxy.port, user, extra='watch = ["INBOX", "Lists/*"]'))
        async with house.running():
            await house.heard("watching", mailbox="INBOX")
            await asyncio.to_thread(dovecot.append, user, "Lists/new", message("its first"))
            await house.filed(1)
            await house.heard("watching", mailbox="Lists/new")
            await asyncio.to_thread(partial(dovecot.doveadm, "mailbox", "delete", "-u", user, "Lists/new"))
            await deliver(dovecot, user, ["still there"])
            await house.filed(2)
    assert await subjects(dovecot, user) == {"Filed": ["its first", "still there"]}


async def test_a_wrong_password_is_one_accounts_trouble(house: House, dovecot: Dovecot, user: str) -> None:
    house.write(
        account("wrong", dovecot.ports.imap, f"{user}-wrong", password="canary"),
        account("right", dovecot.ports.imap, user),
    )
    async with house.running():
        await house.heard("sign-in failed", account="wrong")
        await house.heard("watching", account="right")
        await deliver(dovecot, user, ["one"])
        await house.filed(1)
        assert house.count("sign-in failed") == 1
    assert "canary" not in str(house.lines)
