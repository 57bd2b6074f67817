"""Messages as they are fetched: only what the rules ask for, and what recognises a message anywhere.

ENVELOPE is never asked for: servers mangle it (8-bit headers become ``X`` or ``?``), so rules
and fingerprints read header octets.
"""

from __future__ import annotations

import hashlib
from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from mailrules.client import NetworkError, Session
from mailrules.imap import (
    UID,
    FetchAttribute,
    Flags,
    Items,
    MessageData,
    Refused,
    SelectedMailbox,
    UidFetch,
    UIDSet,
    header_fields,
    search,
)
from mailrules.rules import Message
from mailrules.store import Seen
from mailrules.values import value

__all__ = [
    "UNREADABLE",
    "WINDOW",
    "Fetched",
    "Fetching",
    "fetch",
    "fetch_in_windows",
    "fetched",
    "uids_in",
    "validity",
    "wanted",
    "windows",
]

UNREADABLE = "the server's answer about it can't be read"
"""Why a message is held that is not `Fetched.readable`."""

_IDENTITY = frozenset({"MESSAGE-ID", "DATE", "FROM", "SUBJECT"})
WINDOW = 1_000
"""How many messages one UID FETCH asks for when there may be many."""
_LONGEST = 998
"""Characters that are kept of a field to tell a message by; no longer line may be sent (RFC 5322 §2.1.1)."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@value(frozen=True, slots=True)
class Fetched:
    """One message as the server showed it."""

    uid: int
    flags: Flags
    internaldate: datetime
    size: int
    message: Message
    """What the rules see of it."""
    fingerprint: str
    """What recognises it in another mailbox, or here under another UIDVALIDITY: Message-ID (or a hash of the header
    where there is none), size and INTERNALDATE, which COPY and MOVE preserve (RFC 9051 §6.4.7)."""

    message_id: str = ""
    """The Message-ID with its brackets; empty where there is none."""
    readable: bool = True
    """False where the server's answer about it made no sense: then all the rest is made up."""

    @classmethod
    def of(cls, uid: int, data: MessageData) -> Fetched:
        """Read a FETCH answer."""
        header = data.header()
        if header is None:
            return cls.unreadable(uid)
        flags, received, size = data.flags or frozenset(), data.internaldate or _LONG_AGO, data.size or 0
        message = Message(header, data.size, data.internaldate, data.flags)
        message_id = message.fields.value("MESSAGE-ID")[:_LONGEST]
        fingerprint = f"{message_id or _digest(message)} {size} {int(received.timestamp())}"
        return cls(uid, flags, received, size, message, fingerprint, message_id)

    @classmethod
    def unreadable(cls, uid: int) -> Fetched:
        """Stand for a message of which nothing but its UID is known."""
        return cls(uid, frozenset(), _LONG_AGO, 0, Message(header=b""), f"unreadable {uid}", readable=False)

    @property
    def is_known_again(self) -> bool:
        """Whether the server has told all that the fingerprint is made of."""
        return self.message.size is not None and self.message.received is not None

    @property
    def sender(self) -> str:
        """The From header as people see it."""
        return self.message.fields.value("FROM")[:_LONGEST]

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return self.message.fields.value("SUBJECT")[:_LONGEST]

    def seen(self) -> Seen:
        """The message as the journal remembers having met it."""
        return Seen(self.uid, self.fingerprint, self.internaldate)


def wanted(fields: Iterable[str]) -> tuple[FetchAttribute, ...]:
    """What is asked of each message where rules ask for these header fields."""
    return _wanted(frozenset(fields))


@lru_cache(maxsize=16)  # thousands of mailboxes have it in common
def _wanted(fields: frozenset[str]) -> tuple[FetchAttribute, ...]:
    return Items.UID, Items.FLAGS, Items.INTERNALDATE, Items.SIZE, header_fields(sorted(_IDENTITY | fields))


async def fetch(session: Session, uids: UIDSet, fields: Iterable[str] = ()) -> Sequence[Fetched]:
    """Fetch messages by UID, ascending, with the header ``fields`` that rules ask for; ends IDLE in the same flight.

    A message of which the server's answer can't be read is there all the same, as `Fetched.unreadable`: who goes
    on behind it must know that it was passed over.
    """
    return await Fetching(session, uids, fields).messages()


