"""Finds the rules that can match a message without visiting the others.

Most rules ask for some word, address, flag or size. What a rule cannot do without is its guard: a few clues, one of
which is in every message that it matches or leaves open. A message's texts, flags and measures are looked up among the
clues of all rules together, so that the cost hardly grows with the number of rules; rules without a guard are always
visited. The index may name too many rules, never too few: the rules themselves decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import re2
from ahocorasick_rs import AhoCorasick

from mailrules.rules.clues import Expression, Flag, Member, Piece, Something, Source, Whole, Within
from mailrules.rules.intervals import Intervals

if TYPE_CHECKING:
    from mailrules.rules.clues import Guard, Measure
    from mailrules.rules.lookup import Keys
    from mailrules.rules.message import Message
    from mailrules.rules.text import Text
    from mailrules.rules.verdict import Facts

_MEMORY = 32 << 20  # octets, for all expressions on one source; a thousand subjects' words take about one
_AT_ONCE = 20_000  # pieces in one automaton: making it stops all threads, for 30 ms with so many

_Positions = list[int]


class Index:
    """The clues of many rules; a rule is known by its position."""

    def __init__(self, guards: Sequence[Guard | None]) -> None:
        self._flags: dict[str, list[_Positions]] = {}
        self._unguarded: set[int] = set()
        shelves: dict[Source, _Shelf] = {}
        measures: dict[Measure, list[tuple[Within, _Positions]]] = {}
        shared: dict[int, _Positions] = {}  # by the guard itself: rules that name one condition have the same
        for position, guard in enumerate(guards):
            if guard is None:
                self._unguarded.add(position)
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
                            shelves.setdefault(clue.source, _Shelf(clue.source)).put(clue, positions)
        self._shelves = tuple(shelves.values())
        self._measures = tuple((measure, _intervals(clues)) for measure, clues in measures.items())
        for shelf in self._shelves:
            self._unguarded |= shelf.close()

    def candidates(self, message: Message, facts: Facts) -> Sequence[int]:
        """Give the positions of the rules to be visited, ascending."""
        found = self._unguarded.copy()
        for shelf in self._shelves:
            shelf.look_up(message, found)
        for measure, intervals in self._measures:
            found.update(*intervals.around(measure(message, facts)))
        if self._flags:
            flags = message.flag_keys
            for flag in self._flags if flags is None else flags:
                found.update(*self._flags.get(flag, ()))
        return sorted(found) if found else ()


def _intervals(clues: Iterable[tuple[Within, _Positions]]) -> Intervals[_Positions]:
    return Intervals([(clue.over, clue.under, positions) for clue, positions in clues])


class _Shelf:
    """The clues on one source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._folded: dict[str, list[_Positions]] = {}
        self._exact: dict[str, list[_Positions]] = {}
        self._members: dict[tuple[Keys, bool], list[_Positions]] = {}
        self._something: list[_Positions] = []
        self._pieces: list[tuple[Piece, _Positions]] = []
        self._expressions: dict[str, list[_Positions]] = {}
        self._automata: list[_Automaton] = []
        self._set: _ExpressionSet | None = None
        self._casefolds = False
        self._others = False

    def put(self, clue: Whole | Member | Piece | Expression | Something, positions: _Positions) -> None:
        """Add a clue of the rules at some positions."""
        match clue:
            case Whole(exact=exact, text=text):
                (self._exact if exact else self._folded).setdefault(text, []).append(positions)
            case Member(exact=exact, keys=keys):
                self._members.setdefault((keys, exact), []).append(positions)
            case Piece():
                self._pieces.append((clue, positions))
            case Expression(regex=regex):
                self._expressions.setdefault(regex, []).append(positions)
            case Something():
                self._something.append(positions)

    def close(self) -> set[int]:
        """Make what looks for many at once; give the rules that must do without, should they be too much for RE2."""
        self._casefolds = any(piece.exact for piece, _ in self._pieces)
        pieces = _by_piece(self._pieces)
        self._pieces = []
        keys = list(pieces)
        batches = (keys[begin : begin + _AT_ONCE] for begin in range(0, len(keys), _AT_ONCE))
        self._automata = [_Automaton([(key, pieces[key]) for key in batch]) for batch in batches]
        self._others = bool(self._exact or self._members or self._expressions)
        if not self._expressions:
            return set()
        try:
            self._set = _ExpressionSet(self._expressions)
        except re2.error:
            return {position for each in self._expressions.values() for positions in each for position in positions}
        return set()

    def look_up(self, message: Message, found: set[int]) -> None:
        """Add the positions of the rules that a clue is there for."""
        texts = self._source.texts(message)
        if not texts:
            return
        if self._something:
            found.update(*self._something)
        folded = self._folded
        for text in texts:
            if text.folded in folded:
                found.update(*folded[text.folded])
        if self._others:
            for text in texts:
                self._look_up_others(text, found)
        if self._automata:
            # Many texts are looked through as one: what is found across their ends is just visited in vain.
            line = texts[0].folded if len(texts) == 1 else "\n".join([text.folded for text in texts])
            if self._casefolds and not line.isascii():
                line = "\n".join([line, *(text.value.casefold() for text in texts)])
            for automaton in self._automata:
                automaton.look_up(line, found)

    def _look_up_others(self, text: Text, found: set[int]) -> None:
        """Look up what few rules have."""
        if text.value in self._exact:
            found.update(*self._exact[text.value])
        for (keys, exact), positions in self._members.items():
            if (text.value if exact else text.folded) in keys:
                found.update(*positions)
        if self._set is not None:
            self._set.look_up(text.value, found)


