"""Sets of UIDs and sets of message sequence numbers, as commands name them.

They look alike on the wire ("3:7,9,12:*") but never mean the same, hence two types that do not mix. A set is kept as
ascending ranges that neither touch nor overlap. RFC 9051 §4.1 and §9 (sequence-set).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Generic, NewType, Self, TypeVar, cast

from mailrules.imap.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UID = NewType("UID", int)
"""A message's unique identifier in one mailbox under one UIDVALIDITY. RFC 9051 §2.3.1.1."""

SeqNum = NewType("SeqNum", int)
"""A message's position in the selected mailbox, which changes whenever one before it is expunged. RFC 9051 §2.3.1.2."""

N = TypeVar("N", UID, SeqNum)

LARGEST = (1 << 63) - 1
"""No number of a server is believed beyond this: the RFC stops at 32 bits, some servers at 63."""

STAR = LARGEST + 1
"""Stands for "*", the largest number in use, whatever that is."""

MAX_COUNT = 1_000_000
"""Messages that an answer's sets may be written out into, so that "1:4294967295" does not fill the memory."""

_DIGITS = 19
"""Fewer digits than these always make a number that is small enough."""

_RANGE = re.compile(rb"(\d{1,19}|\*)(?::(\d{1,19}|\*))?")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class NumberSet(Generic[N]):
    """What `UIDSet` and `SeqSet` have in common.

    `ranges` holds (first, last) pairs, both included; `STAR` as the last of the last one means "*".
    """

    ranges: tuple[tuple[int, int], ...]

    def __init__(self, numbers: Iterable[N] = ()) -> None:
        """Make the set of these numbers, in any order. Raises ArgumentError for one that is below 1 or absurd."""
        object.__setattr__(self, "ranges", _ranges_of(numbers))

    @classmethod
    def from_ranges(cls, ranges: Iterable[tuple[int, int]]) -> Self:
        """Make the set of these ranges, in any order and overlapping as they like.

        Either end may come first, since RFC 9051 §9 says of "4:2" that the order does not matter.
        """
        return cls._of(_merged(ranges))

    @classmethod
    def _of(cls, ranges: tuple[tuple[int, int], ...]) -> Self:
        """Make the set of ranges that ascend and neither touch nor overlap."""
        made = cls.__new__(cls)
        object.__setattr__(made, "ranges", ranges)
        return made

    @classmethod
    def all(cls) -> Self:
        """Every message: "1:*"."""
        return cls.from_ranges([(1, STAR)])

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read "3:7,9"; raises ArgumentError if it is anything else. Nothing at all is the empty set."""
        return cls.from_ranges(parse_ranges(raw))

    @property
    def open_ended(self) -> bool:
        """Whether the set ends with "*", so that its size is the server's to know."""
        return bool(self.ranges) and self.ranges[-1][1] == STAR

    @property
    def first(self) -> N | None:
        """The smallest number; None for the empty set and for "*" alone."""
        return cast("N", self.ranges[0][0]) if self.ranges and self.ranges[0][0] != STAR else None

    @property
    def last(self) -> N | None:
        """The largest number; None for the empty set and where it is "*"."""
        return cast("N", self.ranges[-1][1]) if self.ranges and not self.open_ended else None

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __len__(self) -> int:
        self._must_end()
        return sum(last - first + 1 for first, last in self.ranges)

    def __iter__(self) -> Iterator[N]:
        self._must_end()
        numbers = chain.from_iterable(range(first, last + 1) for first, last in self.ranges)
        return cast("Iterator[N]", numbers)

    def __contains__(self, number: object) -> bool:
        """Whether this number is meant. "9:*" does not hold 8 although a server answers it with the last message."""
        return isinstance(number, int) and self.covers(number, number)

    def covers(self, first: int, last: int) -> bool:
        """Whether every number of first:last is meant."""
        place = bisect_right(self.ranges, (first, STAR))
        return place > 0 and last <= self.ranges[place - 1][1]

    def overlap(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Go over the ranges that the set has in common with first:last, ascending."""
        start = max(0, bisect_right(self.ranges, (first, STAR)) - 1)
        for place in range(start, len(self.ranges)):
            low, high = self.ranges[place]
            if low > last:
                return
            if high >= first:
                yield max(low, first), min(high, last)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.encode().decode()!r})"

    def encode(self) -> bytes:
        """Write the set as a command's argument; nothing for the empty set, which no command may carry."""
        return b",".join(_encode_range(first, last) for first, last in self.ranges)

    def chunks(self, octets: int = 7000) -> Iterator[Self]:
        """Split into sets that take at most so many octets each, in ascending order, so that lines stay short.

        Servers close the connection on lines from 8,000 octets up (RFC 7162 §4 allows 8,192).
        """
        taken: list[tuple[int, int]] = []
        room = octets
        for first, last in self.ranges:
            size = len(_encode_range(first, last)) + 1
            if taken and size > room:
                yield self._of(tuple(taken))
                taken, room = [], octets
            taken.append((first, last))
            room -= size
        if taken:
            yield self._of(tuple(taken))

    def _must_end(self) -> None:
        if self.open_ended:
            raise ArgumentError(f"how many messages {self.encode().decode()} means is the server's to know")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class UIDSet(NumberSet[UID]):
    """A set of UIDs: frozen, hashable, iterable in ascending order."""

    @classmethod
    def after(cls, uid: int) -> UIDSet:
        """Every UID beyond `uid`, which may be 0: "uid+1:*"."""
        return cls.from_ranges([(uid + 1, STAR)])


@dataclass(frozen=True, slots=True, init=False, repr=False)
class SeqSet(NumberSet[SeqNum]):
    """A set of message sequence numbers: frozen, hashable, iterable in ascending order."""


def parse_ranges(raw: bytes) -> list[tuple[int, int]]:
    """Read "3:7,9" into ranges as they are listed, unsorted; raises ArgumentError if it is anything else.

    COPYUID needs this order: its two sets correspond number by number (RFC 9051 §7.1).
    """
    ranges: list[tuple[int, int]] = []
    for part in raw.split(b",") if raw else ():
        if part.isdigit() and len(part) < _DIGITS:
            number = int(part)
            ranges.append((number, number))
            continue
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ArgumentError(f"not a set of message numbers: {part[:40]!r}")
        first = _number(match[1])
        ranges.append((first, first if match[2] is None else _number(match[2])))
    return ranges


def _number(digits: bytes) -> int:
    if digits == b"*":
        return STAR
    number = int(digits)
    if number > LARGEST:
        raise ArgumentError(f"not a message number: {number}")
    return number


def _encode_range(first: int, last: int) -> bytes:
    start = b"*" if first == STAR else b"%d" % first
    if first == last:
        return start
    return start + (b":*" if last == STAR else b":%d" % last)


def _ranges_of(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    ascending = sorted(set(numbers))
    if not ascending:
        return ()
    if ascending[0] < 1 or ascending[-1] > LARGEST:
        raise ArgumentError(f"not a message number: {ascending[0] if ascending[0] < 1 else ascending[-1]}")
    gaps = [(left, right) for left, right in pairwise(ascending) if right != left + 1]
    starts = [ascending[0], *(right for _, right in gaps)]
    ends = [*(left for left, _ in gaps), ascending[-1]]
    return tuple(zip(starts, ends, strict=True))


def _merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    low, high = 0, -1  # the range that is being put together
    for first, last in sorted([(first, last) if first <= last else (last, first) for first, last in ranges]):
        if first < 1 or last > STAR:
            raise ArgumentError(f"not a message number: {first if first < 1 else last}")
        # "*" may be any number, so it joins no neighbour that does not itself reach it.
        if first <= high or (first == high + 1 and first != STAR):
            high = max(high, last)
        else:
            if low:
                merged.append((low, high))
            low, high = first, last
    if low:
        merged.append((low, high))
    return tuple(merged)
