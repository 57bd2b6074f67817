"""Which troubles of a mailbox's connection leave the mailbox to the lead's rounds."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from mailrules.client import HungUp, Session
from mailrules.config import Account
from mailrules.daemon import door, link
from mailrules.daemon.backoff import delays
from tests.builders import message
from tests.daemon.house import House, account
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

GIVEN_UP = "the server takes no further connection, so a mailbox is only looked at now and then"


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.05, 0.1))
    monkeypatch.setattr(door, "_FIRST_PAUSE", 0.05)


async def test_a_mailbox_keeps_its_connection_while_the_network_has_trouble(
    house: House, dovecot: Dovecot, user: str
) -> None:
    await asyncio.to_thread(dovecot.create, user, "A")
    async with Proxy(dovecot.ports.imap, without=["NOTIFY"]) as proxy:
        house.write(account("work", proxy.port, user, extra='watch = ["INBOX", "A"]'))
        async with house.running():
            await house.heard("watching", times=2)
            proxy.stop_listening()
            _, second = proxy._links.values()
            second.cut()
            await house.heard("interrupted", times=6)
            assert house.count("interrupted", account="work", mailbox="INBOX") == house.count("interrupted")
            await proxy.listen()
            await house.heard("watching", times=3)
    assert house.count(GIVEN_UP) == 0


async def test_a_mailbox_for_which_the_server_hangs_up_is_left_to_the_lead(
    house: House, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def one_only(settings: Account) -> Session:
        nonlocal tries
        tries += 1
        if tries > 1:
            raise HungUp("the server hung up: too many connections", None, said_bye=True)
        return await sign_in(settings)

    sign_in = door.sign_in
    monkeypatch.setattr(door, "sign_in", one_only)
    await asyncio.to_thread(dovecot.create, user, "A")
    async with Proxy(dovecot.ports.imap, without=["NOTIFY"]) as proxy:
        house.write(account("work", proxy.port, user, extra='watch = ["INBOX", "A"]'))
        async with house.running():
            await house.heard(GIVEN_UP)
    assert (tries, house.count("sign-in failed")) == (4, 3)


async def test_a_rule_that_the_server_leaves_undecided_is_named_in_the_log(
    house: House, dovecot: Dovecot, user: str
) -> None:
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.refuse("UID SEARCH .*TEXT", "BAD Unknown")
        rules = '[[rules]]\nname = "gold"\nmatch.search = "TEXT gold"\nthen.trash = true\n'
        house.write(account("work", proxy.port, user), rules=rules)
        async with house.running():
            await house.heard("watching")
            await asyncio.to_thread(dovecot.deliver, user, message("one"))
            await house.heard("a rule does not work", mailbox="INBOX", level="warning")
    (line,) = [line for line in house.lines if line["event"] == "a rule does not work"]
    assert line["reason"] == (
        "rule 'gold' could not be decided, and does nothing then: UID SEARCH was answered BAD Unknown"
    )
