"""Scheduled rules in a running daemon: missed ones run once at the start, and new mail does not wait for them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mailrules.client import ConnectionLost, Session
from mailrules.daemon import door
from mailrules.demo import Drop, Hold, MemoryServer, Refuse
from tests.builders import message
from tests.daemon.house import House, account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mailrules.config import Account

RULES = """
[[rules]]
name = "file"
match.subject = "new"
then.move = "Filed"

[[rules]]
name = "old"
every = "1 day"
mailboxes = ["INBOX", "Lists/*"]
match.age.over = "90 days"
then.expunge = true
"""


@pytest.fixture
async def server(house: House) -> AsyncIterator[MemoryServer]:
    async with MemoryServer() as server:
        house.write(table(server), rules=RULES)
        put(server, "Lists/a", "old")
        yield server


def table(server: MemoryServer) -> str:
    return account("work", server.port, server.options.user, password=server.options.password)


def put(server: MemoryServer, mailbox: str, subject: str) -> None:
    server.deliver(mailbox, message(subject), internaldate=datetime.now(UTC) - timedelta(days=100))


def mail(server: MemoryServer) -> dict[str, int]:
    return {path: len(messages) for path, messages in server.snapshot().items() if messages}


async def test_a_missed_run_is_made_up_for_at_the_start_and_not_twice(house: House, server: MemoryServer) -> None:
    async with house.running():
        await house.heard("scheduled rule ran", rule="old", mailboxes=2, looked_at=1, matched=1, done=1)
    put(server, "Lists/a", "old")
    async with house.running():
        await house.heard("watching", 2)
        server.deliver("INBOX", message("new"))
        await house.filed(2)
    assert mail(server) == {"Lists/a": 1, "Filed": 1}
    assert house.count("scheduled rule ran") == 1


async def test_a_rule_that_is_wanted_more_often_runs_at_the_next_look(
    house: House, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailrules.daemon.account._LIST_EVERY", 0.05)
    monkeypatch.setattr("mailrules.rules.rates.SHORTEST", timedelta())
    async with house.running():
        await house.heard("scheduled rule ran")
        put(server, "Lists/a", "old")
        house.write(table(server), rules=RULES.replace('every = "1 day"', 'every = "0 minutes"'))
        await house.heard("scheduled rule ran", 2, done=1)
    assert mail(server) == {}


async def test_new_mail_is_filed_while_a_run_takes_its_time(house: House, server: MemoryServer) -> None:
    released = asyncio.Event()
    server.faults.plan("UID EXPUNGE", Hold(released))
    async with house.running():
        await server.heard("UID EXPUNGE")
        server.deliver("INBOX", message("new"))
        await house.filed(1)
        assert mail(server) == {"Lists/a": 1, "Filed": 1}
        released.set()
        await house.heard("scheduled rule ran")
    assert mail(server) == {"Filed": 1}


async def test_a_run_that_loses_its_connection_is_made_again(house: House, server: MemoryServer) -> None:
    server.faults.plan("UID STORE", Drop.AFTER)
    async with house.running():
        await house.heard("interrupted")
        await house.heard("scheduled rule ran")
    assert mail(server) == {}
    assert len(house.outcomes) == 1


async def test_without_a_connection_to_spare_the_lead_does_it(
    house: House, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A portion at a time, and looks for new mail between two of them."""
    monkeypatch.setattr("mailrules.daemon.schedule._PORTION", 0.0)
    monkeypatch.setattr("mailrules.engine.reading.WINDOW", 1)
    house.write(table(server) + "max_connections = 1\n", rules=RULES)
    for _ in range(3):
        put(server, "Lists/a", "old")
    released = asyncio.Event()
    server.faults.plan("UID EXPUNGE", Hold(released))
    async with house.running():
        await server.heard("UID EXPUNGE")
        server.deliver("INBOX", message("new"))
        released.set()
        await house.filed(5)
        await house.heard("scheduled rule ran", rule="old", mailboxes=2, looked_at=4, matched=4, done=4)
        assert server.clients == 1
    assert mail(server) == {"Filed": 1}
    assert [one.rules[0] for one in house.outcomes].index("file") < 4


async def test_where_the_server_grants_no_further_connection_the_lead_does_it(
    house: House, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one_only(settings: Account) -> Session:
        if server.clients:
            raise ConnectionLost("the server hung up", bye="Too many connections")
        return await sign_in(settings)

    sign_in = door.sign_in
    monkeypatch.setattr(door, "sign_in", one_only)
    monkeypatch.setattr("mailrules.daemon.account._LIST_EVERY", 0.05)
    async with house.running():
        await house.heard("scheduled rule ran", done=1)
    assert mail(server) == {}


async def test_the_lead_makes_a_run_again_in_which_something_was_refused(
    house: House, server: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailrules.daemon.account._LIST_EVERY", 0.05)
    house.write(table(server) + "max_connections = 1\n", rules=RULES)
    server.faults.plan("UID FETCH", Refuse("NO [INUSE] Try later"))
    async with house.running():
        await house.heard("scheduled rules could not run")
        await house.heard("scheduled rule ran")
    assert mail(server) == {}
