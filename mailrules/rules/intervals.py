"""Finds among many intervals those that a value lies in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from mailrules.rules.clues import Amount

T = TypeVar("T")


class Intervals(Generic[T]):
    """Intervals without their ends, as a segment tree over the places that their limits make of the line.

    A place is a limit itself or what is between two of them. An interval is put at the few nodes that cover its places,
    so that it takes a logarithm of their number to find all those around a value.
    """

    def __init__(self, intervals: Sequence[tuple[Amount | None, Amount | None, T]]) -> None:
        limits = {limit for over, under, _ in intervals for limit in (over, under) if limit is not None}
        self._limits: list[Amount] = sorted(limits)
        self._leaves = 2 * len(self._limits) + 1
        self._nodes: dict[int, list[T]] = {}
        self._every = [each for *_, each in intervals]
        for over, under, each in intervals:
            first = 0 if over is None else self._place(over) + 1
            self._put(first, self._leaves if under is None else self._place(under), each)

    def around(self, value: Amount | None) -> Sequence[T]:
        """Give those that the value lies in; all of them, if it is not known."""
        if value is None:
            return self._every
        found: list[T] = []
        nodes = self._nodes
        node = self._place(value) + self._leaves
        while node:
            if node in nodes:
                found += nodes[node]
            node >>= 1
        return found

    def _place(self, value: Amount) -> int:
        at = bisect_left(self._limits, value)
        return 2 * at + (at < len(self._limits) and self._limits[at] == value)

    def _put(self, first: int, end: int, each: T) -> None:
        first += self._leaves
        end += self._leaves
        while first < end:
            if first & 1:
                self._nodes.setdefault(first, []).append(each)
                first += 1
            if end & 1:
                end -= 1
                self._nodes.setdefault(end, []).append(each)
            first >>= 1
            end >>= 1
