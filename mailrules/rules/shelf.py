"""The clues on one part of a header, such as the domain of From, by which the rules that have them are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import re2
from ahocorasick_rs import AhoCorasick

from mailrules.rules.clues import Expression, Member, Piece, Something, Whole

if TYPE_CHECKING:
    from mailrules.rules.clues import Source
    from mailrules.rules.lookup import Keys
    from mailrules.rules.message import Message
    from mailrules.rules.text import Text

Positions = list[int]

_MEMORY = 32 << 20  # octets, for all expressions on one source; a thousand subjects' words take about one
_AT_ONCE = 20_000  # pieces in one automaton: making it stops all threads, for 30 ms with so many


class Shelf:
    """The clues on one source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._folded: dict[str, list[Positions]] = {}
        self._exact: dict[str, list[Positions]] = {}
        self._members: dict[tuple[Keys, bool], list[Positions]] = {}
        self._something: list[Positions] = []
        self._pieces: list[tuple[Piece, Positions]] = []
        self._expressions: dict[str, list[Positions]] = {}
        self._automata: list[_Automaton] = []
        self._set: _ExpressionSet | None = None
        self._casefolds = False
        self._others = False

    def put(self, clue: Whole | Member | Piece | Expression | Something, positions: Positions) -> None:
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
        self._others = bool(self._something or self._exact or self._members or self._expressions)
        if not self._expressions:
            return set()
        try:
            self._set = _ExpressionSet(self._expressions)
        except re2.error:
            return {position for each in self._expressions.values() for positions in each for position in positions}
        return set()

    def look_up(self, message: Message, found: set[int]) -> None:
        """Add the positions of the rules that a clue is there for."""
        texts = self._source.folded(message)
        if not texts:
            return
        folded = self._folded
        if folded:
            for text in texts:
                if text in folded:
                    found.update(*folded[text])
        if self._others:
            found.update(*self._something)
            for each in self._source.texts(message):
                self._look_up_others(each, found)
        if self._automata:
            # Many texts are looked through as one: what is found across their ends is just visited in vain.
            line = texts[0] if len(texts) == 1 else "\n".join(texts)
            if self._casefolds and not line.isascii():
                line = "\n".join([line, *(text.value.casefold() for text in self._source.texts(message))])
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


_Found = tuple[tuple[str, ...], Positions]
"""The other pieces that have to be there as well, and the positions of the rules that are for all of them."""


def _by_piece(clues: Sequence[tuple[Piece, Positions]]) -> dict[str, list[_Found]]:
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

    def __init__(self, expressions: dict[str, list[Positions]]) -> None:
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
