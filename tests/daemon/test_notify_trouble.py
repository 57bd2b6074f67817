"""NOTIFY where it goes wrong: no answer to it, mailboxes that can't be visited, connections that are not granted."""

from __future__ import annotations

import asyncio
import gc
from functools import partial

import pytest

from mailrules.daemon import link
from mailrules.daemon.backoff import delays
from mailrules.daemon.vitals import Condition
from tests.builders import message
from tests.daemon.house import House, account, until
from tests.daemon.test_notify import LISTS, append, deliver, settled, watched
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.01, 0.1))


async def test_a_server_that_never_answers_notify_is_watched_by_idle(house: House, dovecot: Dovecot, user: str) -> None:
    """However often it is asked; mail comes through on the third connection after it."""
    async with Proxy(dovecot.ports.imap) as proxy:
        for _ in range(20):
            proxy.cut("NOTIFY", Point.BEFORE_COMMAND)
        house.write(account("work", proxy.port, user))
        async with house.running() as supervisor:
            await watched(supervisor, Condition.IDLE)
            await deliver(dovecot, user, "m")
            await house.filed(1)
            assert proxy.accepted <= 5
            assert house.count("the server does not show new messages by itself") == 1


async def test_a_loss_now_and_then_does_not_end_notify(house: House, dovecot: Dovecot, user: str) -> None:
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user))
        for _ in range(2):
            proxy.cut("NOTIFY SET", Point.BEFORE_COMMAND)
        async with house.running() as supervisor:
            await house.heard("interrupted", times=2)
            await settled(proxy)
            for _ in range(2):
                proxy.cut("NOTIFY SET", Point.BEFORE_COMMAND)
            proxy.recording.forget()
            proxy.cut_all()
            await house.heard("interrupted", times=5)
            await settled(proxy)
            await deliver(dovecot, user, "m")
            await house.filed(1)
            await watched(supervisor, Condition.NOTIFY)


async def test_a_mailbox_that_can_not_be_selected_is_not_tried_again_and_again(
    house: House, dovecot: Dovecot, user: str
) -> None:
    """With one connection each try ends NOTIFY, and the next one tells of that mailbox anew."""
    await asyncio.to_thread(dovecot.create, user, "A", "B", "C")
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.refuse('SELECT "?A', "NO [NOPERM] not for you")
        house.write(account("work", proxy.port, user, extra=LISTS.replace("8", "1")))
        async with house.running() as supervisor:
            await watched(supervisor, Condition.NOTIFY, *[Condition.NOTIFY_STATUS] * 3)
            await append(dovecot, user, "A", "not to be had")
            await house.heard("mailbox can't be watched")
            for number in range(3):
                await append(dovecot, user, "B", "m")
                await deliver(dovecot, user, "m")
                await house.filed(2 * number + 2)
            assert house.count("mailbox can't be watched") <= 10  # a few, not a hundred a second


async def test_where_no_second_connection_is_granted_the_first_one_visits(house: House) -> None:
    user = "alone"
    with Dovecot(Layout(extra="protocol imap {\n mail_max_userip_connections = 1\n}")) as server:
        await asyncio.to_thread(server.create, user, "A", "B", "C")
        await until(lambda: not server.sessions(user))
        house.write(account("work", server.ports.imap, user, extra=LISTS))
        async with house.running(poll=0.5) as supervisor:
            await watched(supervisor, Condition.NOTIFY, *[Condition.NOTIFY_STATUS] * 3)
            mail = server.folder / "saved.eml"  # not by IMAP: there is no connection left
            mail.write_bytes(message("m"))
            for number, box in enumerate(("A", "B", "A")):
                await asyncio.to_thread(server.doveadm, "save", "-u", user, "-m", box, str(mail))
                await house.filed(number + 1)
            await house.heard("the server takes no second connection, so the first one looks after all mailboxes")
            await watched(supervisor, Condition.NOTIFY, *[Condition.NOTIFY_STATUS] * 3)


@pytest.mark.parametrize(
    ("watch", "ways"),
    [('watch = ["INBOX"]', (Condition.IDLE,)), (LISTS, (Condition.NOTIFY,) * 4)],
    ids=["one mailbox", "four"],
)
async def test_where_it_becomes_too_much_nothing_is_missed(
    house: House, dovecot: Dovecot, user: str, watch: str, ways: tuple[Condition, ...]
) -> None:
    """The server says so in the place of what has happened, and tells nothing more."""
    await asyncio.to_thread(dovecot.create, user, "A", "B", "C")
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user, extra=watch))
        async with house.running() as supervisor:
            await settled(proxy)
            proxy.rewrite(r"\* \d+ EXISTS", "* OK [NOTIFICATIONOVERFLOW] too much", times=1)
            proxy.rewrite(r"\* \d+ FETCH", "* 1 GONE", times=1)
            await deliver(dovecot, user, "while it is told")
            await house.filed(1)
            await watched(supervisor, *ways)
            await deliver(dovecot, user, "afterwards")
            await house.filed(2)
    gc.collect()  # what was begun and never awaited would be complained of now
