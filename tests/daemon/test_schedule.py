"""Scheduled rules in a running daemon: missed ones run once at the start, and new mail does not wait for them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mailrules.demo import Drop, Hold, MemoryServer
from tests.builders import message
from tests.daemon.house import House, account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
