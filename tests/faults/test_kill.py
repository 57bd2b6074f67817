"""Killed at any point and started again, the daemon has every message where the rules say, exactly once."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.builders import message
from tests.faults.process import daemon, eventually, rule_file
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy

RULES = """
[[rules]]
name = "m"
match.subject = "m"
then.copy = "Archive"
then.add_flags = ["$Work"]
then.move = "Lists"
"""
COMMANDS = {
    "MOVE": ((), ["UID FETCH", "UID STORE", "UID COPY", "UID MOVE"]),
    "UIDPLUS": (("MOVE",), ["UID STORE", "UID COPY", "UID STORE .*Deleted", "UID EXPUNGE"]),
}
WRITES = [("before", "2"), ("after", "2"), ("before", "3"), ("after", "3")]
"""Of a run with mail waiting: the mailboxes, then the journal's begin, then what was answered."""


@pytest.mark.parametrize("lowering", COMMANDS)
async def test_a_kill_at_any_point_loses_and_doubles_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, lowering: str
) -> None:
    without, commands = COMMANDS[lowering]
    kills = 0
    async with Proxy(dovecot.ports.imap, without=without) as proxy:
        config = rule_file(tmp_path, user, proxy.port, RULES, grace=0.2)
        async with daemon(config) as first:
            await first.logged("signed in")
            await eventually(lambda: bool(proxy.recording.find("IDLE")), lambda: proxy.recording.names)
            await first.stop()
        for command in commands:
            for point in Point:
                dovecot.deliver(user, message("m"), message("m"), message("stays"))
                async with daemon(config) as running:
                    proxy.cut(command, point, then=running.kill)
                    assert await running.ended() == -signal.SIGKILL
                await proxy.finished()
                kills += 1
        for killing in WRITES:
            dovecot.deliver(user, message("m"), message("m"), message("stays"))
            async with daemon(config, *killing) as running:
                assert await running.ended() == -signal.SIGKILL
            kills += 1
        expected = {
            "INBOX": Counter(stays=kills),
            "Lists": Counter(m=2 * kills),
            "Archive": Counter(m=2 * kills),
        }
        async with daemon(config) as last:
            await eventually(lambda: found(dovecot, user) == expected, lambda: (found(dovecot, user), last.raw))
            await last.stop()

    assert kills == 20
    assert found(dovecot, user) == expected
    assert {flag for one in dovecot.look(user)["Lists"] for flag in one.flags} - {r"\Recent"} == {"$Work"}


def found(dovecot: Dovecot, user: str) -> dict[str, Counter[str]]:
    """How many messages of each subject are in each mailbox that is not empty."""
    subjects = dovecot.subjects(user)
    return {mailbox: Counter(names) for mailbox, names in subjects.items() if names}
