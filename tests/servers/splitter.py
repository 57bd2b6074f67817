"""Cuts a stream of IMAP into lines and literals, in either direction, knowing nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A line with its CRLF or a whole literal; a command or response goes from its `first` to its `last` piece."""

    data: bytes
    first: bool
    last: bool


class Splitter:
    """Feed it bytes as they come; it gives the pieces that are complete."""

    def __init__(self) -> None:
        self._buffer = b""
        self._literal: int | None = None
        self._first = True

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Take bytes and give pieces."""
        self._buffer += data
        while (piece := self._next()) is not None:
            yield piece

    def abandon(self) -> None:
        """Expect a new command: the literal that was announced will not come, as the command was refused."""
        self._literal = None
        self._first = True

    def _next(self) -> Piece | None:
        if self._literal is not None:
            end = self._literal if len(self._buffer) >= self._literal else None
            last = False
        else:
            end = self._buffer.find(b"\n") + 1 or None
            last = True
        if end is None:
            return None
        data, self._buffer = self._buffer[:end], self._buffer[end:]
        announced = _LITERAL.search(data) if last else None
        self._literal = int(announced[1]) if announced else None
        piece = Piece(data, first=self._first, last=last and announced is None)
        self._first = piece.last
        return piece
