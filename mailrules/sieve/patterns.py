"""Sieve's patterns: `:matches` with its escapes, and POSIX regular expressions, as globs and as RE2's dialect."""

from __future__ import annotations

import re
from typing import Literal

import re2

from mailrules.rules.matching import compile_regex
from mailrules.values import value

_SPECIAL = frozenset(r"\.+*?()|[]{}^$")


@value(frozen=True, slots=True)
class Glob:
    """A pattern of `:matches` (RFC 5228 §2.7.1), its escapes read."""

    pieces: tuple[str | Literal["*", "?"], ...]
    """Wildcards, and the literal texts between them, which are marked by a leading ``=``."""

    @classmethod
    def read(cls, pattern: str) -> Glob:
        """Read a pattern; a backslash makes the next character itself."""
        pieces: list[str] = []
        literal = ""
        position = 0
        while position < len(pattern):
            character = pattern[position]
            if character in {"*", "?"}:
                if literal:
                    pieces.append(f"={literal}")
                pieces.append(character)
                literal = ""
            else:
                if character == "\\" and position + 1 < len(pattern):
                    position += 1
                literal += pattern[position]
            position += 1
        if literal:
            pieces.append(f"={literal}")
        return cls(tuple(pieces))

    @property
    def wildcards(self) -> int:
        """How many match variables it has."""
        return sum(piece in {"*", "?"} for piece in self.pieces)

    @property
    def literal(self) -> str:
        """The text that stands for itself, without the wildcards."""
        return "".join(piece[1:] for piece in self.pieces if piece[0] == "=")

    def plain(self) -> tuple[str, str] | None:
        """Give an operator that says the same without wildcards, and its text: ``starts_with``, ``"Re:"``."""
        match self.pieces:
            case ():
                return "is", ""
            case (literal,) if literal[0] == "=":
                return "is", literal[1:]
            case ("*",):
                return "contains", ""
            case ("*", literal) if literal[0] == "=":
                return "ends_with", literal[1:]
            case (literal, "*") if literal[0] == "=":
                return "starts_with", literal[1:]
            case ("*", literal, "*") if literal[0] == "=":
                return "contains", literal[1:]
            case _:
                return None

    def glob(self) -> str | None:
        """Write it as a glob of rules, which know no escapes; None if it has literal wildcards in it."""
        if "*" in self.literal or "?" in self.literal:
            return None
        return "".join(piece if piece in {"*", "?"} else piece[1:] for piece in self.pieces)

    def regex(self) -> str:
        """Write it as a regular expression over the whole text, with a group for each wildcard."""
        groups = {"*": "(.*?)", "?": "(.)"}
        return "^" + "".join(groups.get(piece) or quote(piece[1:]) for piece in self.pieces) + "$"


def quote(text: str) -> str:
    """Write a text as a regular expression that finds it."""
    quoted = "".join(f"\\{each}" if each in _SPECIAL else each for each in text)
    return quoted if quoted.strip() else quoted.replace(" ", r"\x20").replace("\t", r"\x09")


_BRACKETS = re.compile(r"\[(\^?)(\]?(?:\[:[a-z]+:\]|\[\.[^.]*\.\]|\[=[^=]*=\]|[^\]])*)\]")
_WORD_EDGE = re.compile(r"\\[<>]")
_FROM_NONE = re.compile(r"\{,([0-9]+)\}")


def posix_as_re2(pattern: str) -> str | None:
    """Write a POSIX extended regular expression in RE2's dialect; None if RE2 has nothing like it."""
    pieces: list[str] = []
    position = 0
    while position < len(pattern):
        found = _BRACKETS.match(pattern, position) if pattern[position] == "[" else None
        if found:
            pieces.append(f"[{found[1]}{_in_brackets(found[2])}]")
            position = found.end()
        elif pattern[position] == "\\" and position + 1 < len(pattern):
            pair = pattern[position : position + 2]
            pieces.append(r"\b" if _WORD_EDGE.fullmatch(pair) else pair)
            position += 2
        else:
            pieces.append(pattern[position])
            position += 1
    written = _FROM_NONE.sub(r"{0,\1}", "".join(pieces))
    try:
        compile_regex(written)
    except re2.error:
        return None
    return written


def _in_brackets(inside: str) -> str:
    """A backslash in brackets is itself in POSIX, and escapes in RE2; so it does before a first ``]``."""
    escaped = inside.replace("\\", "\\\\")
    return f"\\{escaped}" if escaped.startswith("]") else escaped
