"""Messages as they are fetched: only what the rules ask for, and what recognises a message anywhere.

ENVELOPE is never asked for: servers mangle it (8-bit headers become ``X`` or ``?``), so rules
and fingerprints read header octets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mailrules.client import Session
from mailrules.imap import Flags, Items, MessageData, SelectedMailbox, UidFetch, UIDSet, header_fields
from mailrules.rules import Message
from mailrules.store import Seen

__all__ = ["Fetched", "fetch", "validity"]

_IDENTITY = frozenset({"MESSAGE-ID", "DATE", "FROM", "SUBJECT"})
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
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

    @classmethod
    def of(cls, data: MessageData) -> Fetched | None:
        """Read a FETCH answer; None for one that lacks the UID or the header (a flag change told unasked)."""
        header = data.header()
        if data.uid is None or header is None:
            return None
        flags, received, size = data.flags or frozenset(), data.internaldate or _LONG_AGO, data.size or 0
        message = Message(header=header, size=size, received=received, flags=flags)
        identity = _first(message, "MESSAGE-ID") or _digest(message)
        return cls(data.uid, flags, received, size, message, f"{identity} {size} {int(received.timestamp())}")

    @property
    def message_id(self) -> str:
        """The Message-ID with its brackets; empty where there is none."""
        return _first(self.message, "MESSAGE-ID")

    @property
    def sender(self) -> str:
        """The From header as people see it."""
        return _first(self.message, "FROM")

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return _first(self.message, "SUBJECT")

    def seen(self) -> Seen:
        """The message as the journal remembers having met it."""
        return Seen(self.uid, self.fingerprint, self.internaldate)


async def fetch(session: Session, uids: UIDSet, fields: Iterable[str] = ()) -> Sequence[Fetched]:
    """Fetch messages by UID, ascending, with the header ``fields`` that rules ask for; ends IDLE in the same flight."""
    session.connection.done()
    items = (
        Items.UID,
        Items.FLAGS,
        Items.INTERNALDATE,
        Items.SIZE,
        header_fields(sorted(_IDENTITY | set(fields))),
    )
    answers = [session.connection.submit(UidFetch(chunk, items)) for chunk in uids.chunks()]
    found = [Fetched.of(data) for answer in answers for data in await answer]
    return sorted((message for message in found if message), key=lambda message: message.uid)


def validity(selected: SelectedMailbox) -> int:
    """The mailbox's UIDVALIDITY; 0 where the server does not tell one (then its UIDs are taken to last)."""
    return selected.uidvalidity or 0


def _first(message: Message, field: str) -> str:
    return next((text.value for text in message.fields.texts(field)), "")


def _digest(message: Message) -> str:
    """What stands in for a missing Message-ID; only of the fields that are always fetched, whatever the rules are."""
    identity = "\0".join(text.value for field in sorted(_IDENTITY) for text in message.fields.texts(field))
    return "sha256:" + hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
