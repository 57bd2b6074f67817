"""The rules over a big mailbox: what it costs in commands, counted on the wire."""

from __future__ import annotations

import asyncio
import sys

from tests.bench.backlog import TARGETS, fill, mail, rules
from tests.daemon.house import House
from tests.scenarios.setting import account
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

MESSAGES = 10_000


async def test_commands_do_not_grow_with_messages_or_rules(dovecot: Dovecot, house: House, user: str) -> None:
    """At most 20, 2 for each target, 1 for each 1,000 messages, and 1 for each target and 5,000 messages."""
    await asyncio.to_thread(fill, dovecot, user, [mail(number) for number in range(MESSAGES)])
    async with Proxy(dovecot.ports.imap) as proxy:
        house.write(account("work", user, proxy.port), rules=rules(1_000))
        arguments = ["-m", "mailrules", "apply", "-c", str(house.path), "--account", "work"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, complaints = await asyncio.wait_for(process.communicate(), 300)
        assert (process.returncode, complaints.decode()) == (0, "")
        assert len(proxy.recording.commands) <= 20 + 2 * TARGETS + MESSAGES // 1_000 + TARGETS * MESSAGES // 5_000
    told = await asyncio.to_thread(dovecot.doveadm, "mailbox", "status", "-u", user, "messages", "INBOX", "Box/*")
    each = MESSAGES // TARGETS
    assert sorted(told.splitlines()) == [*(f"Box/{n:02} messages={each}" for n in range(TARGETS)), "INBOX messages=0"]
