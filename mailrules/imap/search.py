"""What to search for: a program of search keys, put together in Python.

``key("FROM", "ann") & ~key("SEEN")`` is a program; `searchtext` reads one from a person's text. A program is a value:
it can be checked when the rules are loaded and sent later. RFC 9051 §6.4.4, and the three keys that only RFC 3501
§6.4.4 has (NEW, OLD, RECENT).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from mailrules.imap import grammar
from mailrules.imap.errors import ArgumentError
from mailrules.imap.grammar import Argument, Literal
from mailrules.imap.uidset import SeqSet, UIDSet
from mailrules.values import value


class Operand(Enum):
    """What a search key wants behind it; the value is what people call that."""

    TEXT = "a text"
    FIELD = "the name of a header field"
    KEYWORD = "a keyword"
    DATE = "a date such as 1-Feb-1994"
    SIZE = "a number of octets"
    PROGRAM = "another search key"


_PLAIN = "ALL ANSWERED DELETED DRAFT FLAGGED SEEN NEW OLD RECENT UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNSEEN"

_KEYS: dict[str, tuple[Operand, ...]] = (
    dict.fromkeys(_PLAIN.split(), ())
    | dict.fromkeys(("BCC", "BODY", "CC", "FROM", "SUBJECT", "TEXT", "TO"), (Operand.TEXT,))
    | dict.fromkeys(("BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE"), (Operand.DATE,))
    | dict.fromkeys(("LARGER", "SMALLER"), (Operand.SIZE,))
    | dict.fromkeys(("KEYWORD", "UNKEYWORD"), (Operand.KEYWORD,))
    | {
        "HEADER": (Operand.FIELD, Operand.TEXT),
        "NOT": (Operand.PROGRAM,),
        "OR": (Operand.PROGRAM, Operand.PROGRAM),
    }
)
_OF_EXTENSIONS: dict[str, str] = {}

KEYS: Mapping[str, tuple[Operand, ...]] = MappingProxyType(_KEYS)
"""The search keys with what each wants. Sets are made by `uid` and `sequence`."""


def extension_key(name: str, operands: tuple[Operand, ...], capability: str) -> None:
    """Add an extension's search key; servers without the capability do not know it."""
    _KEYS[name] = operands
    _OF_EXTENSIONS[name] = capability


Words: TypeAlias = tuple[Argument, ...]


@value(frozen=True, slots=True)
class SearchProgram:
    """Search keys that must all hold, each as its words are written."""

    keys: tuple[Words, ...]
    capabilities: frozenset[str] = frozenset()
    """What the server must be able to do, beyond the base protocol."""

    @property
    def words(self) -> Words:
        """The whole program as arguments of SEARCH."""
        return tuple(word for words in self.keys for word in words)

    @property
    def needs_charset(self) -> bool:
        """Whether there is text beyond US-ASCII, so that SEARCH must name the charset."""
        return _has_literal(self.words)

    @property
    def as_one_key(self) -> Words:
        """The program as NOT and OR want it: in parentheses only where needed, which Hoodiecrow does not know in OR."""
        return self.keys[0] if len(self.keys) == 1 else (self.words,)

    def __and__(self, other: SearchProgram) -> SearchProgram:
        """Both hold."""
        return SearchProgram(self.keys + other.keys, self.capabilities | other.capabilities)

    def __or__(self, other: SearchProgram) -> SearchProgram:
        """At least one of both holds."""
        return key("OR", self, other)

    def __invert__(self) -> SearchProgram:
        """The program does not hold."""
        return key("NOT", self)


def key(name: str, *operands: str | int | date | SearchProgram) -> SearchProgram:
    """Make the search key of this name, in any case.

    Raises ArgumentError for an unknown name, for operands that are not those of KEYS, and for values that cannot be
    sent.
    """
    wanted = KEYS.get(name.upper())
    if wanted is None:
        raise ArgumentError("search: no such key")
    if len(wanted) != len(operands):
        raise ArgumentError(f"search: {name.upper()} wants {len(wanted)} operands, not {len(operands)}")
    words: list[Argument] = [name.upper().encode()]
    for operand, given in zip(wanted, operands, strict=True):
        words.extend(_written(operand, given))
    inner = [operand.capabilities for operand in operands if isinstance(operand, SearchProgram)]
    own = {_OF_EXTENSIONS[name.upper()]} if name.upper() in _OF_EXTENSIONS else frozenset[str]()
    return SearchProgram((tuple(words),), frozenset(own).union(*inner))


def uid(uids: UIDSet) -> SearchProgram:
    """Make the key that these messages meet. Raises ArgumentError for an empty set."""
    return SearchProgram(((b"UID", grammar.sequence_set(uids)),))


def sequence(numbers: SeqSet) -> SearchProgram:
    """Make the key that the messages with these sequence numbers meet. Raises ArgumentError for an empty set."""
    return SearchProgram(((grammar.sequence_set(numbers),),))


def _written(operand: Operand, value: str | int | date | SearchProgram) -> Words:
    match operand, value:
        case Operand.TEXT, str():
            return (grammar.astring(value),)
        case Operand.FIELD, str():
            return (grammar.field_name(value),)
        case Operand.KEYWORD, str():
            return (grammar.keyword(value),)
        case Operand.DATE, date():
            return (grammar.search_date(value),)
        case Operand.SIZE, int():
            return (grammar.number(value, "size"),)
        case Operand.PROGRAM, SearchProgram():
            return value.as_one_key
        case _:
            raise ArgumentError(f"search: {operand.value} is wanted")


def _has_literal(words: Iterable[Argument]) -> bool:
    return any(_has_literal(word) if isinstance(word, tuple) else isinstance(word, Literal) for word in words)


def search_arguments(program: SearchProgram, charset: str | None) -> Iterator[Argument]:
    """Write a program behind SEARCH, with its charset only where there is text beyond US-ASCII (RFC 9051 §6.4.4)."""
    if charset is not None and program.needs_charset:
        yield b"CHARSET"
        yield grammar.astring(charset)
    yield from program.words
