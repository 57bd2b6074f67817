"""What idle mailboxes cost: ``python -m tests.bench.idle 10000``, a connection with TLS for each.

The server is a stand-in in a process of its own, the daemon a real ``mailrules run``. Memory and descriptors are those
that the process with all mailboxes has above the process with one, for each mailbox more.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import signal
import ssl
import statistics
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import uvloop

from mailrules.cli import main as mailrules
from tests.builders import message
from tests.faults.process import DaemonProcess
from tests.servers.certificates import Authority
from tests.servers.throng import MAILBOXES, Throng

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PARTS = 100  # mails of which the median is told
_KNOWN = 10  # mailboxes of many that get them, so that it is not the first mail of each that is measured
_PAUSE = 0.02  # seconds in which a daemon comes to rest behind a mail
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Idle:
    """One daemon at rest."""

    mailboxes: int
    resident: float
    """KiB of the process."""
    descriptors: int
    threads: int
    tasks: int
    blocks: int
    """Blocks that Python's allocator has handed out."""
    seconds: float
    """From the process's start until all are in IDLE."""
    cpu: float
    """Seconds of the processor for that."""
    load: float
    """Percent of a core while idle."""
    answer: float
    """Milliseconds from EXISTS to the answer to MOVE, for one of all these mailboxes."""
    first_answer: float
    """The same for the first mail that a mailbox gets."""
    alone: float
    """The same for the only mailbox of another daemon, at the same time and on the same server."""
    longest_pause: float
    """Milliseconds that the longest collection of garbage took."""

    def __str__(self) -> str:
        memory = f"{self.resident / 1024:.0f} MiB, {self.load:.2f} % of a core at rest"
        return f"all in IDLE after {self.seconds:.1f} s, {memory}, EXISTS to moved in {self.answer:.1f} ms"


# The server's process


async def serve(certificate: str, key: str, boxes: tuple[str, ...]) -> None:
    """Serve; do what each line of standard input asks for, and answer it with one of standard output."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    async with Throng(context, mailboxes=boxes) as server:
        print(server.port, flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            match line.split():
                case ["idle", number]:
                    await server.idle(int(number))
                    print("idle", flush=True)
                case ["deliver", user, number]:
                    print(await answered(server, user, message(f"mail {number}")), flush=True)
                case ["told"]:
                    print(json.dumps({"octets": server.received, "commands": server.commands}), flush=True)


async def answered(server: Throng, user: str, mail: bytes) -> float:
    """Bring a mail into INBOX; seconds from EXISTS to the answer to MOVE, by a clock finer than the loop's."""
    box, known = server.boxes[user, "INBOX"], len(server.moved)
    box.add(mail)
    watchers = [each for each in server.visitors if (each.user, each.selected) == (user, "INBOX")]
    began = time.monotonic()
    for watcher in watchers:
        watcher.say(f"* {len(box.messages)} EXISTS")
    while len(server.moved) == known:
        server.stirred.clear()
        await server.stirred.wait()
    return time.monotonic() - began


class Stage:
    """The server's process, and the authority that vouches for it."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, ca_file: Path) -> None:
        self._process = process
        self.port = port
        self.ca_file = ca_file

    async def ask(self, line: str) -> Any:  # noqa: ANN401 - JSON
        """Have it do something, and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        answer = (await self._process.stdout.readline()).decode()
        return json.loads(answer) if answer[:1] in "{0123456789" else answer


@asynccontextmanager
async def staged(folder: Path, boxes: tuple[str, ...] = MAILBOXES) -> AsyncIterator[Stage]:
    """Run the stand-in."""
    authority = Authority(folder)
    pair = authority.issue()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.idle", "--serve", str(pair.certificate), str(pair.key), *boxes),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield Stage(process, int(await process.stdout.readline()), authority.ca_file)
    finally:
        process.kill()
        await process.wait()


# The daemon's process


