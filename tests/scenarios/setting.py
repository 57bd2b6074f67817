"""What scenarios are written with: accounts of a rule file, and a look at all mailboxes at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence

from tests.builders import message
from tests.faults.process import LIMIT, DaemonProcess
from tests.servers.dovecot import HOST, PASSWORD, Dovecot


def account(name: str, user: str, port: int, **settings: object) -> str:
    """Write an account's table; without ``tls`` it is a plain connection on the loopback."""
    chosen = {"host": HOST, "port": port, "tls": "none", "username": user, "password": PASSWORD, **settings}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items()]
    return "\n".join([f"[accounts.{name}]", *lines, ""])


async def deliver(server: Dovecot, user: str, *subjects: str) -> None:
    """Let mail come in by LMTP."""
    await asyncio.to_thread(server.deliver, user, *map(message, subjects))


async def append(server: Dovecot, user: str, mailbox: str, subject: str, *flags: str) -> int:
    """Let another client put a message somewhere; its UID."""
    return await asyncio.to_thread(server.append, user, mailbox, message(subject), flags)


async def subjects(server: Dovecot, user: str) -> dict[str, Sequence[str]]:
    """What is in each mailbox that is not empty, sorted."""
    found = await asyncio.to_thread(server.subjects, user)
    return {mailbox: sorted(names) for mailbox, names in found.items()}


def complaints(running: DaemonProcess) -> list[str]:
    """Why a daemon warned of something, less that the rule file with its passwords can be read by others."""
    serious = {"warning", "error", "critical"}
    lines = [line for line in running.lines if line.get("level") in serious and line["event"] != "rule file"]
    return [str(line.get("reason", line["event"])) for line in lines]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens in this loop."""
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)
