"""The condition on a message's size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from mailrules.rules.checks import Leaf
from mailrules.rules.clues import Within
from mailrules.rules.conditions.base import NOT_KNOWN, Condition, condition
from mailrules.rules.conditions.operators import join_wanted
from mailrules.rules.tables import Table, any_case, kind, wrong
from mailrules.rules.truth import UNKNOWN, truth_of

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]{1,3})\s*")


def read_size(value: object) -> int:
    """Read octets as a whole number, or a size with its unit."""
    match value:
        case bool():
            pass
        case int() if value >= 0:
            return value
        case str():
            found = _SIZE.fullmatch(value)
            if found and found[2].upper() in _UNITS:
                return int(float(found[1]) * _UNITS[found[2].upper()])
            raise wrong(f'"{value}" is no size: write "1 MiB", "500 KB" or a whole number of octets')
        case int():
            raise wrong("a size can't be negative")
    raise wrong(f'this is {kind(value)}: write a size such as "1 MiB", "500 KB" or a whole number of octets')


_SIZE_TEXT = Annotated[str, Field(pattern=rf"^\s*[0-9]{{1,12}}(\.[0-9]{{1,6}})?\s*({any_case(*_UNITS)})\s*$")]
Octets = Annotated[int, BeforeValidator(read_size, json_schema_input_type=Annotated[int, Field(ge=0)] | _SIZE_TEXT)]


class Sizes(Table):
    """What is wanted of a size."""

    over: Octets | None = None
    """More than this."""
    under: Octets | None = None
    """Less than this."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write size.over or size.under with a size, as in size.over = "1 MiB"'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        raise wrong(f"this is {kind(value)} without over or under: {cls.usage()}")

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.under is not None and self.under <= (self.over or 0):
            raise wrong("nothing is so small: under must be more than 0, and more than over")
        return self

    def holds(self, size: int | None) -> Truth:
        """Compare a size in octets; None is one that is not known."""
        if size is None:
            return UNKNOWN
        return truth_of((self.over is None or size > self.over) and (self.under is None or size < self.under))

    def wanted(self) -> list[tuple[str, str]]:
        """List the limits, for the trace."""
        return [
            (key, str(octets)) for key, octets in (("over", self.over), ("under", self.under)) if octets is not None
        ]


@condition("size")
class Size(Condition, Sizes):
    """The size of the message in octets, headers and attachments included."""

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""

        def check(message: Message, _facts: Facts) -> Truth:
            return self.holds(message.size)

        def seen(message: Message, _facts: Facts) -> str:
            return NOT_KNOWN if message.size is None else str(message.size)

        return (Leaf(*join_wanted(self.key, self.wanted()), check, seen),)

    def guard(self, _definitions: Definitions) -> Guard:
        """Give the sizes that it can hold of."""
        return (Within(_size_of, self.over, self.under),)


def _size_of(message: Message, _facts: Facts) -> int | None:
    return message.size
