"""Debian's imapfilter and mailrules put through the same faults on the same server: ``python -m tests.bench.faults``.

Three faults, again and again: five messages come one after another; the connection is cut at the copy of a message, and
the program is started again; a message that somebody else has marked as deleted stands beside the one that is filed.
Each round has a user, a mailbox and a process of its own. imapfilter is given a loop around IDLE, as its manual has it,
in both of its styles: the server searches, or its own Lua matches.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.builders import message
from tests.faults.process import daemon, eventually, rule_file
from tests.servers.dovecot import HOST, PASSWORD, Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy

BURST = 5
APART = 0.15  # seconds between two of them
DELAY = 0.025  # seconds each way, as on a line across a continent
SETTLED = 4.0  # seconds in which whoever has noticed a message has filed it long ago

RULES = '[[rules]]\nname = "lists"\nmatch.subject = "m"\nthen.move = "Lists"\n'
LUA = """
options.starttls = false
options.timeout = 30
options.subscribe = true
account = IMAP {{ server = '{host}', port = {port}, username = '{user}', password = '{password}' }}
while true do
    messages = {select}
    messages:move_messages(account['Lists'])
    account['INBOX']:enter_idle()
end
"""
SEARCH = "account['INBOX']:contain_subject('m')"
MATCH = "account['INBOX']:select_all():match_subject('^m$')"

Program = Callable[[Path, str, int], AbstractAsyncContextManager[None]]
"""Runs a filter for a user of the server on this port, with a folder to itself."""


@asynccontextmanager
async def imapfilter(folder: Path, user: str, port: int, *, select: str) -> AsyncIterator[None]:
    """Run imapfilter with a loop around IDLE."""
    config = folder / "config.lua"
    config.write_text(LUA.format(host=HOST, port=port, user=user, password=PASSWORD, select=select))
    process = await asyncio.create_subprocess_exec(
        "imapfilter",
        "-c",
        str(config),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder), "IMAPFILTER_HOME": str(folder)},
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def mailrules(folder: Path, user: str, port: int) -> AsyncIterator[None]:
    """Run the daemon."""
    async with daemon(rule_file(folder, user, port, RULES)):
        yield


PROGRAMS: dict[str, Program] = {
    "imapfilter, SEARCH": partial(imapfilter, select=SEARCH),
    "imapfilter, Lua": partial(imapfilter, select=MATCH),
    "mailrules": mailrules,
}


@dataclass(slots=True)
class Scene:
    """One round: a server, a user with mailboxes, and a proxy before it."""

    server: Dovecot
    user: str
    proxy: Proxy
    folder: Path
    run: Program

    def start(self) -> AbstractAsyncContextManager[None]:
        """Start the program."""
        return self.run(self.folder, self.user, self.proxy.port)

    async def idles(self, times: int = 1) -> None:
        """Wait until the program has gone into IDLE so many times: then it waits for mail."""
        names = self.proxy.recording
        await eventually(lambda: len(names.find("IDLE")) >= times, lambda: names.names)

    async def deliver(self, subject: str) -> None:
        """Bring one message by LMTP."""
        await asyncio.to_thread(self.server.deliver, self.user, message(subject))

    async def subjects(self, mailbox: str) -> list[str]:
        """Look into a mailbox."""
        return (await asyncio.to_thread(self.server.subjects, self.user)).get(mailbox, [])

    async def settled(self, filed: int) -> None:
        """Wait until so many are in Lists, or until nobody can be expected to file any more."""
        for _ in range(round(SETTLED / APART)):
            if len(await self.subjects("Lists")) >= filed:
                return
            await asyncio.sleep(APART)


async def burst(scene: Scene) -> bool:
    """Five messages, 150 ms apart. True if one of them is still in INBOX."""
    async with scene.start():
        await scene.idles()
        for _ in range(BURST):
            await scene.deliver("m")
            await asyncio.sleep(APART)
        await scene.settled(BURST)
    return bool(await scene.subjects("INBOX"))


async def cut(scene: Scene) -> bool:
    """The connection is cut when the server has the copy, and the program starts again. True if there are two now."""
    scene.proxy.cut("UID (COPY|MOVE)", Point.AFTER_COMMAND)
    async with scene.start():
        await scene.idles()
        await scene.deliver("m")
        passed = scene.proxy.recording
        await eventually(lambda: bool(passed.find("UID COPY") or passed.find("UID MOVE")), lambda: passed.names)
        await scene.proxy.finished()
    # Whoever restarts it does so at once; mailrules waits a grace period before it believes its first look.
    async with scene.start():
        await scene.idles(len(scene.proxy.recording.find("IDLE")) + 1)
        await asyncio.sleep(SETTLED)
        await eventually(lambda: "INBOX" not in scene.server.subjects(scene.user), lambda: passed.names)
    return await scene.subjects("Lists") != ["m"]


async def foreign(scene: Scene) -> bool:
    r"""Somebody else's message is marked \Deleted. True if it is gone after another one was filed."""
    await asyncio.to_thread(scene.server.append, scene.user, "INBOX", message("theirs"), [r"\Deleted"])
    async with scene.start():
        await scene.idles()
        await scene.deliver("m")
        await scene.settled(1)
    return "theirs" not in await scene.subjects("INBOX")


FAULTS: dict[str, Callable[[Scene], Awaitable[bool]]] = {
    "five messages, 150 ms apart: the last one is left behind": burst,
    "connection cut during the copy: two copies": cut,
    r"another client's \Deleted message: expunged": foreign,
}


async def one(server: Dovecot, user: str, run: Program, fault: Callable[[Scene], Awaitable[bool]]) -> bool:
    """Do one round; tell whether the fault did harm."""
    await asyncio.to_thread(server.create, user, "Lists")
    with TemporaryDirectory() as folder:
        async with Proxy(server.ports.imap, delay=DELAY) as proxy:
            return await fault(Scene(server, user, proxy, Path(folder), run))


async def main(rounds: int) -> None:
    """Do all rounds, and print how many of them did harm."""
    title = f"harm done in {rounds} rounds of each, round trips of {2000 * DELAY:.0f} ms"
    table = Table("fault", *PROGRAMS, title=title, title_justify="left")
    with Dovecot() as server:
        for number, (name, fault) in enumerate(FAULTS.items()):
            harm = []
            for place, run in enumerate(PROGRAMS.values()):
                users = [f"bench-{number}-{place}-{turn}" for turn in range(rounds)]
                harm.append(sum([await one(server, user, run, fault) for user in users]))
            table.add_row(name, *map(str, harm))
            print(name, harm, file=sys.stderr)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    if shutil.which("imapfilter") is None:
        sys.exit("the peer is missing: apt-get install imapfilter")
    asyncio.run(main(parser.parse_args().rounds))
