"""Compares texts that are known now, as the server would have compared them when mail came."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from mailrules.rules.matching import compile_regex
from mailrules.sieve.comparison import Comparison
from mailrules.sieve.patterns import Glob, posix_as_re2

_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_DIGITS = re.compile(r"[0-9]+")

_RELATIONS: dict[str, Callable[[object, object], bool]] = {
    "gt": lambda a, b: a > b,  # type: ignore[operator]  # both are texts, or both are numbers
    "ge": lambda a, b: a >= b,  # type: ignore[operator]
    "lt": lambda a, b: a < b,  # type: ignore[operator]
    "le": lambda a, b: a <= b,  # type: ignore[operator]
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
}


def holds(comparison: Comparison, text: str, keys: Iterable[str]) -> bool:
    """Tell whether a text compares with one of the keys."""
    return any(_compares(comparison, text, key) for key in keys)


def groups(comparison: Comparison, text: str, keys: Iterable[str]) -> tuple[str, ...] | None:
    """Give the match variables from the first key that fits; None if none does."""
    for key in keys:
        found = _found(comparison, text, key)
        if found is not None:
            return (found[0], *(group or "" for group in found.groups()))
    return None


def _compares(comparison: Comparison, text: str, key: str) -> bool:
    match comparison.match:
        case "matches" | "regex":
            return _found(comparison, text, key) is not None
        case "contains":
            return _comparable(comparison, key) in _comparable(comparison, text)
        case "is":
            return _value(comparison, text) == _value(comparison, key)
        case _:
            return _RELATIONS[comparison.relation](_value(comparison, text), _value(comparison, key))


def _found(comparison: Comparison, text: str, key: str) -> re.Match[str] | None:
    regex = posix_as_re2(key) if comparison.match == "regex" else Glob.read(key).regex()
    if regex is None:
        return None
    flags = "(?s)" if comparison.exact else "(?si)"
    found: re.Match[str] | None = compile_regex(flags + regex, captures=True).search(text)
    return found


def _comparable(comparison: Comparison, text: str) -> str:
    return text if comparison.exact else text.translate(_ASCII_LOWER)


def _value(comparison: Comparison, text: str) -> object:
    if not comparison.numeric:
        return _comparable(comparison, text)
    digits = _DIGITS.match(text)
    return int(digits[0]) if digits else float("inf")
