"""Finds the rules that can match a message without visiting the others.

Most rules ask for some word, address, flag or size. What a rule cannot do without is its guard: a few clues, one of
which is in every message that it matches or leaves open. A message's texts, flags and measures are looked up among the
clues of all rules together, so that the cost hardly grows with the number of rules; rules without a guard are always
visited. The index may name too many rules, never too few: the rules themselves decide.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from mailrules.rules.clues import Flag, Source, Within
from mailrules.rules.intervals import Intervals
from mailrules.rules.shelf import Positions, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mailrules.rules.clues import Guard, Measure
    from mailrules.rules.message import Message
    from mailrules.rules.verdict import Facts

_SHORT = 300
"""Characters of a header field that is remembered: mail comes from the same people and lists, over and over."""
_REMEMBERED = 4_096
"""So many of each header field; strangers can push others out, and no more."""
_FEW = 16
"""Rules that a field leads to at most, for it to be remembered."""


class Index:
    """The clues of many rules; a rule is known by its position."""

    def __init__(self, guards: Sequence[Guard | None]) -> None:
        self._flags: dict[str, list[Positions]] = {}
        unguarded: set[int] = set()
        shelves: dict[Source, Shelf] = {}
        measures: dict[Measure, list[tuple[Within, Positions]]] = {}
        shared: dict[int, Positions] = {}  # by the guard itself: rules that name one condition have the same
        for position, guard in enumerate(guards):
            if guard is None:
                unguarded.add(position)
            elif id(guard) in shared:
                shared[id(guard)].append(position)
            else:
                positions = shared[id(guard)] = [position]
                for clue in guard:
                    match clue:
                        case Flag(key=key):
                            self._flags.setdefault(key, []).append(positions)
                        case Within(measure=measure):
                            measures.setdefault(measure, []).append((clue, positions))
                        case _:
                            shelves.setdefault(clue.source, Shelf(clue.source)).put(clue, positions)
        self._measures = tuple((measure, _intervals(clues)) for measure, clues in measures.items())
        by_headers: dict[tuple[str, ...], list[Shelf]] = {}
        for source, shelf in shelves.items():
            unguarded |= shelf.close()
            by_headers.setdefault(source.headers, []).append(shelf)
        self._bookcases = tuple(_Bookcase(headers, each) for headers, each in by_headers.items())
        self._unguarded = tuple(sorted(unguarded))

    def candidates(self, message: Message, facts: Facts) -> Sequence[int]:
        """Give the positions of the rules to be visited, ascending."""
        found = self._unguarded
        for bookcase in self._bookcases:
            positions = bookcase.look_up(message)
            if positions:
                found = (*found, *positions) if found else positions
        for measure, intervals in self._measures:
            around = intervals.around(measure(message, facts))
            if around:
                found = (*found, *chain.from_iterable(around))
        if self._flags:
            flags = message.flag_keys
            met = self._flags if flags is None else self._flags.keys() & flags
            if met:
                found = (*found, *chain.from_iterable(chain.from_iterable(map(self._flags.__getitem__, met))))
        return sorted(set(found)) if len(found) > 1 else found


def _intervals(clues: Iterable[tuple[Within, Positions]]) -> Intervals[Positions]:
    return Intervals([(clue.over, clue.under, positions) for clue, positions in clues])


class _Bookcase:
    """The shelves whose sources read the same header fields."""

    def __init__(self, headers: tuple[str, ...], shelves: Sequence[Shelf]) -> None:
        self._headers = headers
        self._shelves = tuple(shelves)
        self._known: dict[str, tuple[int, ...]] = {}
        """What was found for fields, as they were written, that stood alone."""

    def look_up(self, message: Message) -> tuple[int, ...]:
        """Give the positions of the rules that a clue is there for."""
        written = message.fields.raw(self._headers)
        if not written:
            return ()
        if len(written) > 1 or len(written[0]) > _SHORT:
            return self._find(message)
        found = self._known.get(written[0])
        if found is None:
            found = self._find(message)
            if len(found) <= _FEW:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[written[0]] = found
        return found

    def _find(self, message: Message) -> tuple[int, ...]:
        found: set[int] = set()
        for shelf in self._shelves:
            shelf.look_up(message, found)
        return tuple(found)
