"""New rules get in only if the tests in their file pass; the mailboxes never wait for them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from mailrules.config import Loaded
from tests.builders import message
from tests.daemon.test_supervisor import mail_in, servers, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from mailrules.config import PlacedCase
    from mailrules.rules.selftest import Result
    from tests.daemon.house import House


def rules(target: str, expected: str, *, test: str = 'message.subject = "hello"') -> str:
    return f"""
[[rules]]
name = "to {target}"
match = "everything"
then.move = "{target}"
[[tests]]
name = "hello is filed"
{test}
expect.move = "{expected}"
"""


async def test_rules_whose_test_fails_are_refused_with_the_test_and_the_reason(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server), rules=rules("Old", "Old"))
        async with house.running():
            await house.heard("watching")
            house.write(table("work", server), rules=rules("New", "Other"))
            await house.heard("rule file not taken over", level="error")
            (line,) = [line for line in house.lines if line["event"] == "rule file not taken over"]
            said = str(line["problem"]).replace(str(house.path), "rules.toml")
            assert said == (
                "rules.toml:17: test 'hello is filed': the test fails: "
                'want move "Other"  got move "New" by rule \'to New\' (rules.toml:13)'
            )
            server.deliver("INBOX", message("one"))
            await house.filed(1)
            house.write(table("work", server), rules=rules("New", "New"))
            await house.heard("rules taken over")
            server.deliver("INBOX", message("two"))
            await house.filed(2)
        assert [mail_in(server, "Old"), mail_in(server, "New")] == [1, 1]


async def test_a_message_that_a_test_names_is_watched_and_read_again(house: House) -> None:
    mail = house.path.with_name("mail.eml")
    mail.write_bytes(b"Subject: hello\n\nhi\n")
    test = 'message.file = "mail.eml"\nexpect.matched = "to Old"'
    async with servers(1) as (server,):
        house.write(table("work", server), rules=rules("Old", "Old", test=test))
        async with house.running():
            await house.heard("watching")
            mail.write_bytes(b"Subject: something else\n\nhi\n")
            await house.heard("rules taken over")
            mail.unlink()
            await house.heard("rule file not taken over")
            mail.write_bytes(b"Subject: hello\n\nhi\n")
            await house.heard("rules taken over", 2)


async def test_mail_is_filed_while_the_tests_of_a_big_file_run(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests stand still until a message has been filed."""
    filed = asyncio.Event()
    loop = asyncio.get_running_loop()
    began = asyncio.Event()

    def slowly(_loaded: Loaded, goes_on: Callable[[], bool]) -> None:
        loop.call_soon_threadsafe(began.set)
        while not filed.is_set() and goes_on():
            time.sleep(0.01)

    async with servers(1) as (server,):
        house.write(table("work", server), rules=rules("Old", "Old"))
        async with house.running():
            await house.heard("watching")
            monkeypatch.setattr(Loaded, "require_tests", slowly)
            house.write(table("work", server), rules=rules("New", "New"))
            await asyncio.wait_for(began.wait(), 10)
            server.deliver("INBOX", message("one"))
            await house.filed(1)
            assert mail_in(server, "Old") == 1
            filed.set()
            await house.heard("rules taken over")


async def test_a_daemon_that_is_told_to_stop_does_not_wait_for_the_tests(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = asyncio.Event()
    loop = asyncio.get_running_loop()
    tests = Loaded.run_tests

    def endless(loaded: Loaded) -> Iterator[tuple[PlacedCase, Result]]:
        loop.call_soon_threadsafe(began.set)
        while True:
            time.sleep(0.01)
            yield from tests(loaded)

    async with servers(1) as (server,):
        house.write(table("work", server), rules=rules("Old", "Old"))
        async with house.running() as daemon:
            await house.heard("watching")
            monkeypatch.setattr(Loaded, "run_tests", endless)
            house.write(table("work", server), rules=rules("New", "New"))
            await asyncio.wait_for(began.wait(), 10)
            daemon.stop()
        assert house.count("rules taken over") == 0
