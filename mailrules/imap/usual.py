"""Reads responses that are written like the one before, straight from the octets that have come.

A server writes all its FETCH responses to one command alike, and thousands of EXPUNGEs. How the last one was written is
made into one regular expression, which cuts and reads the next one at once; whatever it does not fit goes the long way,
through `framing` and `parser`, and means the same there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Protocol, cast

from mailrules.imap.dates import USUAL_DATE_TIME, usual_date_time
from mailrules.imap.framing import weight
from mailrules.imap.responses import Expunge, MessageData, Response, SectionData
from mailrules.imap.sections import section_of
from mailrules.imap.uidset import SeqNum
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mailrules.imap.flags import Flags
    from mailrules.imap.framing import Limits

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

_SECTION = -3
"""Where the octets' section stands among the groups up to them."""

_FETCH = re.compile(_START)
_ITEM = re.compile(b"|".join(_ITEMS.values()))
_EXPUNGES = re.compile(rb"(?:\* [1-9]\d{0,9} EXPUNGE\r\n){0,10000}+")
_LONGEST_EXPUNGE = len(b"* 4294967295 EXPUNGE\r\n")
_DIGITS = re.compile(rb"\d+")


@value(frozen=True, slots=True)
class Run:
    """Responses that came one behind the other and are all FETCHes or all EXPUNGEs."""

    responses: Sequence[Response] = ()
    weights: Sequence[int] = ()
    """What each of them takes, as `framing.weight` reckons it."""
    octets: int = 0
    """How long they are together, line ends included."""


_NOTHING = Run()


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
        return _NOTHING if self._last is None else self._last.read(octets, limits)

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
        match = _EXPUNGES.match(octets)
        if not match or not match.end() or limits.line < _LONGEST_EXPUNGE:
            return _NOTHING
        numbers = _DIGITS.findall(octets, 0, match.end())
        each = len(b"*  EXPUNGE")
        weights = [weight(each + len(number), 0) for number in numbers]
        return Run(list(map(Expunge, map(SeqNum, map(int, numbers)))), weights, match.end())


_EXPUNGED = _Expunged()


@lru_cache(maxsize=1024)
def _flags_of(text: bytes) -> Flags:
    return frozenset(flag.decode("utf-8", "backslashreplace") for flag in text.split())


@lru_cache(maxsize=16)
def _origin_of(number: bytes | None) -> int | None:
    return None if number is None else int(number)


_READERS: dict[str, Callable[[bytes], object]] = {
    "seq": int,
    "uid": int,
    "flags": _flags_of,
    "date": usual_date_time,
    "size": int,
    "modseq": int,
    "section": section_of,
    "origin": _origin_of,
}
_ALL = ("seq", "uid", "flags", "date", "size", "envelope", "structure", "modseq")
"""What a message's data are made of, in their order, before the sections; two of them always go the long way."""

_Row = tuple[bytes, ...]
_section_data = cast("Callable[[object, object, bytes], SectionData]", SectionData)
_message_data = cast("Callable[..., MessageData]", MessageData)


class _Fetched:
    """FETCH with these items in this order, of which at most one is a literal."""

    __slots__ = ("_head", "_places", "_tail")

    def __init__(self, head: tuple[str, ...], tail: tuple[str, ...] | None) -> None:
        items = b" ".join(_ITEMS[name] for name in head)
        self._head = re.compile(_START + items + (_END if tail is None else b""))
        self._tail = None if tail is None else re.compile(b"".join(b" " + _ITEMS[name] for name in tail) + _END)
        names = [*self._head.groupindex, *(self._tail.groupindex if self._tail else ())]
        self._places = {name: place for place, name in enumerate(names) if name in _READERS}
        """In which place of a row each value stands."""

    def read(self, octets: bytes | bytearray, limits: Limits) -> Run:
        """Read FETCH responses."""
        rows, literals, ends = self._cut(octets, limits)
        if not rows:
            return _NOTHING
        columns = list(zip(*rows, strict=True))
        said: dict[str, Iterable[object]] = dict.fromkeys((*_ALL, "section", "origin"), repeat(None))
        said |= {name: list(map(_READERS[name], columns[place])) for name, place in self._places.items()}
        sections = zip(map(_section_data, said["section"], said["origin"], literals)) if literals else repeat(())
        lengths = [end - begin - 2 for begin, end in pairwise(ends)]
        flags = cast("Iterable[Flags | None]", said["flags"])
        weights = [weight(length, len(each or ())) for length, each in zip(lengths, flags, strict=False)]
        return Run(list(map(_message_data, *(said[name] for name in _ALL), sections)), weights, ends[-1])

    def _cut(self, octets: bytes | bytearray, limits: Limits) -> tuple[list[_Row], list[bytes], list[int]]:
        """Cut off responses: what the groups match in each, its literal, and where the first begins and each ends."""
        rows: list[_Row] = []
        literals: list[bytes] = []
        ends = [0]
        begin = 0
        match_head, match_tail = self._head.match, self._tail and self._tail.match
        while head := match_head(octets, begin):
            row = head.groups()
            end = head.end()
            length = 0
            if match_tail is not None:
                length = int(row[-1])
                literal = end
                end += length
                tail = match_tail(octets, end)
                if tail is None or length > limits.literal or not limits.literals or section_of(row[_SECTION]) is None:
                    break
                if not rows:
                    octets = bytes(octets)  # a slice of a bytearray would have to be copied once more
                literals.append(bytes(octets[literal:end]))
                end = tail.end()
                row += tail.groups()
            if end - begin - length > limits.line:
                break
            rows.append(row)
            ends.append(end)
            begin = end
        return rows, literals, ends


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
