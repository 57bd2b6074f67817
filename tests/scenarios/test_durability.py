"""What is to be done is on disk before the server hears of it: seen from below, by the system calls of the process."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.house import House
from tests.engine.scene import rule
from tests.faults.process import LIMIT, daemon, eventually
from tests.scenarios.setting import account, deliver
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

STRACE = ["strace", "-D", "-f", "-y", "-s300", "--seccomp-bpf", "-etrace=write,writev,sendto,sendmsg,fsync,fdatasync"]
STEPS = {"UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE"}
SYNC = "sync"

_LINE = re.compile(r"(\d+) +(.*)")
_COMMAND = re.compile(r"UID (?:FETCH|STORE|COPY|MOVE|EXPUNGE)")


def events(trace: Path) -> Iterator[str]:
    """Read the commands, when their write begins, and the syncs of the journal's log, when they have ended."""
    syncing: set[str] = set()
    for line in trace.read_text().splitlines():
        match = _LINE.match(line)
        assert match is not None, line
        thread, call = match.groups()
        if re.match(r"f(data)?sync\(\d+<[^>]*-wal>", call):
            if call.endswith("<unfinished ...>"):
                syncing.add(thread)
            else:
                yield SYNC
        elif call.startswith(("<... fdatasync resumed>", "<... fsync resumed>")) and thread in syncing:
            syncing.discard(thread)
            yield SYNC
        elif call.startswith(("write(", "writev(", "sendto(", "sendmsg(")):
            yield from _COMMAND.findall(call)


def first_steps(found: list[str]) -> Iterator[bool]:
    """For the first step after each fetch: whether the journal was synced between the two."""
    synced = awaited = False
    for event in found:
        if event == "UID FETCH":
            synced, awaited = False, True
        elif event == SYNC:
            synced = True
        elif awaited:
            yield synced
            awaited = False


async def whole(trace: Path) -> list[str]:
    """The events of a trace, when the process it is of has ended and strace has written that down."""
    await eventually(lambda: "+++ exited with" in trace.read_text()[-200:], lambda: trace.read_text()[-1000:])
    return list(events(trace))


RULES = (
    rule("move", 'subject = "move"', 'add_flags = ["$Work"]', 'move = "Filed"')
    + rule("copy", 'subject = "copy"', 'copy = "Filed"')
    + rule("expunge", 'subject = "expunge"', "expunge = true")
)


@pytest.mark.parametrize("command", ["run", "apply"])
async def test_the_journal_is_synced_before_the_first_byte_of_a_step(
    dovecot: Dovecot, house: House, user: str, tmp_path: Path, command: str
) -> None:
    trace = tmp_path / "trace"
    house.write(account("work", user, dovecot.ports.imap), rules=RULES)
    if command == "run":
        async with Proxy(dovecot.ports.imap, without=["NOTIFY"]) as proxy:  # a fetch tells where a batch begins
            house.write(account("work", user, proxy.port), rules=RULES)
            async with daemon(house.path, under=[*STRACE, "-o", str(trace)]) as running:
                await running.logged("watching")
                for uid, subject in enumerate(("move", "copy", "expunge"), start=1):
                    await deliver(dovecot, user, subject)
                    await running.logged("acted", uid=uid)
                assert await running.stop() == 0
    else:
        await deliver(dovecot, user, "move", "copy", "expunge")
        arguments = ["-m", "mailrules", "apply", "-c", str(house.path), "--account", "work"]
        process = await asyncio.create_subprocess_exec(*STRACE, "-o", str(trace), sys.executable, *arguments)
        assert await asyncio.wait_for(process.wait(), LIMIT) == 0
    found = await whole(trace)
    assert STEPS <= set(found)
    assert list(first_steps(found)) == [True] * (3 if command == "run" else 1)
