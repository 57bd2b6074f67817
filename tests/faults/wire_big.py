"""The server's process is killed in the middle of a UID MOVE of thousands of messages."""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import os
import random
import signal
import time
from dataclasses import replace
from datetime import UTC
from uuid import uuid4

from mailrules.config import Daemon
from tests.builders import message
from tests.faults.campaigns import Options, Tally
from tests.faults.wire_lane import FLAGS_MOVE, Lane, Row, judge, lane
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

GRACE = 0.3
"""Seconds between two looks."""
ROUNDS = 12
MESSAGES = 3_000


def pour(imap: imaplib.IMAP4, count: int) -> list[str]:
    """Append many messages by one command (RFC 3502), so that they arrive together; return their Message-IDs."""
    names = [f"<{uuid4().hex}@example.com>" for _ in range(count)]
    mails = [message("m", message_id=name) for name in names]
    imap.send(b"pour APPEND INBOX" + b"".join(b" {%d+}\r\n%b" % (len(mail), mail) for mail in mails) + b"\r\n")
    while not (line := imap.readline()).startswith(b"pour "):
        assert line, "the server is gone"
    assert line.startswith(b"pour OK"), line
    return names


async def kill_in_a_move(here: Lane, delay: float, count: int = MESSAGES) -> Tally:
    """Kill the process some seconds after it has got the UID MOVE; let the rest be finished by others."""
    it, names, killed = here.it, list[str](), list[int]()
    it.context = replace(it.context, general=lambda: Daemon(timezone=UTC, grace=GRACE))

    def arrive() -> bool:
        names.extend(pour(here.other.imap, count))
        return True

    def find() -> None:
        killed.extend(set(it.server.sessions(it.user)) - {here.pid})

    def kill() -> None:
        time.sleep(delay)
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    it.proxy.meanwhile("UID MOVE", Point.BEFORE_COMMAND, find)
    it.proxy.meanwhile("UID MOVE", Point.AFTER_COMMAND, kill)
    await here.finish(arrive)
    for _ in range(2):
        await here.retry()
    parts = _parts(it.proxy.recording.find("UID MOVE")[0].answer)
    what = f"killed after {1000 * delay:.0f} ms ({parts})"
    result = judge(here.expected(*names), await asyncio.to_thread(here.other.standing), names, what)
    if result.wrong and f"mail/{it.user}/mail/mailboxes/Filed/dbox-Mails: Rebuilding index" in it.server.log():
        # Dovecot forgets flags of what it has committed already, when it meets what the killed process has left.
        result = replace(result, wrong=0, notes=(f"{what}: flags were lost by the server's own repair", *result.notes))
    return result if killed else result + Tally(wrong=1, notes=(f"{what}: nothing was killed",))


def _parts(answer: bytes) -> str:
    return "too late" if answer else "no answer came"


async def every_kill(server: Dovecot, options: Options) -> Tally:
    """Kill at random moments of the move, each time in another account."""
    lots = random.Random(options.seed)
    tally = Tally()
    for delay in options.share([lots.uniform(0, 0.25) for _ in range(ROUNDS)]):
        async with lane(server, Row.MOVE, FLAGS_MOVE) as here:
            result = await kill_in_a_move(here, delay)
        tally += result
        options.progress(tally.tried, ROUNDS)
    return tally
