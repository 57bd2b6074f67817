"""SEARCH and UID SEARCH: which messages meet a program. RFC 9051 §6.4.4.

What comes back is a pre-selection: many small servers answer some keys wrongly, so nothing is decided without a look
at fetched data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain, pairwise
from typing import cast

from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.errors import ProtocolError
from mailrules.imap.extensions.esearch import ESearchData, SearchReturn
from mailrules.imap.grammar import Argument
from mailrules.imap.responses import Answer, Response, SearchData
from mailrules.imap.search import SearchProgram, search_arguments
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import MAX_COUNT, UID, SeqNum, SeqSet, UIDSet
from mailrules.values import value


@value(frozen=True, slots=True)
class UidSearch(Command[tuple[UID, ...]]):
    """Search and answer by UIDs. RFC 9051 §6.4.9.

    `charset` is named where the program has text beyond US-ASCII; it must be None once UTF8=ACCEPT is enabled (RFC
    6855 §3).
    """

    name = b"UID SEARCH"
    states = SELECTED
    answers_unnamed = True

    program: SearchProgram
    charset: str | None = "UTF-8"

    def arguments(self) -> Iterable[Argument]:
        """The charset, if need be, and the program."""
        return search_arguments(self.program, self.charset)

    def claims(self, response: Response) -> bool:
        """The hits, also in the form that IMAP4rev2 servers always use."""
        return isinstance(response, SearchData | ESearchData)

    def result(self, answer: Answer) -> tuple[UID, ...]:
        """Return the hits, ascending; none also where the server said nothing at all (Hoodiecrow, Twisted).

        Raises ProtocolError if they are more than any mailbox has.
        """
        return cast("tuple[UID, ...]", _hits(answer))


@value(frozen=True, slots=True)
class UidSearchNamed(Command[tuple[UID, ...] | None]):
    """Search where ESEARCH is offered: the answer names its command, so several may be in flight. RFC 4731 §3.1.

    `charset` as in UidSearch.
    """

    name = b"UID SEARCH"
    states = SELECTED

    program: SearchProgram
    charset: str | None = "UTF-8"

    def arguments(self) -> Iterable[Argument]:
        """RETURN (ALL), then as ever."""
        return (b"RETURN", (SearchReturn.ALL.value,), *search_arguments(self.program, self.charset))

    def claims(self, response: Response) -> bool:
        """Only what names a command; the protocol sees to it that it is this one."""
        return isinstance(response, ESearchData) and response.tag is not None

    def result(self, answer: Answer) -> tuple[UID, ...] | None:
        """Return the hits, ascending; None where the server named no command, so that nobody knows whose they are.

        A server that finds nothing says so by name too. Raises ProtocolError if they are more than any mailbox has.
        """
        if not answer.untagged:
            return None
        return cast("tuple[UID, ...]", _hits(answer))


@value(frozen=True, slots=True)
class Search(Command[tuple[SeqNum, ...]]):
    """Search and answer by sequence numbers. RFC 9051 §6.4.4. `charset` as in UidSearch."""

    name = b"SEARCH"
    states = SELECTED
    flow = Flow.NUMBERED
    answers_unnamed = True

    program: SearchProgram
    charset: str | None = "UTF-8"

    def arguments(self) -> Iterable[Argument]:
        """The charset, if need be, and the program."""
        return search_arguments(self.program, self.charset)

    def claims(self, response: Response) -> bool:
        """The hits."""
        return isinstance(response, SearchData | ESearchData)

    def result(self, answer: Answer) -> tuple[SeqNum, ...]:
        """Return the hits, ascending. Raises ProtocolError if they are more than any mailbox has."""
        return cast("tuple[SeqNum, ...]", _hits(answer))


def _hits(answer: Answer) -> tuple[int, ...]:
    told = [_told(response) for response in answer.untagged]
    if sum(map(len, told)) > MAX_COUNT:
        raise ProtocolError("SEARCH: more hits than a mailbox can have")
    if len(told) == 1 and _ascend(told[0]):
        return tuple(told[0])
    return tuple(sorted(set(chain.from_iterable(told))))


def _ascend(numbers: Collection[int]) -> bool:
    """Whether each is greater than the one before, as nearly every server sends them."""
    return isinstance(numbers, UIDSet | SeqSet) or all(low < high for low, high in pairwise(numbers))


def _told(response: Response) -> Collection[int]:
    match response:
        case SearchData(numbers):
            return numbers
        case ESearchData(all=found) if found is not None:
            if found.open_ended:
                raise ProtocolError("SEARCH: more hits than the server can name")
            return found
        case _:
            return ()
