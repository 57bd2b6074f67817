"""NOTIFY on a real server: new mail is filed in one round trip, and all mailboxes need two connections together."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import account as account_module
from mailrules.daemon import link
from mailrules.daemon.backoff import delays
from mailrules.daemon.vitals import Condition
from mailrules.daemon.worker import Worker
from mailrules.engine.filing import Filing
from tests.builders import message
from tests.daemon.house import LIMIT, House, account, until
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from mailrules.daemon.supervisor import Supervisor
    from mailrules.imap import StatusData

LISTS = 'watch = ["INBOX", "A", "B", "C"]\nmax_connections = 8'
BY_SUBJECT = """
[[rules]]
name = "by subject"
match.subject.contains = "m"
then.move = "Filed"
"""
BY_LIST = """
[[rules]]
name = "by list"
match.list_id.contains = "."
then.move = "Lists"
"""


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.1, 1.0))


async def deliver(server: Dovecot, user: str, *subjects: str) -> None:
    await asyncio.to_thread(server.deliver, user, *(message(subject) for subject in subjects))


async def append(server: Dovecot, user: str, mailbox: str, subject: str) -> None:
    await asyncio.to_thread(server.append, user, mailbox, message(subject))


def told_to(proxy: Proxy) -> list[bytes]:
    return [one.text for one in proxy.recording.commands if one.text.startswith(b"NOTIFY SET") and one.answer]


async def settled(proxy: Proxy, idles: int = 1) -> None:
    """Wait until so many IDLEs have been sent, and no other command is open."""
    await until(lambda: proxy.recording.names.count("IDLE") >= idles and proxy.recording.names[-1] == "IDLE")


async def conditions(supervisor: Supervisor) -> dict[str, Condition]:
    (work,) = (await supervisor.report()).accounts
    return {each.path: each.condition for each in work.mailboxes}


async def watched(supervisor: Supervisor, *ways: Condition) -> None:
    """Wait until the mailboxes are watched in these ways, INBOX first."""
    async with asyncio.timeout(LIMIT):
        while tuple((await conditions(supervisor)).values()) != ways:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("subjects", [["one"], ["one", "two", "three", "four", "five"]], ids=["one", "five at once"])
async def test_new_mail_is_filed_in_one_flight(house: House, dovecot: Dovecot, user: str, subjects: list[str]) -> None:
    await asyncio.to_thread(dovecot.create, user, "Filed")
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user))
        async with house.running():
            await house.heard("watching", by="notify")
            await settled(proxy)
            await deliver(dovecot, user, "first")
            await house.filed(1)
            await settled(proxy, 2)
            proxy.recording.forget()
            await deliver(dovecot, user, *subjects)
            await house.filed(1 + len(subjects))
            await settled(proxy)
            flights = proxy.recording.flights
            assert flights == [["DONE", "UID MOVE", "IDLE"]] * len(flights)
            assert proxy.accepted == 1
    assert await asyncio.to_thread(dovecot.subjects, user) == {"Filed": ["first", *subjects]}


async def test_mail_that_no_rule_wants_costs_no_command(house: House, dovecot: Dovecot, user: str) -> None:
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user), rules=BY_LIST + BY_SUBJECT)
        async with house.running() as supervisor:
            await settled(proxy)
            proxy.recording.forget()
            await deliver(dovecot, user, "kept")
            async with asyncio.timeout(LIMIT):
                while (await supervisor.report()).accounts[0].mailboxes[0].last_message is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert proxy.recording.flights == []


async def test_a_check_that_takes_long_does_not_end_what_the_server_shows(
    house: House, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be time for SELECT when STATUS is answered, and something else has changed in the journal meanwhile."""
    is_as_known = Worker._is_as_known

    def late(self: Worker, status: StatusData) -> bool:
        self._select_at = 0.0
        return is_as_known(self, status)

    monkeypatch.setattr(Worker, "_is_as_known", late)
    monkeypatch.setattr(Filing, "falls_due", lambda _self, _due: False)
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user))
        async with house.running(keepalive=2):
            await house.heard("watching", by="notify")
            await settled(proxy)
            proxy.recording.forget()
            await until(lambda: "IDLE" in proxy.recording.names)
            await until(lambda: proxy.recording.names.count("IDLE") > 1)
            assert proxy.recording.flights[0] == ["DONE", "STATUS", "IDLE"]
            assert proxy.recording.flights[1][:2] != ["DONE", "SELECT"]


async def test_a_burst_is_filed_to_the_last_message(house: House, dovecot: Dovecot, user: str) -> None:
    """Five messages, 150 ms apart, three times over: some come while others are moved."""
    names = [f"message {number}" for number in range(15)]
    async with Proxy(dovecot.ports.imap, delay=0.025) as proxy:
        house.write(account("work", proxy.port, user))
        async with house.running():
            await settled(proxy)
            for name in names:
                await deliver(dovecot, user, name)
                await asyncio.sleep(0.15)
            await house.filed(len(names))
    assert await asyncio.to_thread(dovecot.subjects, user) == {"Filed": names}
    assert [outcome.subject for outcome in house.outcomes] == names


