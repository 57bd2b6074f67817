"""A relay in a process of its own: passes bytes on at once or after a delay, and notes when each came and went.

It knows nothing of IMAP but how to leave a word out of what the server says it can do. What it has noted is read
afterwards (``wire``). With each piece that it gives to the client it also notes how much processor time the client's
process has had until then, by that process's own clock.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import select
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection
from typing import Self

HOST = "127.0.0.1"
_PIECE = 262_144  # octets read at once
_SLICE = 0.01  # seconds of a slow line in a piece


class Way(Enum):
    """Where a piece goes."""

    UP = "to the server"
    DOWN = "to the client"


@dataclass(frozen=True, slots=True)
class Passed:
    """A piece of the stream: when it came and when it was given on (monotonic seconds), and the client's CPU then."""

    connection: int
    way: Way
    came: float
    went: float
    cpu: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Setting:
    """What a relay does: the port it leads to, seconds each way, and a capability that it hides (or none).

    ``rate`` is how many octets pass in a second, each way; 0 is as many as come.
    """

    port: int
    delay: float = 0.0
    hidden: str = ""
    rate: int = 0


class Relay:
    """The owner's end; ``with Relay(Setting(port)) as relay: ... relay.port ... relay.noted()``."""

    def __init__(self, setting: Setting) -> None:
        context = multiprocessing.get_context("spawn")
        self._owner, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(setting, theirs), daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._process.start()
        self.port = self._owner.recv()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._owner.send("end")
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._owner.close()

    def watch(self, pid: int) -> None:
        """Take the processor time of this process from now on; returns when the relay knows."""
        self._owner.send(pid)
        self._owner.recv()

    def noted(self) -> list[Passed]:
        """Take what has passed since it was last asked."""
        self._owner.send("noted")
        notes: list[Passed] = self._owner.recv()
        return notes


def processor_time(pid: int) -> float:
    """Seconds of processor time that all threads of another process have had (its CPU clock, as Linux numbers it)."""
    with contextlib.suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


@dataclass(slots=True, eq=False)
class _Stream:
    """One direction of a connection."""

    connection: int
    way: Way
    source: socket.socket
    sink: socket.socket
    waiting: deque[tuple[float, float, bytes]] = field(default_factory=deque)
    """When each piece came and is due, and what of it is not yet written."""
    busy: float = 0.0
    """Until when the line is taken by what came before."""
    ended: bool = False


class _Server:
    def __init__(self, setting: Setting, owner: Connection) -> None:
        self._setting = setting
        self._owner = owner
        self._listener = socket.create_server((HOST, 0), backlog=1024)
        self._streams: list[_Stream] = []
        self._passed: list[Passed] = []
        self._pid = 0
        self._connections = 0
        self._piece = max(1, round(setting.rate * _SLICE)) if setting.rate else _PIECE
        self._hide = re.compile(rb"(CAPABILITY [^\r\n\]]*?) " + setting.hidden.encode() + rb"\b")

    def run(self) -> None:
        self._owner.send(self._listener.getsockname()[1])
        while True:
            now = time.monotonic()
            due = [stream for stream in self._streams if stream.waiting and stream.waiting[0][1] <= now]
            later = [stream.waiting[0][1] - now for stream in self._streams if stream.waiting and stream not in due]
            sources = {stream.source: stream for stream in self._streams if not stream.ended}
            sinks = {stream.sink: stream for stream in due}
            heard: list[socket.socket | int] = [self._listener, self._owner.fileno(), *sources]
            readable, writable, _ = select.select(heard, list(sinks), [], min(later, default=None))
            for sink in writable:
                self._give(sinks[sink])
            for source in readable:
                if isinstance(source, int):
                    if not self._obey():
                        return
                elif source is self._listener:
                    self._accept()
                else:
                    self._take(sources[source])

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection((HOST, self._setting.port))
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            each.setblocking(False)
        number = self._connections = self._connections + 1
        self._streams += [_Stream(number, Way.UP, client, server), _Stream(number, Way.DOWN, server, client)]

    def _obey(self) -> bool:
        match self._owner.recv():
            case int(pid):
                self._pid = pid
                self._owner.send("watched")
            case "noted":
                self._owner.send(self._passed)
                self._passed = []
            case _:
                return False
        return True

    def _take(self, stream: _Stream) -> None:
        try:
            data = stream.source.recv(self._piece)
        except OSError:
            data = b""
        came = time.monotonic()
        stream.ended = not data
        if self._setting.hidden and stream.way is Way.DOWN and b"CAPABILITY" in data:
            data = self._hide.sub(rb"\1", data)
        if rate := self._setting.rate:
            stream.busy = max(came, stream.busy) + len(data) / rate
        due = max(came, stream.busy) + self._setting.delay
        stream.waiting.append((came, due, data))
        if due <= came and len(stream.waiting) == 1:
            self._give(stream)

    def _give(self, stream: _Stream) -> None:
        came, due, data = stream.waiting.popleft()
        cpu = processor_time(self._pid) if self._pid and stream.way is Way.DOWN else 0.0
        went = time.monotonic()
        if not data:
            self._end(stream)
            return
        try:
            sent = stream.sink.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end(stream)
            return
        if sent:
            self._passed.append(Passed(stream.connection, stream.way, came, went, cpu, data[:sent]))
        if sent < len(data):
            stream.waiting.appendleft((came, due, data[sent:]))

    def _end(self, ended: _Stream) -> None:
        """One side has ended: what it said has been given on, so both directions end."""
        for stream in [each for each in self._streams if each.connection == ended.connection]:
            self._streams.remove(stream)
        ended.source.close()
        ended.sink.close()


def _serve(setting: Setting, owner: Connection) -> None:
    with contextlib.suppress(KeyboardInterrupt, EOFError):
        _Server(setting, owner).run()
