"""Mail that comes at the worst moment: while nobody looks, or between the fetch of what is new and IDLE."""

from __future__ import annotations

import pytest

from tests.daemon.house import House
from tests.scenarios.setting import account, deliver, subjects, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy

COPY_AND_MARK = """
[[rules]]
name = "copy"
match = "everything"
then.copy = "Copies"
then.add_flags = ["$Copied"]
"""


async def test_300_messages_that_came_while_it_was_stopped_are_handled_once_each(
    house: House, dovecot: Dovecot, user: str
) -> None:
    """The rule copies, so that a message that is handled twice is seen twice; a further start handles nothing again."""
    names = [f"message {number:03}" for number in range(300)]
    house.write(account("work", user, dovecot.ports.imap), rules=COPY_AND_MARK)
    async with house.running():
        await house.heard("watching")
    await deliver(dovecot, user, *names)
    async with house.running():
        await house.filed(300)
    async with house.running():
        await house.heard("watching", 3)
        await deliver(dovecot, user, "one more")
        await house.filed(301)
    assert await subjects(dovecot, user) == {"INBOX": [*names, "one more"], "Copies": [*names, "one more"]}
    assert [outcome.subject for outcome in house.outcomes] == [*names, "one more"]


MOMENTS = [
    pytest.param("UID FETCH", Point.BEFORE_COMMAND, id="before the fetch is asked for"),
    pytest.param("UID FETCH", Point.AFTER_COMMAND, id="while it is answered"),
    pytest.param("UID FETCH", Point.BEFORE_ANSWER, id="when its data has been told"),
    pytest.param("UID FETCH", Point.AFTER_ANSWER, id="when it has been answered"),
    pytest.param("UID MOVE", Point.BEFORE_COMMAND, id="before the move"),
    pytest.param("UID MOVE", Point.AFTER_COMMAND, id="while messages are moved"),
    pytest.param("UID MOVE", Point.BEFORE_ANSWER, id="before the move's answer"),
    pytest.param("UID MOVE", Point.AFTER_ANSWER, id="after the move's answer"),
    pytest.param("IDLE", Point.BEFORE_COMMAND, id="before IDLE"),
    pytest.param("IDLE", Point.AFTER_COMMAND, id="before IDLE's continuation"),
    pytest.param("DONE", Point.BEFORE_COMMAND, id="before IDLE is ended"),
    pytest.param("DONE", Point.AFTER_COMMAND, id="while IDLE ends"),
    pytest.param("IDLE", Point.BEFORE_ANSWER, id="between DONE and its answer"),
    pytest.param("IDLE", Point.AFTER_ANSWER, id="when IDLE has ended"),
]


WITH_NOTIFY = [moment for moment in MOMENTS if moment.values[0] != "UID FETCH"]  # nobody has to ask for it then


@pytest.mark.parametrize(("command", "point"), MOMENTS)
async def test_mail_that_comes_between_fetch_and_idle_is_filed_at_once(
    house: House, dovecot: Dovecot, user: str, command: str, point: Point
) -> None:
    """At once: nothing but the next message, or keepalive minutes later, would find it otherwise."""
    await _file_at_once(house, dovecot, user, command, point, ["NOTIFY"])


@pytest.mark.parametrize(("command", "point"), WITH_NOTIFY)
async def test_mail_that_comes_while_others_are_moved_is_filed_at_once_where_the_server_shows_it(
    house: House, dovecot: Dovecot, user: str, command: str, point: Point
) -> None:
    await _file_at_once(house, dovecot, user, command, point, [])


async def _file_at_once(
    house: House, dovecot: Dovecot, user: str, command: str, point: Point, without: list[str]
) -> None:
    async with Proxy(dovecot.ports.imap, without=without) as proxy:
        house.write(account("work", user, proxy.port))
        async with house.running():
            await house.heard("watching")
            await deliver(dovecot, user, "first")
            await until(lambda: len(proxy.recording.find("IDLE")) >= 2)
            proxy.stall(command, point)
            await deliver(dovecot, user, "second")
            await until(lambda: not proxy.flowing.is_set())
            await deliver(dovecot, user, "third")
            proxy.resume()
            await house.filed(3)
    assert await subjects(dovecot, user) == {"Filed": ["first", "second", "third"]}
