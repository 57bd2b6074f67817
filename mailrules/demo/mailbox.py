"""One mailbox and its messages: UIDs, flags, and a count of changes by which each client sees what is new to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
_CANONICAL = {flag.lower(): flag for flag in SYSTEM_FLAGS}


class StoreMode(Enum):
    """What STORE does with its flags. RFC 3501 §6.4.6."""

    REPLACE = "FLAGS"
    ADD = "+FLAGS"
    REMOVE = "-FLAGS"


@value(frozen=True, slots=True)
class Message:
    """A message as it lies in a mailbox; `change` is the mailbox's count of changes when this one last changed."""

    uid: int
    content: bytes = field(repr=False)
    flags: frozenset[str]
    internaldate: datetime
    change: int


@dataclass(slots=True, eq=False)
class Mailbox:
    """Messages in the order of their UIDs. Times are aware datetimes; every change calls `watchers`."""

    uidvalidity: int
    keywords_allowed: bool = True
    special_use: str | None = None
    uidnext: int = 1
    changes: int = 0
    recent_from: int = 1
    deleted: bool = False
    messages: dict[int, Message] = field(default_factory=dict)
    keywords: dict[str, str] = field(default_factory=dict)
    watchers: set[Callable[[], None]] = field(default_factory=set)

    def append(self, content: bytes, flags: Iterable[str], internaldate: datetime) -> Message:
        """Add a message under the next UID."""
        message = Message(self.uidnext, content, self.spelt(flags), internaldate, self._changed())
        self.messages[message.uid] = message
        self.uidnext += 1
        self._tell()
        return message

    def store(self, uid: int, mode: StoreMode, flags: Iterable[str]) -> None:
        """Change the flags of a message that exists; a STORE that changes nothing is no change."""
        message, named = self.messages[uid], self.spelt(flags)
        match mode:
            case StoreMode.REPLACE:
                new = named
            case StoreMode.ADD:
                new = message.flags | named
            case StoreMode.REMOVE:
                new = message.flags - named
        if new != message.flags:
            self.messages[uid] = replace(message, flags=new, change=self._changed())
            self._tell()

    def expunge(self, uids: Iterable[int]) -> None:
        """Remove messages for good; UIDs that are gone are passed over."""
        gone = [uid for uid in uids if self.messages.pop(uid, None) is not None]
        if gone:
            self._changed()
            self._tell()

    def reborn(self, uidvalidity: int) -> Mailbox:
        """Return the mailbox as a backup restores it: a new UIDVALIDITY and UIDs from 1."""
        restored = Mailbox(uidvalidity, self.keywords_allowed, self.special_use)
        for message in self.messages.values():
            restored.append(message.content, message.flags, message.internaldate)
        return restored

    def remove(self) -> None:
        """Mark the mailbox as deleted for the clients that have it selected."""
        self.deleted = True
        self._tell()

    def spelt(self, flags: Iterable[str]) -> frozenset[str]:
        r"""Return `flags` as they are kept: in the spelling first seen, without \Recent and what is not allowed."""
        kept = set()
        for flag in flags:
            if canonical := _CANONICAL.get(flag.lower()):
                kept.add(canonical)
            elif self.keywords_allowed and not flag.startswith("\\"):
                kept.add(self.keywords.setdefault(flag.lower(), flag))
        return frozenset(kept)

    def known_flags(self) -> tuple[str, ...]:
        """Return the flags that the FLAGS response names."""
        return SYSTEM_FLAGS + tuple(self.keywords.values())

    def unseen(self) -> list[int]:
        r"""Return the UIDs of messages without \Seen, ascending."""
        return [uid for uid, message in self.messages.items() if "\\Seen" not in message.flags]

    def recent(self) -> int:
        """Return how many messages no client has been told of yet."""
        return sum(uid in self.messages for uid in self.recent_uids())

    def recent_uids(self) -> range:
        """Return the UIDs that no client has been told of yet, some of them perhaps gone."""
        return range(self.recent_from, self.uidnext)

    def claim_recent(self) -> range:
        """Hand the recent UIDs to the client that asks first. RFC 3501 §2.3.2."""
        claimed = self.recent_uids()
        self.recent_from = self.uidnext
        return claimed

    def _changed(self) -> int:
        self.changes += 1
        return self.changes

    def _tell(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()
