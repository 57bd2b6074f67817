"""Killed at any point of a scheduled run and started again, the daemon has every message where the rules say, once."""

import signal
from collections import Counter
from pathlib import Path

from tests.builders import message
from tests.faults.process import daemon, eventually, rule_file
from tests.faults.test_kill import found
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy

RULES = """
[[rules]]
name = "file"
every = "1 day"
mailboxes = ["Box"]
match.age.over = "90 days"
match.subject = "m"
then.copy = "Archive"
then.add_flags = ["$Old"]
then.move = "Filed"

[[rules]]
name = "expunge"
every = "1 day"
mailboxes = ["Box"]
match.age.over = "90 days"
match.subject = "x"
then.expunge = true
"""
KILLS = [
    ("UID FETCH", Point.AFTER_COMMAND),
    ("UID STORE", Point.AFTER_COMMAND),
    ("UID COPY", Point.BEFORE_COMMAND),
    ("UID COPY", Point.AFTER_COMMAND),
    ("UID MOVE", Point.AFTER_COMMAND),
    ("UID MOVE", Point.AFTER_ANSWER),
    ("UID EXPUNGE", Point.BEFORE_COMMAND),
    ("UID EXPUNGE", Point.AFTER_COMMAND),
]
"""Further commands and points `test_kill` has: the way of a message is the same."""
OLD = "01-Jan-2024 10:00:00 +0000"


async def test_a_kill_in_a_run_loses_and_doubles_nothing(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with Proxy(dovecot.ports.imap) as proxy:
        config = rule_file(tmp_path, user, proxy.port, RULES, grace=0.2)
        for command, point in KILLS:
            for subject in ("m", "m", "x", "stays"):
                dovecot.append(user, "Box", message(subject), date=OLD)
            async with daemon(config) as running:
                proxy.cut(command, point, then=running.kill)
                assert await running.ended() == -signal.SIGKILL
        expected = {
            "Box": Counter(stays=len(KILLS)),
            "Filed": Counter(m=2 * len(KILLS)),
            "Archive": Counter(m=2 * len(KILLS)),
        }
        async with daemon(config) as last:
            await eventually(lambda: found(dovecot, user) == expected, lambda: (found(dovecot, user), last.raw))
            await last.logged("scheduled rule ran", rule="expunge")
            await last.stop()

    assert found(dovecot, user) == expected
    assert {flag for one in dovecot.look(user)["Filed"] for flag in one.flags} - {r"\Recent"} == {"$Old"}
