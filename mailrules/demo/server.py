"""The server: a port on loopback, the mail behind it, and the handles by which a demo or a test moves both.

::

    async with MemoryServer() as server:
        server.deliver("INBOX", message)            # every client in IDLE hears of it at once
        ...                                         # a client on server.port, as server.options.user
        assert [m.content for m in server.snapshot()["Lists/python"]] == [message]

One server has one user; start several for several accounts. Everything runs in the event loop that started it.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from mailrules.demo.connection import LINE, Connection
from mailrules.demo.faults import Faults
from mailrules.demo.options import Options
from mailrules.demo.session import Session
from mailrules.demo.tree import Tree
from mailrules.imap.names import MailboxName

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping
    from types import TracebackType

    from mailrules.demo.mailbox import Message

HOST = "127.0.0.1"


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class MemoryServer:
    """An IMAP server without TLS, reachable from this machine only.

    Paths of mailboxes are text with ``/``, without the prefix. `now` is the clock for messages that come without a
    date. `commands` is what clients have sent, in order, without tags and passwords.
    """

    def __init__(self, options: Options | None = None, *, now: Callable[[], datetime] = _now) -> None:
        self.options = options or Options()
        self.faults = Faults()
        self.commands: list[str] = []
        self._news = asyncio.Event()
        self._now = now
        self._tree = Tree(self.options, int(now().timestamp()))
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; known once the server has been started."""
        if self._server is None:
            raise RuntimeError("the server has not been started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on `port`; 0 takes a free one. The mail of an earlier start is still there."""
        self._server = await asyncio.start_server(self._accept, HOST, port, limit=LINE)

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.disconnect()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def deliver(
        self, path: str, content: bytes, flags: Iterable[str] = (), internaldate: datetime | None = None
    ) -> int:
        """Put a message into a mailbox, which is created if it is missing, and return its UID."""
        name = self._wire(path)
        mailbox = self._tree.mailboxes.get(name) or self._tree.create(name)
        return mailbox.append(content, flags, internaldate or self._now()).uid

    def snapshot(self) -> Mapping[str, tuple[Message, ...]]:
        """Return every mailbox with its messages as they are now."""
        return {self._path(name): tuple(mailbox.messages.values()) for name, mailbox in self._tree.mailboxes.items()}

    def subscribed(self) -> frozenset[str]:
        """Return the paths that are subscribed."""
        return frozenset(map(self._path, self._tree.subscribed))

    def find(self, content: bytes) -> tuple[str, ...]:
        """Return the paths of the mailboxes that hold a message with these octets."""
        return tuple(path for path, messages in self.snapshot().items() if any(m.content == content for m in messages))

    async def heard(self, name: str, since: int = 0) -> None:
        """Wait until a client has sent this command; `since` is the length that `commands` had when to begin."""
        while not any(_is_named(command, name) for command in self.commands[since:]):
            self._news.clear()
            await self._news.wait()

    def expunge(self, path: str, uids: Iterable[int]) -> None:
        """Remove messages, as another client would."""
        self._tree.get(self._wire(path)).expunge(uids)

    def renumber(self, path: str) -> None:
        """Change a mailbox's UIDVALIDITY, as restoring a backup does."""
        self._tree.renumber(self._wire(path))

    def disconnect(self, bye: str | None = None) -> None:
        """Cut every connection; with `bye` the clients are told why."""
        for connection in tuple(self._connections):
            if bye is not None:
                connection.say(f"BYE {bye}")
            connection.close()

    @property
    def clients(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._later(self._serve(reader, writer))

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        session = Session(self.options, self._tree, self._now)
        connection = Connection(reader, writer, session, self.faults, self._record, self._later)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
            writer.close()

    def _record(self, command: str) -> None:
        self.commands.append(command)
        self._news.set()

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _wire(self, path: str) -> str:
        name = MailboxName.from_text(path.replace("/", self.options.delimiter)).raw.decode("ascii")
        return name if name == "INBOX" else self.options.prefix + name

    def _path(self, name: str) -> str:
        text = str(MailboxName(name.encode("ascii")))
        return text.removeprefix(self.options.prefix).replace(self.options.delimiter, "/")


def _is_named(command: str, name: str) -> bool:
    return command == name or command.startswith(f"{name} ")