_Found = tuple[tuple[str, ...], _Positions]
"""The other pieces that have to be there as well, and the positions of the rules that are for all of them."""


def _by_piece(clues: Sequence[tuple[Piece, _Positions]]) -> dict[str, list[_Found]]:
    """Choose of each clue's pieces, all of which must be there, the one to be looked for: that fewest clues have."""
    common = Counter(text for piece, _ in clues for text in piece.texts if len(piece.texts) > 1)
    chosen: dict[str, list[_Found]] = {}
    for piece, positions in clues:
        text = min(piece.texts, key=lambda text: (len(text) < 3, common[text], -len(text)))
        others = tuple([other for other in piece.texts if other != text])
        chosen.setdefault(text, []).append((others, positions))
    return chosen


class _Automaton:
    """Pieces of text that are looked for all at once."""

    def __init__(self, pieces: Sequence[tuple[str, list[_Found]]]) -> None:
        self._automaton = AhoCorasick([text for text, _ in pieces], store_patterns=False)
        self._found = [found for _, found in pieces]

    def look_up(self, line: str, found: set[int]) -> None:
        """Add the positions of the rules whose pieces are there."""
        for hit, _, _ in self._automaton.find_matches_as_indexes(line, overlapping=True):
            for others, positions in self._found[hit]:
                for other in others:
                    if other not in line:
                        break
                else:
                    found.update(positions)


class _ExpressionSet:
    """Expressions that are looked for all at once. The first is the empty one, which is in every text."""

    def __init__(self, expressions: dict[str, list[_Positions]]) -> None:
        """Compile them; raises `re2.error` if they are too much for RE2."""
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        options.never_capture = True
        self._set = re2.Set.SearchSet(options)
        self._set.Add("")
        for regex in expressions:
            self._set.Add(regex)
        self._set.Compile()
        self._positions = ([], *expressions.values())

    def look_up(self, text: str, found: set[int]) -> None:
        """Add the positions of the rules whose expression is found in a text."""
        # Without the empty one RE2 ran out of memory, says nothing of it, and everything has to be visited.
        for hit in self._set.Match(text) or range(len(self._positions)):
            found.update(*self._positions[hit])
