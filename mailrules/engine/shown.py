"""Messages that a server shows by itself as they come (NOTIFY, RFC 5465), so that nobody has to ask for them.

They count only where they are all that came: what is missing, out of order or half told is asked for like before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from mailrules.engine.reading import WINDOW, Fetched, wanted
from mailrules.imap import MessageData

__all__ = ["Shown"]

_NONE: frozenset[str] = frozenset()
_STALE = 5.0
"""Seconds; flags may have changed since then, of which nobody tells."""


class Shown:
    """What was shown of one selected mailbox since it was last asked for."""

    def __init__(self) -> None:
        self._fields = _NONE
        self._items = wanted(())
        self._messages: dict[int, MessageData] = {}
        self._since = 0.0

    def expect(self, fields: Collection[str]) -> None:
        """Count what comes from now on if it has these header fields."""
        self._fields, self._items = frozenset(fields), wanted(fields)
        self.forget()

    def forget(self) -> None:
        """Let go of what came: it is asked for now."""
        self._messages.clear()

    def note(self, data: MessageData, now: float) -> None:
        """Take in a FETCH that nobody asked for; one that only tells flags is news of a message that was shown."""
        if data.uid is None:
            return
        known = self._messages.get(data.uid)
        if data.header() is not None and all(item.told(data) for item in self._items):
            if not self._messages:
                self._since = now
            if len(self._messages) < WINDOW:
                self._messages[data.uid] = data
        elif known is not None and data.flags is not None:
            self._messages[data.uid] = replace(known, flags=data.flags)

    def are(self, after: int, count: int) -> bool:
        """Whether they are all of the ``count`` messages that came, the first of them right behind the UID ``after``.

        A gap in their UIDs is a message that somebody expunged, or one that was not shown.
        """
        if len(self._messages) < count:
            return False
        return sorted(uid for uid in self._messages if uid > after) == list(range(after + 1, after + 1 + count))

    def take(self, after: int, count: int, fields: Collection[str], now: float) -> Sequence[Fetched]:
        """Return those messages, and forget them; none if they are to be asked for, if rules want other ``fields``."""
        usable = self._fields.issuperset(fields) and now - self._since <= _STALE and self.are(after, count)
        uids = range(after + 1, after + 1 + count) if usable else ()
        messages = [Fetched.of(uid, self._messages[uid]) for uid in uids]
        self.forget()
        return messages
