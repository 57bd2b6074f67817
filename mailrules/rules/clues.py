"""What a rule cannot match without, as far as it can be looked up for many rules together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from mailrules.values import value

if TYPE_CHECKING:
    from datetime import timedelta

    from mailrules.rules.lookup import Keys
    from mailrules.rules.message import Message
    from mailrules.rules.pieces import Pieces
    from mailrules.rules.text import Text
    from mailrules.rules.verdict import Facts

    Amount = int | timedelta
    Measure = Callable[[Message, Facts], Amount | None]


class Source(Protocol):
    """Where in a message's header a clue is looked for. Equal sources give equal texts."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The header fields that the texts are read from, and nothing else is, in upper case."""

    def texts(self, message: Message) -> Sequence[Text]:
        """Give the texts."""

    def folded(self, message: Message) -> Sequence[str]:
        """Give them without their case."""


@value(frozen=True, slots=True)
class Whole:
    """One of the source's texts is this one."""

    source: Source
    exact: bool
    """Whether the texts are looked at as they are, or folded."""
    text: str


@value(frozen=True, slots=True)
class Member:
    """One of the source's texts is in a lookup table."""

    source: Source
    exact: bool
    keys: Keys


@value(frozen=True, slots=True)
class Piece:
    """All of these are somewhere in one of the source's texts."""

    source: Source
    exact: bool
    """Whether they are in the text as it stands, case-folded (``str.casefold``), or in the folded text."""
    texts: tuple[str, ...]


@value(frozen=True, slots=True)
class Expression:
    """This RE2 expression is found in one of the source's texts as it stands."""

    source: Source
    regex: str


@value(frozen=True, slots=True)
class Something:
    """The source has a text."""

    source: Source


@value(frozen=True, slots=True)
class Flag:
    """The message has this flag, or nobody knows its flags."""

    key: str


@value(frozen=True, slots=True)
class Within:
    """What is measured is more than `over` and less than `under`, None being no limit; or it is not known."""

    measure: Measure
    over: Amount | None
    under: Amount | None


Clue = Whole | Member | Piece | Expression | Something | Flag | Within
Guard = tuple[Clue, ...]

_RANKS = {Whole: 0, Member: 0, Piece: 1, Flag: 2, Expression: 3, Within: 4, Something: 5}
"""The less, the fewer messages have it for nothing, or the less it costs to look it up."""


def best_guard(guards: Iterable[Guard | None]) -> Guard | None:
    """Choose among guards that must all be met: the one that tells most, few clues before many."""
    known = [guard for guard in guards if guard is not None]
    return min(known, key=lambda guard: (max(_RANKS[type(clue)] for clue in guard), len(guard)), default=None)


def joint_guard(guards: Iterable[Guard | None]) -> Guard | None:
    """Join guards one of which must be met; there is none if something can do without."""
    clues: list[Clue] = []
    for guard in guards:
        if guard is None:
            return None
        clues += guard
    return tuple(clues)


def piece_guard(source: Source, pieces: Pieces | None, *, exact: bool) -> Guard | None:
    """Give the clues of a pattern that has these pieces."""
    if pieces is None:
        return None
    return tuple(Piece(source, exact, tuple(map(str.casefold, texts)) if exact else texts) for texts in pieces)
