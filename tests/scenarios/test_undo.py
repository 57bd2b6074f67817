"""Undo beside a running daemon: it pauses, what comes back stays where it is, and new mail is filed again."""

from __future__ import annotations

import asyncio
import sys

from tests.daemon.house import House
from tests.scenarios.setting import account, deliver, subjects
from tests.servers.dovecot import Dovecot

RULES = """
[[rules]]
name = "m"
match.subject.starts_with = "m"
then.move = "Lists"
then.copy = "Copies"
"""


async def test_the_daemon_does_not_file_again_what_was_taken_back(dovecot: Dovecot, house: House, user: str) -> None:
    house.write(account("work", user, dovecot.ports.imap, watch=["INBOX", "Lists"]), rules=RULES)
    house.path.chmod(0o600)
    async with house.running():
        await house.heard("watching", mailbox="INBOX")
        await deliver(dovecot, user, "m1", "m2", "n")
        await house.filed(2)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mailrules", "undo", "-c", str(house.path), "--since", "1h", "--yes"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, complaints = await asyncio.wait_for(process.communicate(), 90)
        assert (process.returncode, complaints) == (0, b"")
        assert out.endswith(b"2 messages: 2 taken back\n")
        await deliver(dovecot, user, "m3")
        await house.filed(3)
        assert await subjects(dovecot, user) == {"INBOX": ["m1", "m2", "n"], "Lists": ["m3"], "Copies": ["m3"]}
        assert [outcome.subject for outcome in house.outcomes[2:]] == ["m3"]
