"""``retry`` and ``resume`` beside a running daemon: what was held is filed, and then the daemon goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailrules.demo import MemoryServer, Refuse
from tests.builders import message
from tests.cli.running import mailrules
from tests.daemon.house import FILE_ALL, House, account, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMITED = f'{FILE_ALL}limit = "1/day"\n'


@pytest.fixture
async def server() -> AsyncIterator[MemoryServer]:
    """A server without any mail."""
    async with MemoryServer() as server:
        yield server


def write(house: House, server: MemoryServer, rules: str = FILE_ALL) -> None:
    table = account("work", server.port, server.options.user, password=server.options.password)
    house.write(table, rules=rules)


async def run(house: House, *arguments: str) -> tuple[int, str, str]:
    """Run a command in a thread, as another process would: it knows the daemon by its socket alone."""
    result = await asyncio.to_thread(mailrules, *arguments, "-c", house.path)
    return result.exit_code, result.stdout, result.stderr


def mail(server: MemoryServer) -> dict[str, int]:
    return {path: len(messages) for path, messages in server.snapshot().items() if messages}


async def test_what_is_held_is_filed_and_the_daemon_files_what_comes(house: House, server: MemoryServer) -> None:
    write(house, server)
    server.faults.plan("UID MOVE", Refuse("NO [NOPERM] Permission denied"))
    async with house.running():
        await house.heard("watching")
        server.deliver("INBOX", message("one"))
        await house.filed(1)
        assert await run(house, "retry") == (0, "work\tINBOX\tfile all\t1\n1 message looked at: 1 done\n", "")
        assert mail(server) == {"Filed": 1}
        await house.heard("watching", 2)
        server.deliver("INBOX", message("two"))
        await until(lambda: mail(server) == {"Filed": 2})
        assert await run(house, "retry") == (0, "", "nothing is held, and nothing waits\n")


async def test_what_waits_for_a_limit_is_freed_for_the_daemon(house: House, server: MemoryServer) -> None:
    write(house, server, LIMITED)
    async with house.running():
        await house.heard("watching")
        for number in range(3):
            server.deliver("INBOX", message(f"{number}"))
        await house.filed(3)
        assert mail(server) == {"INBOX": 2, "Filed": 1}
        assert await run(house, "resume", "file all") == (
            0,
            "",
            "account 'work': 2 messages freed: the daemon takes them up, all but 1 that are over the limit again\n",
        )
        await until(lambda: mail(server) == {"INBOX": 1, "Filed": 2})


async def test_without_a_daemon_what_waits_is_filed_at_once(house: House, server: MemoryServer) -> None:
    write(house, server, LIMITED)
    for number in range(3):
        server.deliver("INBOX", message(f"{number}"))
    async with house.running():
        await house.heard("watching")
        for number in range(3):
            server.deliver("INBOX", message(f"new {number}"))
        await house.filed(3)
    resume = ("resume", "file all")
    status, shown, said = await run(house, *resume)
    assert (status, shown) == (1, "work\tINBOX\tfile all\t2\n2 messages looked at: 1 done, 1 will be tried again\n")
    assert said.endswith("pending: rule 'file all' has reached its limit of 1/day\n")
    assert await run(house, *resume) == (0, "work\tINBOX\tfile all\t1\n1 message looked at: 1 done\n", "")
    assert await run(house, *resume) == (0, "", "nothing waits for the limit of rule 'file all': it counts anew\n")
    assert mail(server) == {"INBOX": 3, "Filed": 3}
