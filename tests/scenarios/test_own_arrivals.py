"""What mailrules itself puts into a watched mailbox, and what others put there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import message
from tests.daemon.house import House
from tests.scenarios.setting import account, append, deliver
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

WAYS = [
    pytest.param("move", (), id="MOVE with COPYUID"),
    pytest.param("move", ("UIDPLUS",), id="MOVE without COPYUID"),
    pytest.param("move", ("MOVE",), id="COPY for a move, with COPYUID"),
    pytest.param("move", ("MOVE", "UIDPLUS"), id="COPY for a move, without COPYUID"),
    pytest.param("copy", (), id="COPY with COPYUID"),
    pytest.param("copy", ("UIDPLUS",), id="COPY without COPYUID"),
]


def rule(source: str, action: str, target: str, *more: str) -> str:
    """Everything that comes into one mailbox goes to another."""
    lines = [f'name = "from {source}"', f'mailboxes = ["{source}"]', 'match = "everything"', *more]
    return "\n".join(["[[rules]]", *lines, f'then.{action} = "{target}"', ""])


def alive(server: Dovecot, user: str) -> dict[str, list[str]]:
    r"""What is where, less what is marked \Deleted: without MOVE and UIDPLUS that stays."""
    return {
        mailbox: subjects
        for mailbox, found in server.look(user).items()
        if (subjects := sorted(one.subject for one in found if r"\Deleted" not in one.flags))
    }


@pytest.mark.parametrize(("action", "without"), WAYS)
async def test_what_a_rule_put_there_is_not_run_again_and_a_second_delivery_of_it_is(
    house: House, dovecot: Dovecot, user: str, action: str, without: tuple[str, ...]
) -> None:
    """The second delivery is octet for octet the same, of the same second: only their number tells them apart."""
    mail = message("one")
    when = f"{datetime.now(UTC) + timedelta(hours=1):%d-%b-%Y %H:%M:%S +0000}"
    await asyncio.to_thread(dovecot.create, user, "Watched", "Final")
    async with Proxy(dovecot.ports.imap, without=without) as proxy:
        table = account("work", user, proxy.port, watch=["INBOX", "Watched"])
        house.write(table, rules=rule("INBOX", action, "Watched") + rule("Watched", "move", "Final"))
        async with house.running():
            await house.heard("watching", 2)
            await asyncio.to_thread(dovecot.append, user, "INBOX", mail, (), when)
            await house.filed(1)
            await asyncio.to_thread(dovecot.append, user, "Watched", mail, (), when)
            await house.filed(2)
            await append(dovecot, user, "Watched", "another")
            await house.filed(3)
    there = {"Watched": ["one"], "Final": ["another", "one"]}
    assert await asyncio.to_thread(alive, dovecot, user) == there | ({"INBOX": ["one"]} if action == "copy" else {})


async def test_with_chain_a_moved_message_goes_through_the_rules_again_but_no_rule_acts_on_it_twice(
    house: House, dovecot: Dovecot, user: str
) -> None:
    ring = [("INBOX", "A"), ("A", "B"), ("B", "INBOX")]
    await asyncio.to_thread(dovecot.create, user, "A", "B")
    rules = "".join(rule(source, "move", target, "chain = true") for source, target in ring)
    house.write(account("work", user, dovecot.ports.imap, watch=["INBOX", "A", "B"]), rules=rules)
    async with house.running():
        await house.heard("watching", 3)
        await deliver(dovecot, user, "round")
        await house.filed(3)
        await append(dovecot, user, "B", "from the middle")
        await house.filed(6)
        await deliver(dovecot, user, "round again")
        await house.filed(9)
    assert await asyncio.to_thread(alive, dovecot, user) == {
        "INBOX": ["round", "round again"],
        "B": ["from the middle"],
    }
    assert [outcome.mailbox for outcome in house.outcomes] == ["INBOX", "A", "B", "B", "INBOX", "A", "INBOX", "A", "B"]
