"""A server for thousands of connections that mostly rest in IDLE: as little of IMAP as the daemon then asks for.

Every user is let in and has the same mailboxes, all empty. What is counted is what a crowd does to a server: sign-ins
at once and their times, commands, and octets.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, cast

if TYPE_CHECKING:
    import ssl

MAILBOXES = ("INBOX", "Drafts", "Sent", "Junk", "Trash", "Filed")
CAPABILITIES = "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN IDLE NAMESPACE UIDPLUS MOVE LIST-EXTENDED LIST-STATUS ESEARCH"

_NAME = re.compile(r'"([^"]*)"|([^ "()]+)')


@dataclass(slots=True)
class Box:
    """One mailbox: its messages by UID."""

    uidnext: int = 1
    messages: dict[int, bytes] = field(default_factory=dict)

    def add(self, message: bytes) -> int:
        """Put a message in and return its UID."""
        self.messages[self.uidnext] = message
        self.uidnext += 1
        return self.uidnext - 1

    def status(self) -> str:
        """Tell all that STATUS may be asked for."""
        return f"(MESSAGES {len(self.messages)} UIDNEXT {self.uidnext} UIDVALIDITY 7)"


class Throng:
    """``async with`` it; it listens on `port`, with TLS if there is a `context`."""

    def __init__(self, context: ssl.SSLContext | None = None, *, mailboxes: tuple[str, ...] = MAILBOXES) -> None:
        self.mailboxes = mailboxes
        self.port = 0
        self.boxes: defaultdict[tuple[str, str], Box] = defaultdict(Box)
        self.visitors: set[Visitor] = set()
        self.commands: Counter[str] = Counter()
        self.lists: Counter[str] = Counter()
        """How often each user has asked for all mailboxes."""
        self.received = 0
        """Octets from clients."""
        self.signing_in = 0
        """Connections that are there and not signed in yet."""
        self.most_signing_in = 0
        self.signed_in: list[float] = []
        """The loop's times of all sign-ins."""
        self.sign_in_takes = 0.0
        """Seconds that each sign-in is made to take."""
        self.moved: list[float] = []
        """The loop's times of all answers to UID MOVE."""
        self.stirred = asyncio.Event()
        self._context = context
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Visitor(self), "127.0.0.1", self.port, ssl=self._context, backlog=4096
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
        self.drop()

    def drop(self) -> None:
        """Cut all connections, as a server's restart does."""
        for visitor in list(self.visitors):
            visitor.transport.abort()

    def watchers(self) -> int:
        """Count the connections in IDLE."""
        return sum(visitor.idle_tag != "" for visitor in self.visitors)

    async def idle(self, connections: int) -> None:
        """Wait until so many connections are in IDLE."""
        while self.watchers() < connections:
            self.stirred.clear()
            await self.stirred.wait()

    def deliver(self, user: str, mailbox: str, message: bytes) -> None:
        """Put a message into a mailbox, and tell it to whoever has it selected."""
        box = self.boxes[user, mailbox]
        box.add(message)
        for visitor in self.visitors:
            if (visitor.user, visitor.selected) == (user, mailbox):
                visitor.say(f"* {len(box.messages)} EXISTS")