def daemon(config: str) -> None:
    """Be ``mailrules run``, and answer SIGUSR1 by a line of what cannot be seen from outside."""
    pauses, began = [0.0], 0.0

    def clock(phase: str, _info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            pauses.append(time.perf_counter() - began)

    def tell(_number: int, _frame: object) -> None:
        blocks = sys.getallocatedblocks()
        told = {"tasks": len(asyncio.all_tasks()), "blocks": blocks, "pause": max(pauses) * 1000}
        print(json.dumps({"event": "inside", **told}), file=sys.stderr, flush=True)

    gc.callbacks.append(clock)
    signal.signal(signal.SIGUSR1, tell)
    sys.argv = ["mailrules", "run", "-c", config, "--log-format", "json"]
    mailrules()


def rule_file(folder: Path, stage: Stage, accounts: int, extra: str = "", first: int = 0) -> Path:
    """Write a rule file for so many accounts, from user ``first`` on."""
    tables = "".join(
        f'[accounts.a{number}]\nhost = "127.0.0.1"\nport = {stage.port}\nusername = "u{number}"\npassword = "secret"\n'
        f'ca_file = "{stage.ca_file}"\n{extra}\n'
        for number in range(first, first + accounts)
    )
    path = folder / "rules.toml"
    path.write_text(
        f'[daemon]\nstate = "{folder}/state.db"\n\n{tables}\n'
        '[[rules]]\nname = "file"\nmatch = { subject = { contains = "mail" } }\nthen.move = "Filed"\n'
    )
    path.chmod(0o600)
    return path


def resident(pid: int) -> float:
    """Return the KiB of a process that are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1024


def processor(pid: int) -> float:
    """Return the seconds of the processor that a process has used up."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


@asynccontextmanager
async def _started(config: Path) -> AsyncIterator[DaemonProcess]:
    """Run a daemon while the block runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.idle", "--daemon", str(config)), stderr=asyncio.subprocess.PIPE
    )
    running = DaemonProcess(process)
    try:
        yield running
    finally:
        running.kill()
        await running.ended()


async def _answers(stage: Stage, accounts: int) -> tuple[list[float], list[float], list[float]]:
    """Deliver a mail to one of all accounts, and one to the account beside them, in turn.

    Return the milliseconds that each took: the first for some accounts, then those for one of them, and beside them.
    """

    async def deliver(user: int) -> float:
        await asyncio.sleep(_PAUSE)
        return float(await stage.ask(f"deliver u{user} {user}")) * 1000

    known = random.sample(range(accounts), min(accounts, _KNOWN))
    first = [await deliver(user) for user in known]
    for _ in known:
        await deliver(accounts)
    among, alone = [], []
    for number in range(PARTS):
        among.append(await deliver(known[number % len(known)]))
        alone.append(await deliver(accounts))
    return first, among, alone


async def measure(accounts: int, boxes: int, seconds: float) -> Idle:
    """Run a daemon with so many accounts of so many mailboxes, and let it rest for some time."""
    names = MAILBOXES if boxes == 1 else ("INBOX", "Filed", *(f"Box{number}" for number in range(2, boxes)))
    extra = "" if boxes == 1 else f'watch = "*"\nmax_connections = {boxes}'
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with staged(folder, names) as stage:
            began = time.monotonic()
            async with _started(rule_file(folder, stage, accounts, extra)) as running:
                process = running.process
                await stage.ask(f"idle {accounts * boxes}")
                signed_in, cpu = time.monotonic() - began, processor(process.pid)
                await asyncio.sleep(5)  # what followed the last sign-in
                before, since = processor(process.pid), time.monotonic()
                await asyncio.sleep(seconds)
                load = (processor(process.pid) - before) / (time.monotonic() - since) * 100
                process.send_signal(signal.SIGUSR1)
                told = await running.logged("inside")
                size = resident(process.pid)
                descriptors = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
                threads = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
                beside = folder / "beside"
                beside.mkdir()
                async with _started(rule_file(beside, stage, 1, first=accounts)):
                    await stage.ask(f"idle {accounts * boxes + 1}")
                    first_answers, answers, alone = await _answers(stage, accounts)
    return Idle(
        mailboxes=accounts * boxes,
        resident=size,
        descriptors=descriptors,
        threads=threads,
        tasks=int(str(told["tasks"])),
        blocks=int(str(told["blocks"])),
        seconds=signed_in,
        cpu=cpu,
        load=load,
        answer=statistics.median(answers),
        first_answer=statistics.median(first_answers),
        alone=statistics.median(alone),
        longest_pause=float(str(told["pause"])),
    )


def compare(one: Idle, many: Idle) -> str:
    """Say in words what each of many costs."""
    more = many.mailboxes - one.mailboxes
    return (
        f"{many.mailboxes:,} mailboxes: {(many.resident - one.resident) / more:.1f} KiB RSS and "
        f"{(many.blocks - one.blocks) / more:.0f} blocks each (process {many.resident / 1024:.0f} MiB, of 1 "
        f"{one.resident / 1024:.0f}), {(many.descriptors - one.descriptors) / more:.2f} descriptors and "
        f"{(many.tasks - one.tasks) / more:.2f} tasks each, {many.threads} threads\n"
        f"signed in after {many.seconds:.1f} s, CPU {many.cpu:.1f} s; idle {many.load:.2f} % of a core; longest "
        f"GC pause {many.longest_pause:.0f} ms\nEXISTS to MOVE's OK {many.answer:.2f} ms, the first mail of a mailbox "
        f"{many.first_answer:.2f}, the only mailbox of a daemon {many.alone:.2f}"
    )


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mailboxes", type=int, nargs="?", default=1000)
    parser.add_argument("--boxes", type=int, default=1, help="mailboxes of each account")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long it rests")
    parser.add_argument("--serve", nargs="+")
    parser.add_argument("--daemon")
    given = parser.parse_args()
    if given.daemon:
        daemon(given.daemon)
    elif given.serve:
        certificate, key, *boxes = given.serve
        uvloop.run(serve(certificate, key, tuple(boxes)))
    else:
        one = asyncio.run(measure(1, 1, 1.0))
        many = asyncio.run(measure(given.mailboxes // given.boxes, given.boxes, given.seconds))
        print(compare(one, many))


if __name__ == "__main__":
    main()
