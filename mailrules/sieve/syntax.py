"""What a script consists of, once it is read: commands and tests with their arguments (RFC 5228 §8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.sieve.errors import Place


@value(frozen=True, slots=True)
class Tag:
    """A tagged argument, in lower case and without its colon; what belongs to it follows as arguments of their own."""

    name: str
    place: Place


@value(frozen=True, slots=True)
class Number:
    """A number with its quantifier worked out."""

    value: int
    place: Place


@value(frozen=True, slots=True)
class Strings:
    """A string, or a list of them."""

    values: tuple[str, ...]
    is_list: bool
    place: Place


Argument = Tag | Number | Strings


@value(frozen=True, slots=True)
class Test:
    """A test as it is written."""

    name: str
    arguments: tuple[Argument, ...]
    tests: tuple[Test, ...]
    has_list: bool
    """Whether the tests stand in brackets, as those of `allof` do."""
    place: Place


@value(frozen=True, slots=True)
class Command:
    """A command as it is written; `if`, `elsif` and `else` are commands of their own."""

    name: str
    arguments: tuple[Argument, ...]
    tests: tuple[Test, ...]
    has_list: bool
    """Whether the tests stand in brackets, as those of `allof` do."""
    block: tuple[Command, ...] | None
    """None for a command that ends with a semicolon."""
    place: Place
    source: str
    """Its text in the script."""
    comments: tuple[str, ...]
    """The comments directly before it."""
