"""Checks a search program against what was fetched of a message: what the server says of it need not be believed.

Some servers find everything, whatever is searched for. Flags, INTERNALDATE and size decide many keys of RFC 9051
§6.4.4 without them; what they leave open is unknown, and stays so through NOT and OR.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mailrules.imap.flags import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, Flags, has_flag
from mailrules.imap.grammar import Argument
from mailrules.imap.search import KEYS, Operand, SearchProgram
from mailrules.imap.searchtext import parse_day
from mailrules.values import value

__all__ = ["Attributes", "meets"]

_SLACK = timedelta(days=1)
"""A day begins at another moment in another zone, and which one SEARCH counts in is the server's own affair."""
_FLAGS = {"ANSWERED": ANSWERED, "DELETED": DELETED, "DRAFT": DRAFT, "FLAGGED": FLAGGED, "SEEN": SEEN}


@value(frozen=True, slots=True)
class Attributes:
    """What was fetched of a message; None is what the server did not tell."""

    flags: Flags | None = None
    internaldate: datetime | None = None
    size: int | None = None
    """RFC822.SIZE, in octets."""


def meets(program: SearchProgram, attributes: Attributes) -> bool | None:
    """Tell whether a message meets the program; None where its attributes do not decide that."""
    return _all(_Words(words, attributes).all() for words in program.keys)


class _Words:
    """Reads words from left to right; keys stand before their operands, often without parentheses."""

    def __init__(self, words: Sequence[Argument], attributes: Attributes) -> None:
        self._words = words
        self._next = 0
        self._attributes = attributes

    def all(self) -> bool | None:
        """Decide the keys that are left: all of them must hold."""
        found: list[bool | None] = []
        while self._next < len(self._words):
            found.append(self._key())
        return _all(found)

    def _take(self) -> Argument:
        word = self._words[self._next]
        self._next += 1
        return word

    def _key(self) -> bool | None:
        word = self._take()
        if isinstance(word, tuple):
            return _Words(word, self._attributes).all()
        name = _text(word)
        operands = [
            self._key() if operand is Operand.PROGRAM else _text(self._take()) for operand in KEYS.get(name, ())
        ]
        truths = [operand for operand in operands if not isinstance(operand, str)]
        match name, truths:
            case "NOT", [one]:
                return None if one is None else not one
            case "OR", [one, other]:
                return _any([one, other])
        return _plain(name, [operand for operand in operands if isinstance(operand, str)], self._attributes)


def _text(word: Argument) -> str:
    """Read a word that the keys here may have; a literal, as for text beyond US-ASCII, is none of them."""
    return word.decode() if isinstance(word, bytes) else ""


def _plain(name: str, operands: Sequence[str], of: Attributes) -> bool | None:
    match name, operands:
        case "ALL", []:
            return True
        case (("KEYWORD" | "UNKEYWORD"), [keyword]):
            return None if of.flags is None else has_flag(of.flags, keyword) is (name == "KEYWORD")
        case "LARGER", [octets]:
            return None if of.size is None else of.size > int(octets)
        case "SMALLER", [octets]:
            return None if of.size is None else of.size < int(octets)
        case (("BEFORE" | "ON" | "SINCE"), [day]):
            return None if of.internaldate is None else _dated(name, day, of.internaldate)
    plain = name.removeprefix("UN")
    if plain not in _FLAGS or of.flags is None:
        return None
    return has_flag(of.flags, _FLAGS[plain]) is (plain == name)


def _dated(name: str, day: str, moment: datetime) -> bool | None:
    away = moment.date() - parse_day(day)
    if name == "ON":
        return False if abs(away) > _SLACK else None
    if -_SLACK <= away < _SLACK:
        return None
    return (away < timedelta()) is (name == "BEFORE")


def _all(found: Iterable[bool | None]) -> bool | None:
    truths = set(found)
    if False in truths:
        return False
    return None if None in truths else True


def _any(found: Iterable[bool | None]) -> bool | None:
    truths = set(found)
    if True in truths:
        return True
    return None if None in truths else False
