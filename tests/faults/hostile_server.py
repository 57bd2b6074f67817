r"""A mail server that is honest but for one lie: what it says, where it says it, and every command that it is sent.

    async with Liar() as liar:
        liar.lies.append(Lie("before UID FETCH", lambda: [b"* 9 EXISTS\r\n"] * 1_000_000))
        ...  # a client on liar.port
        assert liar.wrongly_named() == []

It keeps one mailbox, INBOX, of messages with a subject and flags; what is moved or copied away is counted by target.
A lie is told once and may have no end; it ends with the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
UIDVALIDITY = 7
_DESTRUCTIVE = re.compile(r"UID (?:MOVE|COPY|EXPUNGE|STORE) (\S+)")


@dataclass(frozen=True, slots=True)
class Lie:
    """What is said, once, and where.

    `stage` is ``greeting`` (in its place), ``idle`` (behind its ``+``), or ``before`` or ``after`` (the tagged answer
    to), or ``instead of`` (all that answers) a command: ``before UID FETCH``. `pause`: seconds between two pieces.
    """

    stage: str
    pieces: Callable[[], Iterable[bytes]]
    pause: float = 0.0


@dataclass(slots=True)
class Mail:
    """One message."""

    subject: str
    flags: set[str] = field(default_factory=set)


class Liar:
    """The server; `commands` is what it was sent, without tags, over all connections."""

    def __init__(self, *subjects: str, without: Iterable[str] = ()) -> None:
        self.inbox = {uid: Mail(subject) for uid, subject in enumerate(subjects, 1)}
        self.targets: dict[str, Counter[str]] = {"Filed": Counter()}
        self.lies: list[Lie] = []
        self.commands: list[str] = []
        self.shown: dict[int, set[str]] = {}
        """The subjects that answered a FETCH of a message, by UID."""
        self.port = 0
        self.stir = asyncio.Event()
        words = ["IMAP4rev1", "AUTH=PLAIN", "SASL-IR", "IDLE", "NAMESPACE", "MOVE", "UIDPLUS", "ESEARCH"]
        self._capabilities = " ".join(word for word in words if word not in without)
        self._uidnext = len(subjects) + 1
        self._came = Counter(subjects)
        self._news: list[str] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, 0, limit=1 << 24)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def deliver(self, *subjects: str) -> None:
        """Let mail come in."""
        for subject in subjects:
            self.inbox[self._uidnext] = Mail(subject)
            self._uidnext += 1
            self._came[subject] += 1
        self.stir.set()

    def wrongly_named(self, subject: str = "m") -> list[str]:
        """Return the commands that change a message which was never shown to have this subject."""
        return [
            text
            for text in self.commands
            if (found := _DESTRUCTIVE.match(text))
            and any(subject not in self.shown.get(uid, ()) for uid in self._uids(found[1]))
        ]

    @property
    def stays(self) -> int:
        """How many messages have come that no rule is for."""
        return self._came["stay"]

    def hang_up(self) -> None:
        """End every connection, so that the client begins anew."""
        for task in self._tasks:
            task.cancel()

    # --- one connection

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if not await self._lie("greeting", writer):
                await self._say(writer, f"* OK [CAPABILITY {self._capabilities}] hello\r\n".encode())
            while line := await reader.readline():
                await self._command(line.decode().rstrip("\r\n"), reader, writer)
        except (OSError, asyncio.CancelledError, ValueError):
            pass  # the client has had enough
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _command(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tag, _, text = line.partition(" ")
        self.commands.append(text)
        name = " ".join(text.split()[: 2 if text.startswith("UID ") else 1])
        if await self._lie(f"instead of {name}", writer, tag):
            return
        if name == "IDLE":
            await self._idle(tag, reader, writer)
            return
        for answer in self._answer(name, text):
            await self._say(writer, answer.encode())
        code = self._code(name, text)
        await self._say(writer, "".join(self._news).encode())
        self._news.clear()
        await self._lie(f"before {name}", writer, tag)
        await self._say(writer, f"{tag} OK {code}done\r\n".encode())
        await self._lie(f"after {name}", writer, tag)

    async def _idle(self, tag: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, b"+ idling\r\n")
        done = asyncio.create_task(reader.readline())
        try:
            await self._lie("idle", writer, tag)
            await self._tell_news(done, writer)
        finally:
            done.cancel()
            ended = await asyncio.gather(done, return_exceptions=True)
        if ended[0]:
            await self._say(writer, f"{tag} OK done\r\n".encode())

    async def _tell_news(self, done: asyncio.Task[bytes], writer: asyncio.StreamWriter) -> None:
        while not done.done():
            stirred = asyncio.create_task(self.stir.wait())
            await asyncio.wait([done, stirred], return_when=asyncio.FIRST_COMPLETED)
            stirred.cancel()
            if self.stir.is_set():
                self.stir.clear()
                await self._say(writer, f"* {len(self.inbox)} EXISTS\r\n".encode())

    async def _lie(self, stage: str, writer: asyncio.StreamWriter, tag: str = "*") -> bool:
        lie = next((lie for lie in self.lies if lie.stage == stage), None)
        if lie is None:
            return False
        self.lies.remove(lie)
        for piece in lie.pieces():
            await self._say(writer, piece.replace(b"TAG", tag.encode()) if len(piece) < 1000 else piece)
            await asyncio.sleep(lie.pause)
        return True

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    # --- the honest part

    def _answer(self, name: str, text: str) -> Iterator[str]:
        match name:
            case "CAPABILITY":
                yield f"* CAPABILITY {self._capabilities}\r\n"
            case "NAMESPACE":
                yield '* NAMESPACE (("" "/")) NIL NIL\r\n'
            case "LIST":
                wanted = text.rsplit(maxsplit=1)[-1].strip('"')
                names = [each for each in ("INBOX", *self.targets) if wanted in {"*", each}]
                yield from (f'* LIST () "/" {each}\r\n' for each in names)
            case "SELECT" | "EXAMINE":
                yield "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
                yield "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] kept\r\n"
                yield f"* {len(self.inbox) if 'INBOX' in text else 0} EXISTS\r\n"
                yield f"* OK [UIDVALIDITY {UIDVALIDITY}] so\r\n* OK [UIDNEXT {self._uidnext}] so\r\n"
            case "STATUS":
                box = text.split()[1].strip('"')
                uidnext = self._uidnext if box == "INBOX" else self.targets[box].total() + 1
                yield f"* STATUS {box} (MESSAGES 0 UIDNEXT {uidnext} UIDVALIDITY {UIDVALIDITY})\r\n"
            case "UID SEARCH":
                found = [str(uid) for uid in self._uids(text.rpartition("UID ")[2].split()[0])]
                yield f"* SEARCH {' '.join(found)}\r\n"
            case "UID FETCH":
                for uid in self._uids(text.split()[2]):
                    self.shown.setdefault(uid, set()).add(self.inbox[uid].subject)
                    yield self.line(uid, self.inbox[uid].subject)
            case "UID STORE":
                change = set(re.findall(r"[\\$]\w+", text))
                for uid in self._uids(text.split()[2]):
                    flags = self.inbox[uid].flags
                    self.inbox[uid].flags = flags - change if "-FLAGS" in text else flags | change
                    yield self.line(uid, self.inbox[uid].subject)
            case "CREATE":
                self.targets.setdefault(text.split()[1].strip('"'), Counter())
            case _:
                pass

    def _code(self, name: str, text: str) -> str:
        match name:
            case "UID MOVE" | "UID COPY":
                uids = self._uids(text.split()[2])
                target = self.targets[text.split()[3].strip('"')]
                first = target.total() + 1
                target.update(self.inbox[uid].subject for uid in uids)
                if name == "UID MOVE":
                    self._expunge(uids)
                there = f"{first}:{target.total()}"
                return f"[COPYUID {UIDVALIDITY} {','.join(map(str, uids))} {there}] " if uids else ""
            case "UID EXPUNGE":
                self._expunge([uid for uid in self._uids(text.split()[2]) if "\\Deleted" in self.inbox[uid].flags])
            case "AUTHENTICATE" | "LOGIN":
                return f"[CAPABILITY {self._capabilities}] "
            case _:
                pass
        return ""

    def _expunge(self, uids: Iterable[int]) -> None:
        for uid in uids:
            self._news.append(f"* {sorted(self.inbox).index(uid) + 1} EXPUNGE\r\n")
            del self.inbox[uid]

    def line(self, uid: int, subject: str, *, octets: int = 0) -> str:
        """Write a FETCH response that says all that mailrules asks for."""
        number = sorted(self.inbox).index(uid) + 1 if uid in self.inbox else 1
        flags = " ".join(sorted(self.inbox[uid].flags)) if uid in self.inbox else ""
        header = f"Message-ID: <{uid}@example.org>\r\nSubject: {subject}\r\nX-Fill: {'x' * octets}\r\n\r\n"
        return (
            f'* {number} FETCH (UID {uid} FLAGS ({flags}) INTERNALDATE "23-Nov-2026 10:00:00 +0000" '
            f"RFC822.SIZE 500 BODY[HEADER.FIELDS (DATE FROM MESSAGE-ID SUBJECT)] {{{len(header)}}}\r\n{header})\r\n"
        )

    def _uids(self, text: str) -> list[int]:
        wanted: list[int] = []
        for part in text.split(","):
            first, _, last = part.partition(":")
            top = max(self.inbox, default=0) if last == "*" else int(last or first)
            wanted += [uid for uid in sorted(self.inbox) if int(first) <= uid <= max(top, int(first))]
        return wanted