async def test_another_mailbox_is_visited_in_two_flights_on_the_second_connection(
    house: House, dovecot: Dovecot, user: str
) -> None:
    await asyncio.to_thread(dovecot.create, user, "Filed", "A", "B", "C")
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user, extra=LISTS))
        async with house.running() as supervisor:
            await settled(proxy)
            await append(dovecot, user, "A", "opens the second connection")
            await house.filed(1)
            await watched(supervisor, Condition.NOTIFY, *[Condition.NOTIFY_STATUS] * 3)
            proxy.recording.forget()
            await append(dovecot, user, "B", "second")
            await house.filed(2)
            assert proxy.recording.flights == [["SELECT", "UID FETCH"], ["UID MOVE"]]
            await append(dovecot, user, "C", "third")
            await deliver(dovecot, user, "fourth")
            await house.filed(4)
            assert proxy.accepted == 2
    assert sorted((await asyncio.to_thread(dovecot.subjects, user))["Filed"]) == sorted(
        ["opens the second connection", "second", "third", "fourth"]
    )


async def test_one_connection_is_enough_for_all_mailboxes(house: House, dovecot: Dovecot, user: str) -> None:
    """The lead visits them itself, and Dovecot survives that (it does not where NOTIFY outlasts a SELECT)."""
    await asyncio.to_thread(dovecot.create, user, "A", "B", "C")
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user, extra=LISTS.replace("8", "1")))
        async with house.running():
            await settled(proxy)
            for number, box in enumerate(("A", "INBOX", "B", "INBOX", "A", "C")):
                await append(dovecot, user, box, f"{number}")
                await house.filed(number + 1)
            assert proxy.accepted == 1
    assert "Panic" not in dovecot.log()


@pytest.mark.parametrize("answer", ["NO [NOTIFICATIONOVERFLOW] too many", "BAD unknown command"])
async def test_a_server_that_refuses_falls_back_to_idle_and_says_so_once(
    house: House, dovecot: Dovecot, user: str, answer: str
) -> None:
    await asyncio.to_thread(dovecot.create, user, "A", "B", "C")
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.refuse("NOTIFY", answer)
        house.write(account("work", proxy.port, user, extra=LISTS.replace("8", "3")))
        async with house.running(poll=0.2) as supervisor:
            await watched(supervisor, *[Condition.IDLE] * 3, Condition.ROUNDS)
            for box in ("INBOX", "A", "B", "C"):
                await append(dovecot, user, box, box)
            await house.filed(4)
            assert proxy.accepted == 3
            assert house.count("the server does not tell by itself what comes into all mailboxes") == 1
            assert house.count("the server does not show new messages by itself") == 1


async def test_a_server_that_tells_of_the_selected_mailbox_only_is_asked_for_that(
    house: House, dovecot: Dovecot, user: str
) -> None:
    await asyncio.to_thread(dovecot.create, user, "A", "B", "C")
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.refuse("NOTIFY SET STATUS .*MAILBOXES", "NO [NOTIFICATIONOVERFLOW] too many")
        house.write(account("work", proxy.port, user, extra=LISTS))
        async with house.running() as supervisor:
            await watched(supervisor, *[Condition.NOTIFY] * 4)
            for box in ("INBOX", "A", "B", "C"):
                await append(dovecot, user, box, box)
            await house.filed(4)
            assert proxy.accepted == 4


async def test_other_header_fields_are_asked_for_after_a_reload(house: House, dovecot: Dovecot, user: str) -> None:
    await asyncio.to_thread(dovecot.create, user, "Filed")
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user), rules=BY_SUBJECT)
        async with house.running():
            await settled(proxy)
            house.write(account("work", proxy.port, user), rules=BY_LIST + BY_SUBJECT)
            await until(lambda: b"LIST-ID" in told_to(proxy)[-1])
            await settled(proxy, 2)
            proxy.recording.forget()
            await deliver(dovecot, user, "message")
            await house.filed(1)
            assert proxy.recording.flights[0][:2] == ["DONE", "UID MOVE"]


async def test_a_mailbox_that_is_made_later_is_told_of(
    house: House, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "_LIST_EVERY", 0.3)
    await asyncio.to_thread(dovecot.create, user, "Box/a")
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", proxy.port, user, extra='watch = ["INBOX", "Box/*"]'))
        async with house.running() as supervisor:
            await settled(proxy)
            await append(dovecot, user, "Box/b", "its first")
            await house.filed(1)
            await until(lambda: b"Box/b" in told_to(proxy)[-1])
            await watched(supervisor, Condition.NOTIFY, *[Condition.NOTIFY_STATUS] * 2)
            await append(dovecot, user, "Box/b", "its second")
            await append(dovecot, user, "Box/a", "another")
            await house.filed(3)
            assert proxy.accepted == 2
