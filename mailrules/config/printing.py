"""Writes tables of rules as a person would: dotted keys, flags in single quotes, one item a line of a long list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time

from mailrules.rules.text import is_unprintable

_WIDTH = 110
_INDENT = "  "
_BARE_KEY = re.compile(r"[A-Za-z0-9_]+")  # TOML allows hyphens too, but header."X-Spam-Flag" is easier to read
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def print_table(key: str, table: Mapping[str, object]) -> str:
    """Write one table of several, ``[[rules]]`` with what belongs to it; what TOML reads from it is the same again."""
    return "\n".join([f"[[{_key(key)}]]", *_lines("", table)])


def _lines(prefix: str, table: Mapping[str, object]) -> Iterator[str]:
    """Write ``key = value``, keys of tables in tables joined by dots."""
    for key, value in table.items():
        name = prefix + _key(key)
        if isinstance(value, Mapping) and value:
            yield from _lines(f"{name}.", value)
        else:
            yield f"{name} = {_value(value, len(name) + 3)}"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _value(value: object, column: int) -> str:
    """Write a value that begins in this column; what gets too long goes over several lines."""
    written = _inline(value)
    if not isinstance(value, list) or not value or (len(value) == 1 and column + len(written) <= _WIDTH):
        return written
    if column + len(written) <= _WIDTH and not any(isinstance(item, Mapping) for item in value):
        return written
    return "\n".join(["[", *(f"{_INDENT}{_inline(item)}," for item in value), "]"])


def _inline(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _long_text(value) if "\n" in value else _text(value)
        case int() | float():
            return repr(value)
        case date() | time():
            return value.isoformat()
        case Mapping():
            return f"{{ {', '.join(_pairs('', value))} }}" if value else "{}"
        case Iterable():
            return f"[{', '.join(map(_inline, value))}]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _pairs(prefix: str, table: Mapping[str, object]) -> Iterator[str]:
    for key, value in table.items():
        name = prefix + _key(key)
        if isinstance(value, Mapping) and value:
            yield from _pairs(f"{name}.", value)
        else:
            yield f"{name} = {_inline(value)}"


def _text(text: str) -> str:
    """Write text in double quotes, in single ones where it has a backslash or a double quote."""
    if ("\\" in text or '"' in text) and "'" not in text and not any(map(is_unprintable, text)):
        return f"'{text}'"
    return f'"{_escaped(text)}"'


def _long_text(text: str) -> str:
    """Write several lines as they are, between three quotes."""
    return '"""\n' + "\n".join(map(_escaped, text.split("\n"))) + '"""'


def _escaped(text: str) -> str:
    return "".join(_escape(each) for each in text)


def _escape(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if not is_unprintable(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
