"""Reads responses that are written like the one before, straight from the octets that have come.

A server writes all its FETCH responses to one command alike, and thousands of EXPUNGEs. How the last one was written is
made into one regular expression, which cuts and reads the next one at once; whatever it does not fit goes the long way,
through `framing` and `parser`, and means the same there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol, cast

from mailrules.imap.dates import USUAL_DATE_TIME, usual_date_time
from mailrules.imap.responses import Expunge, MessageData, Response, SectionData
from mailrules.imap.sections import section_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailrules.imap.flags import Flags
    from mailrules.imap.framing import Limits
    from mailrules.imap.uidset import UID, SeqNum

MAX_SHAPES = 8
"""So many ways of writing are learnt of one server: each costs as much as a hundred responses."""

_START = rb"\* (?P<seq>[1-9]\d{0,9}) FETCH \("
# Flags and sections are remembered, so that long ones, of which a server could send any number, go the long way.
_ITEMS = {
    "uid": rb"UID (?P<uid>[1-9]\d{0,9})",
    "flags": rb'FLAGS \((?P<flags>[^\x00-\x1f()"{\x7f]{0,500}+)\)',
    "date": rb'INTERNALDATE "(?P<date>' + USUAL_DATE_TIME + rb')"',
    "size": rb"RFC822\.SIZE (?P<size>\d{1,18})",
    "modseq": rb"MODSEQ \((?P<modseq>\d{1,18})\)",
    "octets": rb'BODY(?P<section>\[[^\]"{\r\n]{0,2000}+\])(?:<(?P<origin>\d{1,18})>)? \{(?P<octets>\d{1,18})\}\r\n',
}
_END = rb"\)\r\n"
_FIELDS = ("seq", "uid", "flags", "date", "size", "modseq", "section", "origin")

_seqnum = cast("Callable[[bytes], SeqNum]", int)
_uid = cast("Callable[[bytes], UID]", int)

_FETCH = re.compile(_START)
_ITEM = re.compile(b"|".join(_ITEMS.values()))
_EXPUNGE = re.compile(rb"\* ([1-9]\d{0,9}) EXPUNGE\r\n")


Run = tuple[list[tuple[Response, int]], int]
"""Responses, each with its octets without its line end, and where the last one's line ends."""


class _Shape(Protocol):
    """One way of writing a response."""

    def read(self, octets: bytes | bytearray, limits: Limits) -> Run:
        """Read the responses of this shape with which the octets begin."""


class Usual:
    """Knows how one server writes: `read` tries what `learn` has seen last."""

    __slots__ = ("_last", "_shapes")

    def __init__(self) -> None:
        self._last: _Shape | None = None
        self._shapes: dict[tuple[str, ...], _Shape | None] = {}

    def read(self, octets: bytes | bytearray, limits: Limits) -> Run:
        """Read the responses with which the octets begin.

        The first that is not all there, not written like the last one, or more than the limits allow ends the run.
        """
        return ([], 0) if self._last is None else self._last.read(octets, limits)

    def learn(self, raw: bytes, response: Response) -> None:
        """Take note of how a response was written that has been read the long way."""
        match response:
            case Expunge():
                self._last = _EXPUNGED
            case MessageData():
                order = _order(raw)
                if order not in self._shapes and len(self._shapes) < MAX_SHAPES:
                    self._shapes[order] = _shape(order)
                self._last = self._shapes.get(order)
            case _:
                pass


class _Expunged:
    """How every server writes EXPUNGE."""

    def read(self, octets: bytes | bytearray, limits: Limits) -> Run:
        """Read EXPUNGEs."""
        found: list[tuple[Response, int]] = []
        end = 0
        while (match := _EXPUNGE.match(octets, end)) and match.end() - end <= limits.line:
            found.append((Expunge(_seqnum(match[1])), match.end() - end - 2))
            end = match.end()
        return found, end


_EXPUNGED = _Expunged()


class _Fetched:
    """FETCH with these items in this order, of which at most one is a literal."""

    __slots__ = ("_fields", "_head", "_tail")

    def __init__(self, head: tuple[str, ...], tail: tuple[str, ...] | None) -> None:
        items = b" ".join(_ITEMS[name] for name in head)
        self._head = re.compile(_START + items + (_END if tail is None else b""))
        self._tail: re.Pattern[bytes] | None = None
        names = {name: place - 1 for name, place in self._head.groupindex.items()}
        if tail is not None:
            self._tail = re.compile(b"".join(b" " + _ITEMS[name] for name in tail) + _END)
            names |= {name: self._head.groups + place - 1 for name, place in self._tail.groupindex.items()}
        self._fields: Callable[[tuple[bytes | None, ...]], tuple[bytes | None, ...]]
        self._fields = itemgetter(*(names.get(name, -1) for name in _FIELDS))

    def read(self, octets: bytes | bytearray, limits: Limits) -> Run:
        """Read FETCH responses."""
        found: list[tuple[Response, int]] = []
        begin = 0
        match_head, match_tail, fields_of = self._head.match, self._tail and self._tail.match, self._fields
        while head := match_head(octets, begin):
            fields = head.groups()
            end = head.end()
            length = 0
            sections: tuple[SectionData, ...] = ()
            if match_tail is not None:
                length = int(fields[-1])
                literal = end
                end += length
                tail = match_tail(octets, end)
                if tail is None or length > limits.literal or not limits.literals:
                    break
                data = bytes(octets[literal:end])
                end = tail.end()
                fields += tail.groups()
            if end - begin - length > limits.line:
                break
            seq, uid, flags, date, size, modseq, name, origin = fields_of((*fields, None))
            if name:
                section = section_of(name)
                if section is None:
                    break
                sections = (SectionData(section, int(origin) if origin else None, data),)
            message = MessageData(
                _seqnum(seq or b""),
                _uid(uid) if uid else None,
                None if flags is None else _flags_of(flags),
                usual_date_time(date) if date else None,
                int(size) if size else None,
                None,
                None,
                int(modseq) if modseq else None,
                sections,
            )
            found.append((message, end - begin - 2))
            begin = end
        return found, begin


@lru_cache(maxsize=64)
def _shape(order: tuple[str, ...]) -> _Shape | None:
    if not order or len(set(order)) < len(order):
        return None
    if "octets" not in order:
        return _Fetched(order, None)
    literal = order.index("octets") + 1
    return _Fetched(order[:literal], order[literal:])


def _order(raw: bytes) -> tuple[str, ...]:
    """Tell in what order a FETCH response has its items; () if anything about it is unusual."""
    start = _FETCH.match(raw)
    position = start.end() if start else len(raw)
    order: list[str] = []
    while match := _ITEM.match(raw, position):
        name = match.lastgroup or ""
        order.append(name)
        position = match.end() + (int(match[name]) if name == "octets" else 0)
        if not raw.startswith(b" ", position) or len(order) > len(_ITEMS):
            break
        position += 1
    return tuple(order) if raw[position:] == b")" else ()


@lru_cache(maxsize=1024)
def _flags_of(text: bytes) -> Flags:
    return frozenset(flag.decode("utf-8", "backslashreplace") for flag in text.split())
