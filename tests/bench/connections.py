"""What a quiet TLS connection takes: ``python -m tests.bench.connections 1000``, each way in a process of its own.

The server is a stand-in in another process. The ways are bare ones, of which nothing in Python can be smaller, and our
session in IDLE. Memory is what the process has with all of them above what it has with a tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import socket
import ssl
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvloop

from mailrules.client import Credentials, Endpoint, Session
from mailrules.imap import INBOX, Status, StatusItem
from tests.bench.idle import resident, staged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WAYS = ("SSLSocket", "MemoryBIO", "session")
HOST = "127.0.0.1"
GREETING = b"* OK"
ROUNDS = 10  # of checks, of which the mean is told
UIDNEXT = (StatusItem.UIDNEXT,)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one connection took."""

    way: str
    resident: float
    """KiB of the process."""
    blocks: float
    """Blocks of Python's allocator."""
    opening: float
    """Microseconds of the processor, from the socket to IDLE."""
    check: float
    """Microseconds of the processor for DONE, STATUS and IDLE with their answers; 0 where nothing is asked."""


# The ways


async def bare(port: int, context: ssl.SSLContext) -> object:
    """Open an `SSLSocket` that reads whatever comes, and answers, which makes OpenSSL let go of a buffer of 16 KiB."""
    loop = asyncio.get_running_loop()
    near = await _dialled(port)
    wrapped = context.wrap_socket(near, server_hostname=HOST, do_handshake_on_connect=False)
    while True:
        try:
            wrapped.do_handshake()
            break
        except ssl.SSLWantReadError:
            await _readable(wrapped.fileno())

    def read() -> None:
        try:
            while heard := wrapped.recv(1 << 14):
                if heard.startswith(GREETING):
                    wrapped.send(b"A1 NOOP\r\n")
        except ssl.SSLWantReadError:
            pass

    loop.add_reader(wrapped.fileno(), read)
    return wrapped


async def through_memory(port: int, context: ssl.SSLContext) -> object:
    """Do the same by `ssl.MemoryBIO`."""
    loop = asyncio.get_running_loop()
    near = await _dialled(port)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=HOST)
    shaken = False
    while not shaken:
        try:
            tls.do_handshake()
            shaken = True
        except ssl.SSLWantReadError:
            pass
        if outgoing.pending:
            await loop.sock_sendall(near, outgoing.read())
        if not shaken:
            incoming.write(await loop.sock_recv(near, 1 << 14))

    def read() -> None:
        try:
            incoming.write(near.recv(1 << 14))
            while heard := tls.read(1 << 14):
                if heard.startswith(GREETING):
                    tls.write(b"A1 NOOP\r\n")
                    near.send(outgoing.read())
        except (ssl.SSLWantReadError, BlockingIOError):
            pass

    loop.add_reader(near.fileno(), read)
    return near


async def session(port: int, ca_file: Path) -> Session:
    """Sign in, select INBOX and rest in IDLE."""
    made = await Session.open(Endpoint(HOST, port, ca_file=ca_file), Credentials("u1", "secret"))
    await made.select(INBOX)
    made.connection.idle()
    return made


async def checked(made: Session) -> None:
    """Ask what an idle mailbox is asked now and then."""
    made.connection.done()
    asked = made.connection.submit(Status(INBOX, UIDNEXT))
    made.connection.idle()
    await asked


# Measuring


async def measure(way: str, number: int, port: int, ca_file: Path) -> Taken:
    """Open so many connections in this process, a few at a time."""
    context = ssl.create_default_context(cafile=ca_file)
    opens: dict[str, Callable[[], Awaitable[object]]] = {
        "SSLSocket": lambda: bare(port, context),
        "MemoryBIO": lambda: through_memory(port, context),
        "session": lambda: session(port, ca_file),
    }
    kept: list[object] = []
    await _fill(kept, opens[way], number // 10)
    before, blocks = resident(os.getpid()), sys.getallocatedblocks()
    began, count = time.process_time(), number - len(kept)
    await _fill(kept, opens[way], number)
    spent = time.process_time() - began
    memory = resident(os.getpid()) - before
    blocks = sys.getallocatedblocks() - blocks
    sessions = [each for each in kept if isinstance(each, Session)]
    began = time.process_time()
    for _ in range(ROUNDS):
        for each in sessions:
            await checked(each)
    check = (time.process_time() - began) / ROUNDS / max(1, len(sessions))
    return Taken(way, memory / count, blocks / count, spent / count * 1e6, check * 1e6)


async def _fill(kept: list[object], opens: Callable[[], Awaitable[object]], number: int) -> None:
    at_once = asyncio.Semaphore(20)

    async def one() -> None:
        async with at_once:
            kept.append(await opens())

    await asyncio.gather(*(one() for _ in range(number - len(kept))))
    await asyncio.sleep(1)  # what has been answered is read
    gc.collect()


async def _dialled(port: int) -> socket.socket:
    near = socket.socket()
    near.setblocking(False)
    await asyncio.get_running_loop().sock_connect(near, (HOST, port))
    return near


async def _readable(number: int) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(number, ready.set_result, None)
    await ready
    loop.remove_reader(number)


async def compare(number: int) -> list[Taken]:
    """Measure every way in a process of its own."""
    found = []
    with TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            for way in WAYS:
                words = ("--way", way, "--port", str(stage.port), "--ca-file", str(stage.ca_file), str(number))
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "tests.bench.connections", *words), stdout=asyncio.subprocess.PIPE
                )
                told, _ = await process.communicate()
                found.append(Taken(**json.loads(told)))
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, nargs="?", default=1_000)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--port", type=int)
    parser.add_argument("--ca-file", type=Path)
    given = parser.parse_args()
    if given.way:
        taken = uvloop.run(measure(given.way, given.number, given.port, given.ca_file))
        print(json.dumps(asdict(taken)), flush=True)
        os._exit(0)  # thousands of sockets need not be closed one by one
    for each in asyncio.run(compare(given.number)):
        print(
            f"{each.way:>9}: {each.resident:5.1f} KiB and {each.blocks:4.0f} blocks each, "
            f"{each.opening:5.0f} us to open" + (f", {each.check:.0f} us for a check" if each.check > 10 else "")
        )


if __name__ == "__main__":
    main()
