"""The commands that ask about mailboxes without selecting them: LIST, LSUB, STATUS.

RFC 9051 §6.3.9 and §6.3.11, RFC 3501 §6.3.8 to §6.3.10.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command
from mailrules.imap.errors import ArgumentError
from mailrules.imap.grammar import Argument
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Answer, ListData, LsubData, Response, StatusData
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


class StatusItem(Enum):
    """What STATUS can tell. RFC 3501 §6.3.10.

    DELETED and SIZE are of RFC 9051 §6.3.11, HIGHESTMODSEQ of RFC 7162 §3.1.7, MAILBOXID of RFC 8474 §4.3.
    """

    MESSAGES = b"MESSAGES"
    RECENT = b"RECENT"
    UIDNEXT = b"UIDNEXT"
    UIDVALIDITY = b"UIDVALIDITY"
    UNSEEN = b"UNSEEN"
    DELETED = b"DELETED"
    SIZE = b"SIZE"
    HIGHESTMODSEQ = b"HIGHESTMODSEQ"
    MAILBOXID = b"MAILBOXID"

    __hash__ = object.__hash__  # there is one of each, and Enum's own is written in Python


@value(frozen=True, slots=True)
class ListOption:
    """A word of LIST-EXTENDED; `extensions.listext`, `specialuse` and `liststatus` have them ready."""

    words: tuple[Argument, ...]


@value(frozen=True, slots=True)
class ListEntry:
    """One mailbox of a listing, with its STATUS where that was asked for and the mailbox can be selected."""

    data: ListData
    status: StatusData | None = None


@value(frozen=True, slots=True)
class List(Command[tuple[ListEntry, ...]]):
    """List mailboxes. RFC 9051 §6.3.9.

    ``*`` in a pattern stands for anything, ``%`` for anything within one level. Several patterns, selection options
    and return options need LIST-EXTENDED; a server without it is sent the plain form of RFC 3501, as long as there is
    one pattern and no option.
    """

    name = b"LIST"
    states = AUTHENTICATED

    reference: MailboxName
    patterns: tuple[MailboxName, ...]
    select: tuple[ListOption, ...] = ()
    returns: tuple[ListOption, ...] = ()

    def arguments(self) -> Iterable[Argument]:
        """Options, reference, patterns. Raises ArgumentError without a pattern."""
        patterns = tuple(grammar.list_mailbox(pattern) for pattern in self.patterns)
        if not patterns:
            raise ArgumentError("LIST: no pattern is named")
        if self.select:
            yield tuple(word for option in self.select for word in option.words)
        yield grammar.mailbox(self.reference)
        yield patterns[0] if len(patterns) == 1 else patterns
        if self.returns:
            yield b"RETURN"
            yield tuple(word for option in self.returns for word in option.words)

    def claims(self, response: Response) -> bool:
        """The mailboxes, and their STATUS where it was asked for."""
        if isinstance(response, StatusData):
            return any(b"STATUS" in option.words for option in self.returns)
        return isinstance(response, ListData)

    def result(self, answer: Answer) -> tuple[ListEntry, ...]:
        """Return the mailboxes in the server's order, each once: one that is listed again is taken as listed last."""
        listed = {data.name: data for data in answer.untagged if isinstance(data, ListData)}
        status = {data.name: data for data in answer.untagged if isinstance(data, StatusData)}
        return tuple(ListEntry(data, status.get(name)) for name, data in listed.items())


@value(frozen=True, slots=True)
class Lsub(Command[tuple[LsubData, ...]]):
    """List subscribed names. RFC 3501 §6.3.9; RFC 9051 has LIST (SUBSCRIBED) instead."""

    name = b"LSUB"
    states = AUTHENTICATED

    reference: MailboxName
    pattern: MailboxName

    def arguments(self) -> Iterable[Argument]:
        """Reference and pattern."""
        return grammar.mailbox(self.reference), grammar.list_mailbox(self.pattern)

    def claims(self, response: Response) -> bool:
        """The names."""
        return isinstance(response, LsubData)

    def result(self, answer: Answer) -> tuple[LsubData, ...]:
        """Return the names in the server's order."""
        return tuple(data for data in answer.untagged if isinstance(data, LsubData))


@value(frozen=True, slots=True)
class Status(Command[StatusData]):
    """Ask how a mailbox is that is not selected. RFC 9051 §6.3.11."""

    name = b"STATUS"
    states = AUTHENTICATED

    mailbox: MailboxName
    items: tuple[StatusItem, ...]

    def arguments(self) -> Iterable[Argument]:
        """The mailbox and the items. Raises ArgumentError without an item."""
        return _status_arguments(self.mailbox.raw, self.items)

    def claims(self, response: Response) -> bool:
        """The status of this mailbox."""
        return isinstance(response, StatusData) and response.name == self.mailbox

    def result(self, answer: Answer) -> StatusData:
        """Return what the server said; it may have said nothing at all (163.com: ``STATUS INBOX ()``)."""
        found = [data for data in answer.untagged if isinstance(data, StatusData)]
        return found[-1] if found else StatusData(self.mailbox)


@lru_cache(maxsize=1024)
def _status_arguments(name: bytes, items: tuple[StatusItem, ...]) -> tuple[Argument, ...]:
    if not items:
        raise ArgumentError("STATUS: nothing is asked for")
    return grammar.astring(name, "mailbox name"), b"(%b)" % b" ".join(item.value for item in items)
