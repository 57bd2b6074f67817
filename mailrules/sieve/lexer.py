"""Cuts a script into tokens (RFC 5228 §8.1), in one pass."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from mailrules.sieve.errors import Place, SieveError
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(Enum):
    """What a token is."""

    IDENTIFIER = auto()
    TAG = auto()
    NUMBER = auto()
    STRING = auto()
    SPECIAL = auto()
    END = auto()


@value(frozen=True, slots=True)
class Token:
    """One token: what it says, and where it stands in the text."""

    kind: Kind
    text: str
    """Identifiers and tags in lower case, a tag without its colon; strings as they are meant."""
    place: Place
    start: int
    end: int
    """Offsets in the script, in characters."""
    number: int = 0
    comments: tuple[str, ...] = ()
    """The comments directly before it, without their signs."""


_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|\#(?P<hash>[^\r\n]*)"
    r"|/\*(?P<bracket>.*?)\*/"
    r"|(?P<text>text:)[ \t]*(?:\#[^\r\n]*)?\r?\n"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*+)"'
    r"|(?P<number>[0-9]+)(?P<unit>[KMGkmg]?)(?![A-Za-z0-9_])"
    r"|(?P<tag>:[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<identifier>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<special>[][(){},;])",
    re.DOTALL | re.IGNORECASE,
)
_LINE = re.compile(r"(?P<dots>\.?)(?P<line>[^\n]*)(?P<end>\n|\Z)")
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_UNITS = {"": 0, "k": 10, "m": 20, "g": 30}
_MOST_DIGITS = 15
_UNCLOSED = {
    '"': 'this text is never closed: there is no " at its end',
    "/": "this comment is never closed: there is no */ at its end",
}


def tokens(script: str, file: str) -> Iterator[Token]:
    """Give the tokens of a script, and one `Kind.END` after the last. Raises SieveError."""
    reader = _Reader(script, file)
    while (token := reader.next()) is not None:
        yield token


class _Reader:
    """Where the reading has got to."""

    def __init__(self, script: str, file: str) -> None:
        self._script = script
        self._file = file
        self._position = 0
        self._line = 1
        self._ended = False

    def next(self) -> Token | None:
        """Read up to the end of the next token; None after the end."""
        comments: list[str] = []
        while self._position < len(self._script):
            found = _TOKEN.match(self._script, self._position)
            if found is None:
                raise SieveError(self._place(), self._why())
            place, start = self._place(), self._position
            self._advance(found.end())
            match found.lastgroup:
                case "space":
                    pass
                case "hash" | "bracket":
                    comments.append(found[found.lastgroup].strip())
                case "text":
                    text = self._multi_line(place)
                    return Token(Kind.STRING, text, place, start, self._position, comments=tuple(comments))
                case _:
                    return _token(found, place, start, tuple(comments))
        if self._ended:
            return None
        self._ended = True
        return Token(Kind.END, "", self._place(), self._position, self._position, comments=tuple(comments))

    def _multi_line(self, place: Place) -> str:
        """Read the lines below ``text:`` up to the dot that stands alone (§2.4.2)."""
        lines: list[str] = []
        while self._position < len(self._script):
            found = _LINE.match(self._script, self._position)
            if found is None:
                break
            self._advance(found.end())
            if found["dots"] and not found["line"].rstrip("\r"):
                return "".join(lines)
            lines.append(found["line"] + found["end"])
        raise SieveError(place, "this text is never closed: there is no line with a dot alone at its end")

    def _advance(self, end: int) -> None:
        self._line += self._script.count("\n", self._position, end)
        self._position = end

    def _place(self) -> Place:
        return Place(self._file, self._line)

    def _why(self) -> str:
        character = self._script[self._position]
        following = self._script[self._position : self._position + 2]
        if character == '"' or following == "/*":
            return _UNCLOSED[character]
        if character.isdigit():
            return "this is no number: write digits, and K, M or G behind them if need be"
        return f"{character!r} does not belong here"


def _token(found: re.Match[str], place: Place, start: int, comments: tuple[str, ...]) -> Token:
    kind, text, number = Kind.SPECIAL, found[0], 0
    if found["quoted"] is not None:
        kind, text = Kind.STRING, _PAIR.sub(r"\1", found["quoted"])
    elif found["number"] is not None:
        if len(found["number"]) > _MOST_DIGITS:
            raise SieveError(place, "this number is too large")
        kind, number = Kind.NUMBER, int(found["number"]) << _UNITS[found["unit"].lower()]
    elif found["tag"] is not None:
        kind, text = Kind.TAG, found["tag"][1:].lower()
    elif found["identifier"] is not None:
        kind, text = Kind.IDENTIFIER, found["identifier"].lower()
    return Token(kind, text, place, start, found.end(), number, comments)
