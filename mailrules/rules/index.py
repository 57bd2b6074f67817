"""Finds the rules that can match a message without visiting the others.

Most rules ask for some word or address. What a rule cannot do without is its guard: a few clues, one of which is in
every message that it matches. A message's addresses and texts are looked up among the clues of all rules together, so
that the cost hardly grows with the number of rules; rules without a guard are always visited. The index may name too
many rules, never too few: the rules themselves decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import re2

if TYPE_CHECKING:
    from mailrules.rules.lookup import Keys
    from mailrules.rules.message import Message
    from mailrules.rules.text import Text

_MEMORY = 32 << 20  # octets, for all expressions on one source; a thousand subjects' words take about one


class Source(Protocol):
    """Where in a message a clue is looked for. Equal sources give equal texts."""

    def texts(self, message: Message) -> Iterable[Text]:
        """Give the texts."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A clue: one of the source's texts is this one."""

    source: Source
    exact: bool
    """Whether the texts are looked at as they are, or folded."""
    text: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A clue: this RE2 expression is found in one of the source's texts."""

    source: Source
    exact: bool
    regex: str


@dataclass(frozen=True, slots=True)
class Member:
    """A clue: one of the source's texts is in a lookup table."""

    source: Source
    exact: bool
    keys: Keys


Clue = Whole | Member | Expression
Guard = tuple[Clue, ...]


def best_guard(guards: Iterable[Guard | None]) -> Guard | None:
    """Choose among guards that must all be met: look-ups before expressions, few before many."""
    known = [guard for guard in guards if guard is not None]
    return min(known, key=lambda guard: (any(isinstance(clue, Expression) for clue in guard), len(guard)), default=None)


def joint_guard(guards: Iterable[Guard | None]) -> Guard | None:
    """Join guards one of which must be met; there is none if something can do without."""
    clues: list[Clue] = []
    for guard in guards:
        if guard is None:
            return None
        clues += guard
    return tuple(clues)


class Index:
    """The clues of many rules; a rule is known by its position."""

    def __init__(self, guards: Sequence[Guard | None]) -> None:
        shelves: dict[tuple[Source, bool], _Shelf] = {}
        unguarded: set[int] = set()
        shared: dict[int, list[int]] = {}  # by the guard itself: rules that name one condition have the same
        for position, guard in enumerate(guards):
            if guard is None:
                unguarded.add(position)
            elif id(guard) in shared:
                shared[id(guard)].append(position)
            else:
                positions = shared[id(guard)] = [position]
                for clue in guard:
                    shelves.setdefault((clue.source, clue.exact), _Shelf(clue.source, clue.exact)).put(clue, positions)
        self._shelves = tuple(shelves.values())
        for shelf in self._shelves:
            unguarded |= shelf.close()
        self._unguarded = tuple(sorted(unguarded))

    def candidates(self, message: Message) -> Sequence[int]:
        """Give the positions of the rules to be visited, ascending."""
        found: set[int] = set()
        for shelf in self._shelves:
            shelf.look_up(message, found)
        return sorted(found.union(self._unguarded)) if found else self._unguarded


_Positions = list[int]


class _Shelf:
    """The clues on one source."""

    def __init__(self, source: Source, exact: bool) -> None:  # noqa: FBT001 - a value, looked at below
        self._source = source
        self._exact = exact
        self._wholes: dict[str, list[_Positions]] = {}
        self._members: dict[Keys, list[_Positions]] = {}
        self._expressions: dict[str, list[_Positions]] = {"": []}
        self._set: re2.Set | None = None
        self._positions: tuple[list[_Positions], ...] = ()

    def put(self, clue: Clue, positions: _Positions) -> None:
        """Add a clue of the rules at some positions."""
        match clue:
            case Whole(text=text):
                self._wholes.setdefault(text, []).append(positions)
            case Member(keys=keys):
                self._members.setdefault(keys, []).append(positions)
            case Expression(regex=regex):
                self._expressions.setdefault(regex, []).append(positions)

    def close(self) -> set[int]:
        """Compile the expressions; give the rules that must do without, should they be too much for RE2."""
        if self._expressions == {"": []}:
            return set()
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        options.never_capture = True
        expressions = re2.Set.SearchSet(options)
        try:
            for regex in self._expressions:
                expressions.Add(regex)
            expressions.Compile()
        except re2.error:
            return {position for each in self._expressions.values() for positions in each for position in positions}
        self._set = expressions
        self._positions = tuple(self._expressions.values())
        return set()

    def look_up(self, message: Message, found: set[int]) -> None:
        """Add the positions of the rules that a clue is there for."""
        for text in self._source.texts(message):
            value = text.value if self._exact else text.folded
            if value in self._wholes:
                found.update(*self._wholes[value])
            for keys, positions in self._members.items():
                if value in keys:
                    found.update(*positions)
            if self._set is not None:
                # The first expression is the empty one, which is in every text: without it RE2 ran out of memory,
                # says nothing of it, and everything has to be visited.
                for hit in self._set.Match(value) or range(len(self._positions)):
                    found.update(*self._positions[hit])
