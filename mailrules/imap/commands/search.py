"""SEARCH and UID SEARCH: which messages meet a program. RFC 9051 §6.4.4.

What comes back is a pre-selection: many small servers answer some keys wrongly, so nothing is decided without a look
at fetched data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.extensions.esearch import ESearchData
from mailrules.imap.grammar import Argument
from mailrules.imap.responses import Answer, Response, SearchData
from mailrules.imap.search import SearchProgram, search_arguments
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import UID, SeqNum


@dataclass(frozen=True, slots=True)
class UidSearch(Command[tuple[UID, ...]]):
    """Search and answer by UIDs. RFC 9051 §6.4.9.

    `charset` is named where the program has text beyond US-ASCII; it must be None once UTF8=ACCEPT is enabled (RFC
    6855 §3).
    """

    name = b"UID SEARCH"
    states = SELECTED

    program: SearchProgram
    charset: str | None = "UTF-8"

    def arguments(self) -> Iterable[Argument]:
        """The charset, if need be, and the program."""
        return search_arguments(self.program, self.charset)

    def claims(self, response: Response) -> bool:
        """The hits, also in the form that IMAP4rev2 servers always use."""
        return isinstance(response, SearchData | ESearchData)

    def result(self, answer: Answer) -> tuple[UID, ...]:
        """Return the hits, ascending; none also where the server said nothing at all (Hoodiecrow, Twisted)."""
        return tuple(UID(number) for number in _hits(answer))


@dataclass(frozen=True, slots=True)
class Search(Command[tuple[SeqNum, ...]]):
    """Search and answer by sequence numbers. RFC 9051 §6.4.4. `charset` as in UidSearch."""

    name = b"SEARCH"
    states = SELECTED
    flow = Flow.NUMBERED

    program: SearchProgram
    charset: str | None = "UTF-8"

    def arguments(self) -> Iterable[Argument]:
        """The charset, if need be, and the program."""
        return search_arguments(self.program, self.charset)

    def claims(self, response: Response) -> bool:
        """The hits."""
        return isinstance(response, SearchData | ESearchData)

    def result(self, answer: Answer) -> tuple[SeqNum, ...]:
        """Return the hits, ascending."""
        return tuple(SeqNum(number) for number in _hits(answer))


def _hits(answer: Answer) -> list[int]:
    hits: set[int] = set()
    for response in answer.untagged:
        match response:
            case SearchData(numbers):
                hits.update(numbers)
            case ESearchData():
                hits.update(response.listed())
            case _:
                pass
    return sorted(hits)
