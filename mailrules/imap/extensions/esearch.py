"""ESEARCH, RFC 4731: asking a search for its count or its ends only, and getting the hits as a set."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.cursor import Cursor
from mailrules.imap.grammar import Argument
from mailrules.imap.registry import untagged
from mailrules.imap.responses import Answer, Response
from mailrules.imap.search import SearchProgram, search_arguments
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import SeqSet, UIDSet
from mailrules.values import value


class SearchReturn(Enum):
    """What to tell of the hits. RFC 4731 §3.1."""

    MIN = b"MIN"
    MAX = b"MAX"
    ALL = b"ALL"
    COUNT = b"COUNT"


@value(frozen=True, slots=True)
class ESearchData(Response):
    """The answer to a search: `tag` names its command, numbers are UIDs if `uid`; None where nothing was said.

    Without a hit there is neither MIN, MAX nor ALL (RFC 4731 §3.1). Look at the length of `all` before going over it: a
    few octets can name four billion messages.
    """

    tag: bytes | None = None
    uid: bool = False
    minimum: int | None = None
    maximum: int | None = None
    all: UIDSet | SeqSet | None = None
    count: int | None = None
    modseq: int | None = None


@value(frozen=True, slots=True)
class ExtendedSearch(Command[ESearchData]):
    """Search and be told only what is wanted of the hits, by sequence numbers. RFC 4731 §3. `charset`: as UidSearch."""

    name = b"SEARCH"
    states = SELECTED
    flow = Flow.NUMBERED

    program: SearchProgram
    returns: tuple[SearchReturn, ...]
    charset: str | None = "UTF-8"

    def arguments(self) -> Iterable[Argument]:
        """RETURN with its options, charset, program. No option means ALL (RFC 4731 §3.1)."""
        yield b"RETURN"
        yield tuple(option.value for option in self.returns)
        yield from search_arguments(self.program, self.charset)

    def claims(self, response: Response) -> bool:
        """The answer."""
        return isinstance(response, ESearchData)

    def result(self, answer: Answer) -> ESearchData:
        """Return the answer; one without a word if the server gave none."""
        found = [data for data in answer.untagged if isinstance(data, ESearchData)]
        return found[-1] if found else ESearchData()


@value(frozen=True, slots=True)
class UidExtendedSearch(ExtendedSearch):
    """The same by UIDs. RFC 4731 §3.2."""

    name = b"UID SEARCH"
    flow = Flow.PIPELINED


@untagged(b"ESEARCH")
def esearch_data(cursor: Cursor) -> ESearchData:
    """esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)."""
    tag = _correlator(cursor)
    uid = False
    said: dict[str, int] = {}
    hits: UIDSet | None = None
    while not cursor.at_end:
        match cursor.word():
            case "UID":
                uid = True
            case "ALL":
                cursor.sp()
                hits = cursor.uid_set()
            case "MIN" | "MAX" | "COUNT" | "MODSEQ" as name:
                cursor.sp()
                said[name] = cursor.number()
            case _:
                cursor.sp()
                cursor.skip_value()
        cursor.skip_spaces()
    found = hits if uid or hits is None else SeqSet.from_ranges(hits.ranges)
    return ESearchData(tag, uid, said.get("MIN"), said.get("MAX"), found, said.get("COUNT"), said.get("MODSEQ"))


def _correlator(cursor: Cursor) -> bytes | None:
    if cursor.peek() != b"(":
        return None
    cursor.open()
    cursor.word()
    cursor.sp()
    tag = cursor.astring()
    cursor.close()
    cursor.skip_spaces()
    return tag
