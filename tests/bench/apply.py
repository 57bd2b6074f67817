"""What ``mailrules apply`` costs over 10,000 messages, with 10, 100 and 1,000 rules: ``python -m tests.bench.apply``.

Commands, round trips and bytes are counted by the proxy in a run of its own; seconds and memory are those of the
process in a second run, straight to the server. Both runs begin with a full INBOX and none of the target mailboxes.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.backlog import fill, mail, rules
from tests.faults.process import rule_file
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tests.servers.recording import Recording

MESSAGES = 10_000
RULES = (10, 100, 1_000)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process used up: seconds by the clock and of the processor, and mebibytes at its largest."""

    wall: float
    cpu: float
    memory: float


def apply(config: Path) -> Spent:
    """Run the command to its end."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "mailrules", "apply", "-c", str(config), "--account", "work"], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"mailrules apply ended with exit status {process.returncode}")
    return Spent(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


async def counted(server: Dovecot, user: str, number: int) -> Recording:
    """Run it through the proxy."""
    with TemporaryDirectory() as folder:
        async with Proxy(server.ports.imap) as proxy:
            await asyncio.to_thread(apply, rule_file(Path(folder), user, proxy.port, rules(number)))
            return proxy.recording


def measured(server: Dovecot, user: str, number: int) -> Spent:
    """Run it straight."""
    with TemporaryDirectory() as folder:
        return apply(rule_file(Path(folder), user, server.ports.imap, rules(number)))


def main() -> None:
    """Measure, and print one line for each number of rules."""
    messages = [mail(number) for number in range(MESSAGES)]
    print(f"mailrules apply, {MESSAGES:,} messages of {sum(map(len, messages)) // MESSAGES} octets on average")
    print(f"{'rules':>6}{'commands':>10}{'trips':>7}{'KB up':>7}{'KB down':>9}{'wall s':>8}{'CPU s':>7}{'RSS MiB':>9}")
    with Dovecot() as server:
        for number in RULES:
            fill(server, f"counted-{number}", messages)
            wire = asyncio.run(counted(server, f"counted-{number}", number))
            fill(server, f"measured-{number}", messages)
            spent = measured(server, f"measured-{number}", number)
            up = sum(len(one.tag) + 1 + len(one.text) + 2 for one in wire.commands) / 1000
            down = sum(map(len, wire.replies)) / 1000
            print(
                f"{number:6,}{len(wire.commands):10}{len(wire.flights):7}{up:7.0f}{down:9.0f}"
                f"{spent.wall:8.1f}{spent.cpu:7.1f}{spent.memory:9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
