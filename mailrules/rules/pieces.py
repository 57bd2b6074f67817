"""Finds in a pattern the pieces of text that whatever it matches must have in it.

They can be looked for all at once and quickly, so that a pattern need be tried only where its pieces are. Said is what
is certain: where a pattern has something that is not understood here, or could do without any piece, nothing is said.
"""

from __future__ import annotations

import re
from dataclasses import field

from mailrules.values import value

Pieces = tuple[tuple[str, ...], ...]
"""Alternatives, each with pieces all of which are in what it matches; there is at least one of both."""

_DEPTH = 50
_ENOUGH = 3  # characters: what is shorter is nearly everywhere
_REPEAT = re.compile(r"(?:([*?])|(\+)|\{([0-9]+)(?:,[0-9]*)?\})\??")
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\[\\]|\\.|\[:\^?[a-z]+:\]|\[)*+\]", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:[aAbBCdDfnrsStvwWz]|[pP](?:\{[^{}]*\}|[A-Za-z])|x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})|[0-7]+)"
)
_OPENING = re.compile(r"\((?:\?(?:P?<[^<>]*>|[imsU-]*:))?(?!\?)")
_FLAGS = re.compile(r"\(\?[imsU-]+\)")
_IGNORES_CASE = re.compile(r"\(\?[msU]*i")


def plain_pieces(pattern: str) -> Pieces | None:
    """Give the one piece of a text that stands for itself."""
    return ((pattern,),) if pattern else None


def glob_pieces(pattern: str) -> Pieces | None:
    """Give the pieces of a glob: what stands between its wildcards."""
    pieces = tuple(filter(None, re.split("[*?]", pattern)))
    return (pieces,) if pieces else None


def regex_pieces(pattern: str) -> Pieces | None:
    """Give the pieces of an RE2 expression; they are in the case-folded text (``str.casefold``) of what it matches."""
    try:
        return _Reader(pattern).read()
    except _NotUnderstoodError:
        return None


class _NotUnderstoodError(Exception):
    """There is something in the expression that may mean anything."""


@value(slots=True)
class _Branch:
    """What is between two bars."""

    texts: list[str] = field(default_factory=list)
    choices: list[Pieces] = field(default_factory=list)
    """Of the groups that can't be left out and have no piece in common."""
    run: str = ""
    """The characters that have just come one after the other."""

    def stop(self) -> None:
        """End the run: what comes next need not stand beside it."""
        if self.run:
            self.texts.append(self.run)
        self.run = ""

    def take(self, inner: Pieces | None) -> None:
        """Add what a group must have."""
        if inner is not None and len(inner) == 1:
            self.texts += inner[0]
        elif inner is not None:
            self.choices.append(inner)

    def pieces(self) -> Pieces | None:
        """Give the best of what there is."""
        of_texts: list[Pieces] = [(tuple(self.texts),)] if self.texts else []
        every = of_texts + self.choices
        return next((each for each in every if _shortest(each) >= _ENOUGH), every[0] if every else None)


def _shortest(pieces: Pieces) -> int:
    return min(max(map(len, texts)) for texts in pieces)


class _Reader:
    """Goes over an expression once."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0
        self._ascii_only = _IGNORES_CASE.search(pattern) is not None  # RE2's idea of case is another than Python's

    def read(self) -> Pieces | None:
        pieces = self._alternatives(0)
        if self._place < len(self._pattern):
            raise _NotUnderstoodError
        return pieces

    def _alternatives(self, depth: int) -> Pieces | None:
        if depth > _DEPTH:
            raise _NotUnderstoodError
        branches = [self._branch(depth)]
        while self._pattern.startswith("|", self._place):
            self._place += 1
            branches.append(self._branch(depth))
        found = [each for branch in branches if (each := branch.pieces()) is not None]
        return tuple(texts for each in found for texts in each) if len(found) == len(branches) else None

    def _branch(self, depth: int) -> _Branch:
        branch = _Branch()
        while self._place < len(self._pattern) and self._pattern[self._place] not in "|)":
            self._atom(branch, depth)
        branch.stop()
        return branch

    def _atom(self, branch: _Branch, depth: int) -> None:
        character = self._pattern[self._place]
        if character == "(":
            self._group(branch, depth)
        elif character == "[":
            self._pass(_CLASS)
            self._wildcard(branch)
        elif character in ".^$":
            self._place += 1
            self._wildcard(branch)
        elif character == "\\" and not self._is_plain_escape():
            self._pass(_ESCAPE)
            self._wildcard(branch)
        else:
            self._place += 2 if character == "\\" else 1
            self._literal(branch, self._pattern[self._place - 1])

    def _group(self, branch: _Branch, depth: int) -> None:
        branch.stop()
        if self._skip(_FLAGS):
            if _REPEAT.match(self._pattern, self._place):  # of what stands before the flags
                raise _NotUnderstoodError
            return
        self._pass(_OPENING)
        inner = self._alternatives(depth + 1)
        if not self._pattern.startswith(")", self._place):
            raise _NotUnderstoodError
        self._place += 1
        if self._is_there(self._repeat()):
            branch.take(inner)

    def _wildcard(self, branch: _Branch) -> None:
        branch.stop()
        self._repeat()

    def _literal(self, branch: _Branch, character: str) -> None:
        if self._ascii_only and not character.isascii():
            self._wildcard(branch)
            return
        repeat = self._repeat()
        if self._is_there(repeat):
            branch.run += character.casefold()
        if repeat is not None:
            branch.stop()

    def _is_plain_escape(self) -> bool:
        """Tell a backslash before punctuation, which stands for itself."""
        after = self._pattern[self._place + 1 : self._place + 2]
        return after.isascii() and after.isprintable() and after != "" and not after.isalnum()

    def _repeat(self) -> re.Match[str] | None:
        repeat = _REPEAT.match(self._pattern, self._place)
        if repeat is not None:
            self._place = repeat.end()
            if _REPEAT.match(self._pattern, self._place):
                raise _NotUnderstoodError
        return repeat

    @staticmethod
    def _is_there(repeat: re.Match[str] | None) -> bool:
        """Tell whether what is repeated has to be there once at least."""
        return repeat is None or repeat[2] is not None or (repeat[3] is not None and int(repeat[3]) > 0)

    def _skip(self, form: re.Pattern[str]) -> bool:
        found = form.match(self._pattern, self._place)
        if found is not None:
            self._place = found.end()
        return found is not None

    def _pass(self, form: re.Pattern[str]) -> None:
        if not self._skip(form):
            raise _NotUnderstoodError
