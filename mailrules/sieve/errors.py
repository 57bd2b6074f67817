"""What is wrong with a script, and where."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A line of a script."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


NOWHERE = Place("", 0)
"""For what stands at no one place."""


class SieveError(Exception):
    """The script is not Sieve; the text says where and why."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
