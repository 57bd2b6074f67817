"""How often: the interval of a scheduled rule, and how many messages a rule may handle within a time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from mailrules.rules.conditions.age import UNITS, AgeText, read_age, write_age
from mailrules.rules.tables import any_case, kind, wrong
from mailrules.values import value

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(weeks=520)
_LIMIT = re.compile(rf"\s*(\d{{1,7}})\s*/\s*({'|'.join(UNITS)})\s*", re.IGNORECASE)


def read_every(value: object) -> timedelta:
    """Read how often a rule runs."""
    try:
        every = read_age(value)
    except PydanticCustomError:
        what = f'"{value}" is no interval' if isinstance(value, str) else f"this is {kind(value)}"
        how = 'write minutes, hours, days or weeks, "1 minute" at the least, as in every = "1 day"'
        raise wrong(f"{what}: {how}") from None
    if every < SHORTEST:
        raise wrong('this is too often: write every = "1 minute" at the least')
    if every > LONGEST:
        raise wrong('this is hardly ever: write every = "520 weeks" at the most')
    return every


@value(frozen=True, slots=True)
class Limit:
    """So many messages within a sliding window."""

    count: int
    window: str
    """A key of `UNITS`."""

    @property
    def within(self) -> timedelta:
        """The length of the window."""
        return UNITS[self.window]

    def __str__(self) -> str:
        return f"{self.count}/{self.window}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In the file it is text; so it is again when written back."""
        return core_schema.no_info_plain_validator_function(
            read_limit,
            json_schema_input_schema=core_schema.str_schema(
                pattern=rf"^\s*0*[1-9][0-9]{{0,6}}\s*/\s*({any_case(*UNITS)})\s*$"
            ),
            serialization=core_schema.to_string_ser_schema(when_used="always"),
        )


def read_limit(value: object) -> Limit:
    """Read ``50/hour``."""
    if isinstance(value, Limit):
        return value
    if not isinstance(value, str):
        raise wrong(f'this is {kind(value)}: write a number of messages and a time, as in limit = "50/hour"')
    found = _LIMIT.fullmatch(value)
    if found is None:
        raise wrong(f'"{value}" is no limit: write a number of messages per minute, hour, day or week, as in "50/hour"')
    if int(found[1]) < 1:
        raise wrong("a rule that may handle no message is out of use: write enabled = false")
    return Limit(int(found[1]), found[2].lower())


Every = Annotated[
    timedelta, BeforeValidator(read_every, json_schema_input_type=AgeText), PlainSerializer(write_age, return_type=str)
]
