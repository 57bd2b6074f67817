"""Reads header fields that have parameters (RFC 2045 §5.1, RFC 2183 §2), also as they should not have been written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mailrules.rules.structure import Parameters

MAX_PARAMETERS = 1_000
"""Parameters of one field that are read."""

# Possessive throughout, and every octet is passed once: no value takes more than linear time.
_BEFORE = re.compile(rb"(?:\s++|\((?:[^()\\]++|\\.)*+\))*+", re.DOTALL)
_WORD = re.compile(rb"[^;\s(]*+")
_BETWEEN = re.compile(rb"(?:[;\s]++|\((?:[^()\\]++|\\.)*+\))*+", re.DOTALL)
_NAME = re.compile(rb'([^;=\s"]++)[ \t]*+=[ \t]*+')
# A quoted text that is not closed ends with the field.
_VALUE = re.compile(rb'"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)|([^;]*+)', re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_NEXT = re.compile(rb'(?:"(?:[^"\\]++|\\.)*+"|[^;"]++)*+;', re.DOTALL)
_FILE_NAME = re.compile(r"(?:file)?name\b")


class Described(NamedTuple):
    """The value of a Content-Type or a Content-Disposition."""

    word: str
    """What stands before the first semicolon, in lower case."""
    parameters: Parameters


def parse_described(value: bytes) -> Described:
    """Read an unfolded value; what can't be read as a parameter is passed over."""
    word = _match(_WORD, value, _match(_BEFORE, value, 0).end())
    found: list[tuple[str, bytes]] = []
    place = _match(_BETWEEN, value, word.end()).end()
    while place < len(value) and len(found) < MAX_PARAMETERS:
        name = _NAME.match(value, place)
        if name is not None:
            text = _match(_VALUE, value, name.end())
            found.append((_lower(name[1]), _value(_lower(name[1]), text)))
            place = text.end()
        elif (following := _NEXT.match(value, place)) is not None:
            place = following.end()
        else:
            break
        place = _match(_BETWEEN, value, place).end()
    return Described(_lower(word[0]), tuple(found))


def _value(name: str, text: re.Match[bytes]) -> bytes:
    """Undo quoting. A file's name without its quotes may have blanks in it; behind others that is a comment."""
    quoted: bytes | None = text[1]
    if quoted is not None:
        return _QUOTED_PAIR.sub(rb"\1", quoted)
    plain: bytes = text[2].strip()
    return plain if _FILE_NAME.match(name) else plain.partition(b" ")[0]


def _match(pattern: re.Pattern[bytes], value: bytes, place: int) -> re.Match[bytes]:
    """Match what can be empty, and so matches everywhere."""
    found = pattern.match(value, place)
    if found is None:
        raise AssertionError(f"{pattern.pattern!r} matches the empty text")
    return found


def _lower(octets: bytes) -> str:
    return octets.decode("utf-8", "backslashreplace").lower()
