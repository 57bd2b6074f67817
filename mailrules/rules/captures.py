r"""Groups of patterns: what a glob's wildcards and a regular expression's brackets stood for in a text.

They are numbered from 1, 0 is all that the pattern matched; a regular expression's can have names, `(?P<ticket>\d+)`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Protocol

from mailrules.rules import matching
from mailrules.rules.text import flow, fold
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import re2

    from mailrules.rules.text import Text


class Grouping(Protocol):
    """Operators on one text that may have groups."""

    def group(self, text: Text, name: str) -> str | None:
        """Give what a group stood for in a text that the operators hold of; None if it took no part."""


@value(frozen=True, slots=True)
class Captured:
    """A text with the operators that hold of it."""

    text: Text
    operators: Grouping
    show: Callable[[str], str] = str
    """What is done to a group's text, such as making it lower case."""

    def group(self, name: str) -> str | None:
        """Give what a group stood for; None if it took no part."""
        found = self.operators.group(self.text, name)
        return None if found is None else self.show(found)


def captures_of(name: str) -> str:
    """Give the key by which templates look up the groups of a field or a part of one: ``subject``, ``to.detail``."""
    return f"{name.upper()}:"  # no field's own key can have a colon in it


def is_number(name: str) -> bool:
    """Tell whether a group's name is its number."""
    return name.isascii() and name.isdigit()


def regex_has(pattern: str, name: str) -> bool:
    """Tell whether a regular expression has a group, by number or name."""
    expression = _capturing(pattern)
    return int(name) <= expression.groups if is_number(name) else name in expression.groupindex


def glob_has(pattern: str, name: str) -> bool:
    """Tell whether a glob has a wildcard of this number."""
    return is_number(name) and int(name) <= sum(map(pattern.count, "*?"))


def regex_group(patterns: Iterable[str], text: Text, name: str) -> str | None:
    """Give a group of the first of these regular expressions that is found in the text."""
    for pattern in patterns:
        for each in text.spellings:
            found = _capturing(pattern).search(each.value)
            if found is not None:
                which = int(name) if is_number(name) else name
                group: str | None = found.group(which) if regex_has(pattern, name) else None
                return group
    return None


def exact_glob_group(patterns: Sequence[str], text: Text, name: str) -> str | None:
    """Give what a wildcard of the first of these globs that covers the text stood for."""
    for each in text.spellings:
        if (span := _glob_span(patterns, each.value, name)) is not None:
            return each.value[slice(*span)]
    return None


def glob_group(patterns: Sequence[str], text: Text, name: str) -> str | None:
    """Give the same without minding the case, but as the text has it."""
    for each in text.spellings:
        if (span := _glob_span(patterns, each.folded, name)) is not None:
            return _unfolded(each, span)
    return None


def _unfolded(text: Text, span: tuple[int, int]) -> str:
    """Give what a stretch of a folded text is in the text as it stands."""
    pieces = [fold(character) for character in text.value]
    if flow("".join(pieces)) == text.folded:  # as of a body: of each run of white space the first stands for all
        pieces = ["" if before.isspace() and each.isspace() else flow(each) for before, each in pairwise(["", *pieces])]
    if "".join(pieces) != text.folded:  # characters that are composed with others once they are folded
        return text.folded[slice(*span)]
    ends = list(accumulate(map(len, pieces)))
    inside = [at for at, end in enumerate(ends) if end > span[0] and end - len(pieces[at]) < span[1]]
    return text.value[inside[0] : inside[-1] + 1] if inside else ""


def _glob_span(patterns: Sequence[str], text: str, name: str) -> tuple[int, int] | None:
    for pattern in patterns:
        if matching.glob([pattern])(text):
            if not glob_has(pattern, name):
                return None
            found = _capturing(matching.glob_group_expression(pattern, int(name))).search(text)
            span: tuple[int, int] = found.span(min(int(name), 1))
            return span
    return None


@lru_cache(maxsize=256)
def _capturing(pattern: str) -> re2._Regexp:
    return matching.compile_regex(pattern, captures=True)
