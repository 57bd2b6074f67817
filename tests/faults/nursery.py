"""A parent that has imported everything and forks daemons: each is a process of its own within milliseconds.

``async with Nursery() as nursery: process = await nursery.fork("before", 2, ["run", "-c", "FILE"])``. The parent is
this file as a program: it holds no thread and no loop, so that what it forks begins as a fresh process would.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import NoReturn, Self

from tests.faults.child import kill_at

_IMPORTED = ("mailrules.cli.run", "mailrules.cli.failures", "uvloop", "watchfiles")
"""What the command imports only once it runs."""
_LONGEST = 65_536
_NOBODY = 0


class Forked:
    """A daemon that the nursery bore: as much of a process as `DaemonProcess` needs."""

    def __init__(self, pid: int, stderr: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stderr = stderr
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait for its end; return its exit status, negative for a signal."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def end(self, status: int) -> None:
        """Take note of its end."""
        self.returncode = status
        self._ended.set()


class Nursery:
    """The parent, seen from the tests."""

    def __init__(self, sabotage: str = "") -> None:
        """Make one whose children are sound, or broken by this function of `tests.faults.sabotage`."""
        self._sabotage = sabotage
        self._parent: asyncio.subprocess.Process | None = None
        self._control: socket.socket
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._forking = asyncio.Lock()
        self._children: dict[int, Forked] = {}

    async def __aenter__(self) -> Self:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._parent = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.nursery", str(theirs.fileno()), self._sabotage),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
            )
        ours.setblocking(False)
        self._control = ours
        asyncio.get_running_loop().add_reader(ours, self._told)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()  # it ends at that, and takes with it whom it bore
        assert self._parent is not None
        await self._parent.wait()

    async def fork(self, moment: str, nth: int, arguments: Sequence[str]) -> Forked:
        """Run the command line with these arguments, killed at its `nth` journal write (0: never)."""
        loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        stderr = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stderr), os.fdopen(reading, "rb"))
        async with self._forking:
            try:
                socket.send_fds(self._control, [json.dumps([moment, nth, *arguments]).encode()], [writing])
            finally:
                os.close(writing)
            pid = await self._born.get()
        if pid == _NOBODY:
            raise RuntimeError("the nursery is dead")
        if pid in self._children:  # it ended before it was known
            ended = self._children.pop(pid)
            ended.stderr = stderr
            return ended
        self._children[pid] = Forked(pid, stderr)
        return self._children[pid]

    def _told(self) -> None:
        said = self._control.recv(_LONGEST)
        if not said:
            asyncio.get_running_loop().remove_reader(self._control)
            self._born.put_nowait(_NOBODY)
            return
        pid, status = json.loads(said)
        if status is None:
            self._born.put_nowait(pid)
        elif pid in self._children:
            self._children.pop(pid).end(status)
        else:
            self._children[pid] = Forked(pid, asyncio.StreamReader())
            self._children[pid].end(status)


def serve(control: socket.socket, sabotage: str) -> None:
    """Fork for as long as the tests want it; then kill what still runs."""
    for name in _IMPORTED:
        importlib.import_module(name)
    if sabotage:
        getattr(importlib.import_module("tests.faults.sabotage"), sabotage)()
    gc.freeze()
    alive: dict[int, int] = {}
    with selectors.DefaultSelector() as waiting:
        waiting.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is control:
                    said, fds, _, _ = socket.recv_fds(control, _LONGEST, 1)
                    if not said:
                        for pid in alive.values():
                            os.kill(pid, signal.SIGKILL)
                        return
                    pid = _fork(control, json.loads(said), fds[0])
                    os.close(fds[0])
                    alive[os.pidfd_open(pid)] = pid
                    waiting.register(next(reversed(alive)), selectors.EVENT_READ)
                    control.send(json.dumps([pid, None]).encode())
                else:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    pid, status = os.waitpid(alive.pop(key.fd), 0)
                    control.send(json.dumps([pid, os.waitstatus_to_exitcode(status)]).encode())


def _fork(control: socket.socket, asked: list[str], stderr: int) -> int:
    pid = os.fork()
    if pid == 0:
        control.close()
        os.dup2(stderr, 2)
        os.close(stderr)
        _become(asked)
    return pid


def _become(asked: list[str]) -> NoReturn:
    """Be the command line, from its arguments to its exit status."""
    status = 1
    try:
        moment, nth, *arguments = asked
        kill_at(moment, int(nth))
        sys.argv = ["mailrules", *arguments]
        importlib.import_module("mailrules.cli").main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])
