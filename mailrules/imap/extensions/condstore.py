"""CONDSTORE, RFC 7162 §3.1: modification sequences, and changing only what nobody else changed.

Of QRESYNC, the other half of RFC 7162, only VANISHED is read, and never asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.codes import ResponseCode
from mailrules.imap.commands.base import Command
from mailrules.imap.commands.fetch import FetchAttribute, UidFetch
from mailrules.imap.commands.store import UidStore
from mailrules.imap.cursor import Cursor
from mailrules.imap.grammar import Argument
from mailrules.imap.registry import response_code, untagged
from mailrules.imap.responses import Answer, MessageData, Response
from mailrules.imap.search import SearchProgram
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import UIDSet
from mailrules.values import value

MODSEQ = FetchAttribute(b"MODSEQ", lambda data: data.modseq is not None)
"""To ask FETCH for the modification sequence. RFC 7162 §3.1.4.2."""


def changed_since(modseq: int) -> SearchProgram:
    """Make the search key for messages with this modification sequence or a higher one. RFC 7162 §3.1.5."""
    return SearchProgram(((b"MODSEQ", grammar.number(modseq)),))


@value(frozen=True, slots=True)
class HighestModSeq(ResponseCode):
    """The highest modification sequence in the selected mailbox. RFC 7162 §3.1.2.1."""

    name = "HIGHESTMODSEQ"

    value: int


@value(frozen=True, slots=True)
class Modified(ResponseCode):
    """The messages that a conditional STORE left alone, by UID after UID STORE. RFC 7162 §3.1.3."""

    name = "MODIFIED"

    numbers: UIDSet


@value(frozen=True, slots=True)
class Vanished(Response):
    """Messages that are gone, by UID; `earlier` if that happened before the mailbox was selected. RFC 7162 §3.2.10."""

    uids: UIDSet
    earlier: bool = False


@value(frozen=True, slots=True)
class UidFetchChanged(UidFetch):
    """Fetch data of those messages only that changed since a modification sequence. RFC 7162 §3.1.4.1."""

    changed_since: int

    def arguments(self) -> Iterable[Argument]:
        """The messages, the attributes and the limit."""
        yield from UidFetch.arguments(self)
        yield (b"CHANGEDSINCE", grammar.number(self.changed_since))


@value(frozen=True, slots=True)
class Stored:
    """What a conditional STORE did: `messages` as the server showed them, and those that it left alone."""

    messages: tuple[MessageData, ...]
    modified: UIDSet


@value(frozen=True, slots=True)
class UidStoreUnchanged(Command[Stored]):
    """Change flags of those messages only that nobody changed since a modification sequence. RFC 7162 §3.1.3.

    Only where CONDSTORE is advertised: Courier drops the connection on it.
    """

    name = UidStore.name
    states = SELECTED
    counts_expunges = True

    store: UidStore
    unchanged_since: int

    def arguments(self) -> Iterable[Argument]:
        """The messages, the limit, the change and the flags."""
        messages, *change = self.store.arguments()
        return messages, (b"UNCHANGEDSINCE", grammar.number(self.unchanged_since)), *change

    def claims(self, response: Response) -> bool:
        """As an unconditional STORE."""
        return self.store.claims(response)

    def result(self, answer: Answer) -> Stored:
        """Return what was changed and what was not."""
        code = answer.tagged.code
        return Stored(self.store.result(answer), code.numbers if isinstance(code, Modified) else UIDSet())


@response_code(b"HIGHESTMODSEQ")
def highest_mod_seq(cursor: Cursor) -> HighestModSeq:
    """resp-text-code =/ "HIGHESTMODSEQ" SP mod-sequence-value."""
    return HighestModSeq(cursor.number())


@response_code(b"MODIFIED")
def modified(cursor: Cursor) -> Modified:
    """resp-text-code =/ "MODIFIED" SP sequence-set."""
    return Modified(cursor.uid_set())


@untagged(b"VANISHED")
def vanished(cursor: Cursor) -> Vanished:
    """expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids."""
    earlier = cursor.peek() == b"("
    if earlier:
        cursor.list_of(Cursor.word)
        cursor.sp()
    uids = cursor.uid_set()
    if uids.open_ended or not uids:
        raise cursor.error("a set of UIDs that ends")
    return Vanished(uids, earlier)
