"""Conditions of which one is enough, put together where they differ in nothing but the values they look for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

Toml = str | int | float | bool | list["Toml"] | dict[str, "Toml"]
Operators = dict[str, Toml]

_OPERATORS: Final = ("is", "contains", "starts_with", "ends_with", "glob", "regex", "matches")
_ADDRESSES: Final = ("from", "to", "cc", "bcc", "sender", "reply_to", "recipient")
_PARTS: Final = ("address", "local", "user", "detail", "domain")
_LISTED: Final = frozenset((*_OPERATORS, *_ADDRESSES, *_PARTS, "flags"))
"""The keys whose values can be lists, of which one value is enough."""


def merged(alternatives: Sequence[Operators]) -> list[Operators]:
    """Put tables together that say the same of the same thing with other values."""
    found: list[Operators] = []
    places: dict[tuple[str, ...], int] = {}
    for table in alternatives:
        path, values = _leaf(table)
        if path and path in places:
            _, present = _leaf(found[places[path]])
            found[places[path]] = _table(path, [*present, *(each for each in values if each not in present)])
            continue
        if path:
            places[path] = len(found)
        found.append(table)
    return found


def _leaf(table: Operators) -> tuple[tuple[str, ...], list[Toml]]:
    """Give the keys that lead to the one list of texts in a table, and the list; nothing if it holds more."""
    path: list[str] = []
    value: Toml = table
    while isinstance(value, dict) and len(value) == 1:
        key, value = next(iter(value.items()))
        path.append(key)
    texts = value if isinstance(value, list) else [value]
    if not path or path[-1] not in _LISTED or not all(isinstance(text, str) for text in texts):
        return (), []
    return tuple(path), [*texts]


def _table(path: Sequence[str], values: list[Toml]) -> Operators:
    table: Toml = values
    for key in reversed(path):
        table = {key: table}
    return table if isinstance(table, dict) else {}
