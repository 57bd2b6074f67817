"""What can be wanted of a number: the table that counts, scores and parts of dates share.

Numbers are compared as they are written, in decimal: 5.3 in the file is the 5.3 of a header.
"""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.tables import Table, each, kind, wrong

if TYPE_CHECKING:
    from collections.abc import Callable


def read_number(value: object) -> int | float:
    """Read a number, whole or with a decimal point."""
    match value:
        case bool():
            pass
        case int() if abs(value) < _TOO_LARGE:
            return value
        case float() if isfinite(value):
            return value
        case int() | float():
            raise wrong("this number is too large to be compared with")
        case str() if leading_number(value) is not None:
            raise wrong(f"write the number without quotes: {leading_number(value)}")
    raise wrong(f"this is {kind(value)}: write a number, without quotes")


def read_whole_number(value: object) -> int:
    """Read how often something is there: 0, 1, 2 and so on."""
    number = read_number(value)
    if not isinstance(number, int):
        raise wrong("expected a whole number, without a point")
    if number < 0:
        raise wrong("nothing is there less than 0 times: write 0 or more")
    return number


def _read_shortest(value: object) -> int | float:
    """Read a number, 5.0 as 5: the two are the same."""
    number = read_number(value)
    return int(number) if abs(number) < _TOO_LARGE and number == int(number) else number


def _read_numbers(value: object) -> tuple[int | float, ...]:
    return each(value, _read_shortest, _EMPTY)


def _read_whole_numbers(value: object) -> tuple[int, ...]:
    return each(value, read_whole_number, _EMPTY)


_TOO_LARGE = 10**30
_EMPTY = "an empty list matches nothing; write at least one number"
_COUNT = Field(ge=0)

Number = Annotated[int | float, BeforeValidator(_read_shortest, json_schema_input_type=int | float)]
WholeNumber = Annotated[int, BeforeValidator(read_whole_number, json_schema_input_type=Annotated[int, _COUNT])]
OneOrManyNumbers = int | float | Annotated[list[int | float], Field(min_length=1)]
OneOrManyWhole = Annotated[int, _COUNT] | Annotated[list[Annotated[int, _COUNT]], Field(min_length=1)]


class Numbers(Table):
    """What a number has to be like; all keys must hold. A bare number stands for `is`."""

    is_: Annotated[
        Annotated[tuple[Number, ...], BeforeValidator(_read_numbers, json_schema_input_type=OneOrManyNumbers)] | None,
        Field(alias="is"),
    ] = None
    """This number, or one of these."""
    over: Number | None = None
    """More than this."""
    under: Number | None = None
    """Less than this."""
    at_least: Number | None = None
    """This or more."""
    at_most: Number | None = None
    """This or less."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = (
        {"type": "number"},
        {"type": "array", "items": {"type": "number"}, "minItems": 1},
    )

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare number or a list of them as the value of `is`."""
        if not isinstance(value, list):
            read_number(value)
        return {"is": value}

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return "write a number, a list of numbers, or a table of is, over, under, at_least, at_most"

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.is_ is not None:
            possible = any(map(self.holds, self.is_))
        else:
            low = [_exact(limit) for limit in (self.over, self.at_least) if limit is not None]
            high = [_exact(limit) for limit in (self.under, self.at_most) if limit is not None]
            possible = not (low and high) or max(low) < min(high) or self.holds(max(low))
        if not possible:
            raise wrong("no number is all of this at once: leave some of it out")
        return self

    def holds(self, number: float | Decimal) -> bool:
        """Tell whether a number is as wanted."""
        value = _exact(number)
        if self.is_ is not None and all(value != _exact(each) for each in self.is_):
            return False
        return all(compare(value, _exact(limit)) for _, compare, limit in self._limits())

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their numbers, for a trace."""
        wanted = [("is", " or ".join(map(str, self.is_)))] if self.is_ else []
        return wanted + [(name, str(limit)) for name, _, limit in self._limits()]

    def _limits(self) -> list[tuple[str, Callable[[Decimal, Decimal], bool], int | float]]:
        given = ((name, compare, getattr(self, name)) for name, compare in LIMITS.items())
        return [(name, compare, limit) for name, compare, limit in given if limit is not None]


class Count(Numbers):
    """How many there are; all keys must hold. A bare number stands for `is`."""

    is_: Annotated[
        Annotated[tuple[WholeNumber, ...], BeforeValidator(_read_whole_numbers, json_schema_input_type=OneOrManyWhole)]
        | None,
        Field(alias="is"),
    ] = None
    """This many, or one of these numbers."""
    over: WholeNumber | None = None
    """More than this."""
    under: WholeNumber | None = None
    """Less than this."""
    at_least: WholeNumber | None = None
    """This many or more."""
    at_most: WholeNumber | None = None
    """This many or fewer."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = (
        {"type": "integer", "minimum": 0},
        {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1},
    )

    @model_validator(mode="after")
    def _can_be_so_few(self) -> Self:
        if self.under == 0:
            raise wrong("nothing is there less than 0 times: write 0 for none")
        if not self.can_be_from(0):
            raise wrong("no whole number is all of this at once: leave some of it out")
        return self

    @property
    def means_none(self) -> bool:
        """Whether there must be none."""
        return not self.can_be_from(1)

    def can_be_from(self, first: int) -> bool:
        """Tell whether some whole number from this one on is as wanted."""
        least = max(first, self.at_least or 0, 0 if self.over is None else int(self.over) + 1)
        return any(number >= first and self.holds(number) for number in self.is_ or (least,))


LIMITS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "over": operator.gt,
    "under": operator.lt,
    "at_least": operator.ge,
    "at_most": operator.le,
}
"""The operators that order numbers, by their keys."""

_LONGEST = 1_000  # characters that are looked at; any number that somebody means is shorter
_LEADING = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))")


def leading_number(text: str) -> Decimal | None:
    """Read the number that a text begins with, whatever follows it: ``-3.5 required 5.0``; None if there is none.

    It is RFC 4790 §9.1's ascii-numeric with a sign and a decimal point; without a number nothing compares.
    """
    found = _LEADING.match(text, 0, _LONGEST)
    return Decimal(found[1]) if found else None


def _exact(number: float | Decimal) -> Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
