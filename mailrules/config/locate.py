"""Finds the lines of a TOML document's keys: the second look, taken only when something is wrong.

``tomllib`` gives values without positions. ``scan`` reads the text again, for its shape alone, and returns one `Mark`
for each table header, key and array item. It follows TOML 1.0 exactly where the text is valid, and never raises where
it is not: what it cannot read it leaves out.
"""

import re
import tomllib
from bisect import bisect_left
from enum import Enum, auto
from typing import Final

from mailrules.config.problems import KeyPath
from mailrules.values import value


class Kind(Enum):
    """What a `Mark` stands for."""

    TABLE = auto()
    """A ``[header]``."""
    ARRAY_TABLE = auto()
    """A ``[[header]]``; the path ends in the new entry's index."""
    KEY = auto()
    """A key with its value, on a line of its own or in an inline table."""
    ITEM = auto()
    """A value in an array."""
    SPLIT = auto()
    """An inline table that goes on over the end of a line, which TOML does not allow."""


@value(frozen=True, slots=True)
class Mark:
    """One thing in the text: its full path, the lines (from 1) on which it begins and ends.

    ``keys`` are the keys as they are written there, such as ``("match", "from")``; ``header`` is the line of the header
    that it stands under, or None.
    """

    kind: Kind
    path: KeyPath
    keys: tuple[str, ...]
    line: int
    end: int
    header: int | None


class Locator:
    """Answers on which line a key path is found."""

    def __init__(self, text: str) -> None:
        self.marks = scan(text)
        self._lines: dict[KeyPath, int] = {}
        for mark in self.marks:
            for length in range(1, len(mark.path) + 1):
                self._lines.setdefault(mark.path[:length], mark.line)

    def line(self, path: KeyPath) -> int | None:
        """Return the line of the path, or of the longest part of it that is there; None if nothing of it is."""
        return next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), None)


def scan(text: str) -> tuple[Mark, ...]:
    """Return the marks of a document in the order of the text, outer ones before inner ones."""
    return tuple(_Scanner(text).document())


_SPACE: Final = re.compile(r"[ \t]*")
_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_LINE: Final = re.compile(r"[^\n]*\n?")
_BASIC: Final = re.compile(r'"(?:\\.|[^"\\\n])*"')
_LITERAL: Final = re.compile(r"'[^'\n]*'")
_KEY: Final = re.compile(rf"[A-Za-z0-9_-]+|{_BASIC.pattern}|{_LITERAL.pattern}")
_LONG_BASIC: Final = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL)
_LONG_LITERAL: Final = re.compile(r"'''.*?'{3,5}", re.DOTALL)
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")
_REST: Final = re.compile(r".*", re.DOTALL)
_STRINGS: Final = (("'''", _LONG_LITERAL), ('"""', _LONG_BASIC), ("'", _LITERAL), ('"', _BASIC))

_DEEPEST: Final = 50  # values nested deeper are left out: no rule needs them, and Python's stack is finite


class _Scanner:
    """One walk over the text. Methods named after TOML's grammar; each moves ``at`` behind what it has read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.marks: list[Mark] = []
        self.table: KeyPath = ()
        self.header: int | None = None
        self.entries: dict[KeyPath, int] = {}
        self.newlines = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> list[Mark]:
        while self.skip(_BLANK) and self.at < len(self.text):
            if self.text.startswith("[", self.at):
                self.table_header()
            else:
                self.keyval(self.table, 0)
            self.skip(_LINE)
        return self.marks

    def table_header(self) -> None:
        line = self.line()
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        keys = self.key()
        if not keys:
            return
        path: KeyPath = ()
        for key in keys[:-1]:
            path = (*path, key)
            if path in self.entries:  # `[rules.match]` belongs to the newest of the [[rules]]
                path = (*path, self.entries[path])
        path = (*path, keys[-1])
        if brackets == 2:
            self.entries[path] = self.entries.get(path, -1) + 1
            path = (*path, self.entries[path])
        self.table, self.header = path, line
        kind = Kind.ARRAY_TABLE if brackets == 2 else Kind.TABLE
        self.marks.append(Mark(kind, path, keys, line, line, line))

    def keyval(self, table: KeyPath, depth: int) -> bool:
        line = self.line()
        keys = self.key()
        if not keys:
            return False
        path = (*table, *keys)
        here = self.mark(Kind.KEY, path, keys, line)
        if self.text.startswith("=", self.at):
            self.at += 1
            self.value(path, depth)
        self.end(here)
        return True

    def key(self) -> tuple[str, ...]:
        """Read a dotted key; what is not a key gives ()."""
        keys: list[str] = []
        while True:
            self.skip(_SPACE)
            found = _KEY.match(self.text, self.at)
            if found is None:
                return ()
            keys.append(_key_text(found.group()))
            self.at = found.end()
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return tuple(keys)
            self.at += 1

    def value(self, path: KeyPath, depth: int) -> None:
        self.skip(_SPACE)
        if depth > _DEEPEST:
            self.skip(_LINE)
        elif self.text.startswith("[", self.at):
            self.array(path, depth + 1)
        elif self.text.startswith("{", self.at):
            self.inline_table(path, depth + 1)
        else:
            form = next((form for opening, form in _STRINGS if self.text.startswith(opening, self.at)), _SCALAR)
            if not self.skip(form):  # a text that is never closed
                self.skip(_REST if form in (_LONG_BASIC, _LONG_LITERAL) else _SCALAR)

    def array(self, path: KeyPath, depth: int) -> None:
        self.at += 1
        index = 0
        while self.skip(_BLANK) and self.at < len(self.text) and self.text[self.at] not in "]}":
            here = self.mark(Kind.ITEM, (*path, index), (), self.line())
            self.value((*path, index), depth)
            self.end(here)
            index += 1
            self.skip(_BLANK)
            if not self.text.startswith(",", self.at):
                break
            self.at += 1
        if self.text.startswith("]", self.at):
            self.at += 1

    def inline_table(self, path: KeyPath, depth: int) -> None:
        first = self.line()
        self.at += 1
        here, split = len(self.marks), False
        while True:
            split = self.blank_with_newline() or split
            if not self.keyval(path, depth):
                break
            split = self.blank_with_newline() or split
            if not self.text.startswith(",", self.at):
                break
            self.at += 1
        if self.text.startswith("}", self.at):
            self.at += 1
        if split:
            self.marks.insert(here, Mark(Kind.SPLIT, path, (), first, self.line(), self.header))

    def blank_with_newline(self) -> bool:
        start = self.at
        self.skip(_BLANK)
        return "\n" in self.text[start : self.at]

    def mark(self, kind: Kind, path: KeyPath, keys: tuple[str, ...], line: int) -> int:
        self.marks.append(Mark(kind, path, keys, line, line, self.header))
        return len(self.marks) - 1

    def end(self, mark: int) -> None:
        begun, line = self.marks[mark], self.line()
        if line != begun.end:
            self.marks[mark] = Mark(begun.kind, begun.path, begun.keys, begun.line, line, begun.header)

    def skip(self, form: re.Pattern[str]) -> bool:
        found = form.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found is not None

    def line(self) -> int:
        return bisect_left(self.newlines, self.at) + 1


def _key_text(token: str) -> str:
    if not token.startswith(('"', "'")):
        return token
    try:
        return str(tomllib.loads(f"key = {token}")["key"])
    except ValueError:
        return token[1:-1]
