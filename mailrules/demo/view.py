"""What one client believes about the mailbox that it has selected, and what it must be told to believe the truth."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from mailrules.demo import encode
from mailrules.demo.parse import BadSyntax, SequenceSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.demo.mailbox import Mailbox


class View:
    """Sequence numbers and flags as a client knows them. RFC 3501 §2.3.1.2, §5.2, §7.4.1.

    `uids` is the client's list: the message at index 0 has sequence number 1. It changes only with updates.
    """

    __slots__ = ("_keywords", "_synced", "_told", "mailbox", "read_only", "recent", "uids")

    def __init__(self, mailbox: Mailbox, *, read_only: bool) -> None:
        self.mailbox = mailbox
        self.read_only = read_only
        self.uids = list(mailbox.messages)
        self.recent: set[int] = set()
        self._told = {uid: message.change for uid, message in mailbox.messages.items()}
        self._synced = mailbox.changes
        self._keywords = len(mailbox.keywords)
        self._claim_recent()

    def sequence(self, uid: int) -> int:
        """Return the sequence number of a UID of this view."""
        return bisect_left(self.uids, uid) + 1

    def flags(self, uid: int) -> frozenset[str]:
        r"""Return a message's flags as this client sees them, \Recent among them."""
        flags = self.mailbox.messages[uid].flags
        return flags | {"\\Recent"} if uid in self.recent else flags

    def flag_responses(self) -> Iterator[bytes]:
        """Return FLAGS and PERMANENTFLAGS as they are for this client. RFC 3501 §7.1, §7.2.6."""
        flags = self.mailbox.known_flags()
        permanent = () if self.read_only else (*flags, "\\*") if self.mailbox.keywords_allowed else flags
        yield b"FLAGS " + encode.flag_list(flags)
        yield b"OK [PERMANENTFLAGS %b] Flags permitted." % encode.flag_list(permanent)

    def by_sequence(self, numbers: SequenceSet) -> list[int]:
        """Return the UIDs of sequence numbers; BadSyntax if one is beyond the last message, as Dovecot answers."""
        if numbers.exceeds(len(self.uids)):
            raise BadSyntax("Invalid messageset")
        return [self.uids[number - 1] for number in numbers.pick(range(1, len(self.uids) + 1))]

    def by_uid(self, uids: SequenceSet) -> list[int]:
        """Return those UIDs of a set that this client knows of."""
        return uids.pick(self.uids)

    def tell(self, uid: int) -> None:
        """Note that the client has just been told this message's flags."""
        self._told[uid] = self.mailbox.messages[uid].change

    def is_current(self, uid: int) -> bool:
        """Tell whether the client knows this message's flags as they are."""
        return self._told[uid] == self.mailbox.messages[uid].change

    def updates(self) -> Iterator[bytes]:
        """Return what has changed since the last time, as responses without `* `: EXPUNGE, EXISTS, FETCH."""
        if self._synced == self.mailbox.changes:
            return
        for index in reversed(range(len(self.uids))):
            uid = self.uids[index]
            if uid not in self.mailbox.messages:
                del self.uids[index], self._told[uid]
                self.recent.discard(uid)
                yield b"%d EXPUNGE" % (index + 1)
        yield from self.updates_keeping_numbers()
        self._synced = self.mailbox.changes

    def updates_keeping_numbers(self) -> Iterator[bytes]:
        """Return the same without EXPUNGE, which must not come during FETCH, STORE and SEARCH. RFC 3501 §7.4.1."""
        if self._synced == self.mailbox.changes:
            return
        yield from self._new_keywords()
        arrived = [uid for uid in self.mailbox.messages if uid not in self._told]
        for uid in self.uids:
            message = self.mailbox.messages.get(uid)
            if message is not None and self._told[uid] != message.change:
                self.tell(uid)
                yield b"%d FETCH (FLAGS %b)" % (self.sequence(uid), encode.flag_list(self.flags(uid)))
        if arrived:
            self.uids.extend(arrived)
            self._told.update((uid, self.mailbox.messages[uid].change) for uid in arrived)
            self._claim_recent()
            yield b"%d EXISTS" % len(self.uids)
            yield b"%d RECENT" % len(self.recent)

    def _claim_recent(self) -> None:
        recent = self.mailbox.recent_uids() if self.read_only else self.mailbox.claim_recent()
        self.recent.update(uid for uid in recent if uid in self.mailbox.messages)

    def _new_keywords(self) -> Iterator[bytes]:
        """Name the flags anew when the mailbox has got a keyword, as Dovecot does."""
        known = len(self.mailbox.keywords)
        if known != self._keywords:
            self._keywords = known
            yield from self.flag_responses()
