"""On a wire with 25 ms each way: how many round trips lie between a message and its mailbox."""

from __future__ import annotations

import pytest

from tests.daemon.house import House
from tests.engine.scene import rule
from tests.faults.process import daemon
from tests.scenarios.setting import account, deliver, subjects, until
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

RULES = {
    "move": (['move = "Filed"'], [["DONE", "UID FETCH"], ["UID MOVE", "IDLE"]]),
    "flags": (['add_flags = ["$Work"]'], [["DONE", "UID FETCH"], ["UID STORE", "IDLE"]]),
    "flags and move": (
        ['add_flags = ["\\\\Flagged", "\\\\Seen"]', 'move = "Filed"'],
        [["DONE", "UID FETCH"], ["UID STORE", "UID MOVE", "IDLE"]],
    ),
    "nothing": (['move = "Elsewhere"'], [["DONE", "UID FETCH"], ["IDLE"]]),
}


@pytest.mark.parametrize("name", RULES)
async def test_from_exists_to_the_finished_move_are_two_flights(
    dovecot: Dovecot, house: House, user: str, name: str
) -> None:
    then, expected = RULES[name]
    pattern = "nothing of the kind" if name == "nothing" else "*"
    dovecot.create(user, "Filed")
    async with Proxy(dovecot.ports.imap, delay=0.025, without=["NOTIFY"]) as proxy:
        house.write(account("work", user, proxy.port), rules=rule("r", f'subject.glob = "{pattern}"', *then))
        async with daemon(house.path) as running:
            await running.logged("watching")
            for subject in ("first", "second"):
                await until(lambda: proxy.recording.names[-1:] == ["IDLE"])
                proxy.recording.forget()
                await deliver(dovecot, user, subject)
                await until(lambda: proxy.recording.names[-1:] == ["IDLE"])
                assert proxy.recording.flights == expected
            assert await running.stop() == 0
    there = "Filed" if "move" in name else "INBOX"
    assert await subjects(dovecot, user) == {there: ["first", "second"]}


async def test_a_keyword_that_is_new_to_the_mailbox_goes_before_the_move_once(
    dovecot: Dovecot, house: House, user: str
) -> None:
    """The server may refuse it, and then the message must stay; afterwards the mailbox is known to have it."""
    dovecot.create(user, "Filed")
    async with Proxy(dovecot.ports.imap, without=["NOTIFY"]) as proxy:
        rules = rule("r", "subject.exists = true", 'add_flags = ["$New"]', 'move = "Filed"')
        house.write(account("work", user, proxy.port), rules=rules)
        async with house.running():
            await house.heard("watching")
            flights = []
            for count in (1, 2):
                await until(lambda: proxy.recording.names[-1:] == ["IDLE"])
                proxy.recording.forget()
                await deliver(dovecot, user, "one")
                await house.filed(count)
                flights.append(proxy.recording.flights)

    assert flights == [
        [["DONE", "UID FETCH"], ["UID STORE"], ["UID MOVE", "IDLE"]],
        [["DONE", "UID FETCH"], ["UID STORE", "UID MOVE", "IDLE"]],
    ]