class Visitor(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: Throng) -> None:
        self.server = server
        self.user = ""
        self.selected = ""
        self.idle_tag = ""
        self._buffer = b""
        self._said: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = cast("asyncio.Transport", transport)
        server = self.server
        server.visitors.add(self)
        server.signing_in += 1
        server.most_signing_in = max(server.most_signing_in, server.signing_in)
        self.say(f"* OK [CAPABILITY {CAPABILITIES}] ready")

    def connection_lost(self, _exc: Exception | None) -> None:
        """Let go of what belonged to it."""
        self.server.visitors.discard(self)
        self.server.signing_in -= not self.user
        self.server.stirred.set()

    def data_received(self, data: bytes) -> None:
        """Answer all complete lines in one write."""
        self.server.received += len(data)
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        for line in lines:
            self._answer(line.decode())
        self._flush()
        self.server.stirred.set()

    def say(self, line: str) -> None:
        """Send one line."""
        self._said.append(line)
        self._flush()

    def _flush(self) -> None:
        if self._said:
            self.transport.write("".join(f"{line}\r\n" for line in self._said).encode())
            self._said.clear()

    def _answer(self, line: str) -> None:
        server = self.server
        if line == "DONE":
            server.commands["DONE"] += 1
            self._said.append(f"{self.idle_tag} OK done")
            self.idle_tag = ""
            return
        tag, _, rest = line.partition(" ")
        words = rest.split(" ")
        verb = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
        server.commands[verb] += 1
        names = [quoted or atom for quoted, atom in _NAME.findall(rest)][1:]
        match verb:
            case "LOGIN" | "AUTHENTICATE":
                self._sign_in(tag, names[0] if verb == "LOGIN" else _user(names[1]))
                return
            case "IDLE":
                self.idle_tag = tag
                self._said.append("+ idling")
                return
            case "NAMESPACE":
                self._said.append('* NAMESPACE (("" "/")) NIL NIL')
            case "LIST":
                self._list(names, with_status="STATUS" in rest)
            case "SELECT" | "EXAMINE":
                self._select(names[0])
            case "STATUS":
                self._said.append(f'* STATUS "{names[0]}" {server.boxes[self.user, names[0]].status()}')
            case "UID FETCH":
                self._fetch(names[1])
            case "UID MOVE":
                self._move(tag, int(names[1]), names[2])
                return
            case "LOGOUT":
                self._said.append("* BYE")
        self._said.append(f"{tag} OK done")
        if verb == "LOGOUT":
            self._flush()
            self.transport.close()

    def _sign_in(self, tag: str, user: str) -> None:
        if self.server.sign_in_takes:
            asyncio.get_running_loop().call_later(self.server.sign_in_takes, self._let_in, tag, user)
        else:
            self._let_in(tag, user)

    def _let_in(self, tag: str, user: str) -> None:
        if self not in self.server.visitors:
            return
        self.user = user
        self.server.signing_in -= 1
        self.server.signed_in.append(asyncio.get_running_loop().time())
        self.say(f"{tag} OK [CAPABILITY {CAPABILITIES}] welcome")

    def _list(self, names: list[str], *, with_status: bool) -> None:
        if "*" not in names:
            listed = [name for name in self.server.mailboxes if name in names]
            self._said += [f'* LIST () "/" "{name}"' for name in listed] or ['* LIST (\\Noselect) "/" ""']
            return
        self.server.lists[self.user] += 1
        for name in self.server.mailboxes:
            self._said.append(f'* LIST (\\HasNoChildren) "/" "{name}"')
            if with_status:
                self._said.append(f'* STATUS "{name}" {self.server.boxes[self.user, name].status()}')

    def _select(self, name: str) -> None:
        box = self.server.boxes[self.user, name]
        self.selected = name
        self._said += [
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
            "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] all",
            f"* {len(box.messages)} EXISTS",
            "* 0 RECENT",
            "* OK [UIDVALIDITY 7] valid",
            f"* OK [UIDNEXT {box.uidnext}] next",
        ]

    def _fetch(self, uids: str) -> None:
        box = self.server.boxes[self.user, self.selected]
        first, _, last = uids.partition(":")
        for number, (uid, message) in enumerate(box.messages.items(), start=1):
            if int(first) <= uid <= (int(first) if not last else uid if last == "*" else int(last)):
                header = message.partition(b"\r\n\r\n")[0].decode() + "\r\n\r\n"
                self._said.append(
                    f'* {number} FETCH (UID {uid} FLAGS () INTERNALDATE "01-Jan-2026 00:00:00 +0000"'
                    f" RFC822.SIZE {len(message)} BODY[HEADER] {{{len(header)}}}\r\n{header})"
                )

    def _move(self, tag: str, uid: int, target: str) -> None:
        box = self.server.boxes[self.user, self.selected]
        number = list(box.messages).index(uid) + 1
        new = self.server.boxes[self.user, target].add(box.messages.pop(uid))
        self._said += [f"* OK [COPYUID 7 {uid} {new}] moved", f"* {number} EXPUNGE", f"{tag} OK done"]
        self.server.moved.append(asyncio.get_running_loop().time())


def _user(message: str) -> str:
    """Return the user name of an initial response of PLAIN (RFC 4616)."""
    return b64decode(message).split(b"\0")[1].decode()