class Fetching:
    """The same in two steps: it is sent when this is made, and awaited when the messages are wanted."""

    def __init__(self, session: Session, uids: UIDSet, fields: Iterable[str] = ()) -> None:
        self._session = session
        self._uids = uids
        self._before = session.connection.misunderstood
        self._items = wanted(fields)
        session.connection.done()
        self._answers = _sent(session, uids, self._items)

    async def messages(self) -> Sequence[Fetched]:
        """Wait for the answer, and read it. Raises Refused and NetworkError."""
        found = await _told(self._answers)
        if self._session.connection.misunderstood != self._before:
            there = await self._session.search(search.uid(self._uids))
            missing = UIDSet(uid for uid in there if uid in self._uids and uid not in found)
            # What came only meanwhile is told now; what is not told by itself either can't be read.
            found |= {uid: Fetched.unreadable(uid) for uid in missing}
            found |= await _told(_sent(self._session, missing, self._items))
        return [found[uid] for uid in sorted(found)]

    @property
    def is_lost(self) -> bool:
        """Whether the connection was lost before all was answered."""
        ended = [answer for _, answer in self._answers if answer.done() and not answer.cancelled()]
        return any(isinstance(answer.exception(), NetworkError) for answer in ended)

    def abandon(self) -> None:
        """Want the messages no more."""
        for _, answer in self._answers:
            answer.cancel()


_Sent = list[tuple[UidFetch, Future[tuple[MessageData, ...]]]]


def _sent(session: Session, uids: UIDSet, items: Sequence[FetchAttribute]) -> _Sent:
    commands = [UidFetch(chunk, items) for chunk in uids.chunks()]
    return [(command, session.connection.submit(command)) for command in commands]


async def _told(answers: _Sent) -> dict[int, Fetched]:
    told = [data for one in answers for data in await _worth(*one)]
    answers.clear()  # what was read is not kept twice
    return {data.uid: Fetched.of(data.uid, data) for data in told if data.uid is not None}


async def fetch_in_windows(session: Session, uids: UIDSet) -> AsyncIterator[Fetched]:
    """Fetch messages whose number nobody knows, ascending; only so many at a time are in memory."""
    for window in windows(await uids_in(session, uids)):
        for message in await fetch(session, window):
            yield message


async def uids_in(session: Session, uids: UIDSet) -> tuple[int, ...]:
    """The UIDs that exist in a range, ascending, asked for without their messages.

    ``n:*`` also answers with the last message where its UID is below n (RFC 9051 §6.4.9).
    """
    found = await session.search(search.uid(uids))
    return tuple(sorted(uid for uid in found if uid in uids))


def windows(uids: Sequence[int]) -> Iterator[UIDSet]:
    """Split a backlog into sets of messages that are fetched together."""
    for begin in range(0, len(uids), WINDOW):
        yield UIDSet(UID(uid) for uid in uids[begin : begin + WINDOW])


async def fetched(session: Session, command: UidFetch) -> tuple[MessageData, ...]:
    """Send a UID FETCH and take what comes."""
    return await _worth(command, session.connection.submit(command))


async def _worth(command: UidFetch, answer: Awaitable[tuple[MessageData, ...]]) -> tuple[MessageData, ...]:
    """Take a FETCH answer also where some of the messages had been expunged (RFC 9051 §7.1, EXPUNGEISSUED)."""
    try:
        return await answer
    except Refused as refused:
        if not refused.answer.tagged.code_is("EXPUNGEISSUED"):
            raise
        return command.result(refused.answer)


def validity(selected: SelectedMailbox) -> int:
    """The mailbox's UIDVALIDITY; 0 where the server does not tell one (then its UIDs are taken to last)."""
    return selected.uidvalidity or 0


def _digest(message: Message) -> str:
    """What stands in for a missing Message-ID; only of the fields that are always fetched, whatever the rules are."""
    identity = "\0".join(text.value for field in sorted(_IDENTITY) for text in message.fields.texts(field))
    return "sha256:" + hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
