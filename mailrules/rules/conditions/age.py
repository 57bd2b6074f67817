"""The condition on how long ago a message arrived."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from mailrules.rules.checks import Leaf
from mailrules.rules.clues import Within
from mailrules.rules.conditions.base import NOT_KNOWN, Condition, condition
from mailrules.rules.conditions.operators import join_wanted
from mailrules.rules.tables import any_case, kind, wrong
from mailrules.rules.truth import UNKNOWN, truth_of

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
"""What ages, intervals and windows are counted in."""
_AGE = re.compile(r"\s*(\d{1,6})\s*([a-z]+?)s?\s*", re.IGNORECASE)


def read_age(value: object) -> timedelta:
    """Read a number of minutes, hours, days or weeks."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise wrong(f'this is {kind(value)}: write an age with its unit, such as "90 days", "2 weeks" or "12 hours"')
    found = _AGE.fullmatch(value)
    unit = UNITS.get(found[2].lower()) if found else None
    if found is not None and found[2].lower() in {"month", "year"}:
        raise wrong(f'"{value}" is no age: months and years are not all as long; write days, as in "90 days"')
    if found is None or unit is None:
        raise wrong(f'"{value}" is no age: write minutes, hours, days or weeks, as in "90 days"')
    return int(found[1]) * unit


def write_age(age: timedelta) -> str:
    """Write an age in the largest unit it is a whole number of."""
    unit = next(unit for unit in reversed(UNITS) if not age % UNITS[unit])
    count = age // UNITS[unit]
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def say_age(age: timedelta) -> str:
    """Say about how long ago something was, as people do: ``100 days``, ``36 hours``, ``1 second``."""
    words = [word for word in ("day", "hour", "minute") if age >= 2 * UNITS[word]]
    count, word = (age // UNITS[words[0]], words[0]) if words else (max(int(age.total_seconds()), 0), "second")
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


AgeText = Annotated[str, Field(pattern=rf"^\s*[0-9]{{1,6}}\s*({any_case(*UNITS)})[Ss]?\s*$")]
"""An age as editors check it."""
Age_ = Annotated[
    timedelta, BeforeValidator(read_age, json_schema_input_type=AgeText), PlainSerializer(write_age, return_type=str)
]


@condition("age")
class Age(Condition):
    """The time since the message arrived (INTERNALDATE)."""

    over: Age_ | None = None
    """Older than this."""
    under: Age_ | None = None
    """Younger than this."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write age.over or age.under with an age, as in age.over = "90 days"'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        raise wrong(f"this is {kind(value)} without over or under: {cls.usage()}")

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.under is not None and self.over is not None and self.under <= self.over:
            raise wrong("no message is both older and younger: under must be more than over")
        return self

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        over, under = self.over, self.under

        def check(message: Message, facts: Facts) -> Truth:
            if message.received is None:
                return UNKNOWN
            age = facts.now - message.received
            return truth_of((over is None or age > over) and (under is None or age < under))

        def seen(message: Message, facts: Facts) -> str:
            return NOT_KNOWN if message.received is None else say_age(facts.now - message.received)

        wanted = [(key, write_age(age)) for key, age in (("over", over), ("under", under)) if age is not None]
        return (Leaf(*join_wanted(self.key, wanted), check, seen),)

    def guard(self, _definitions: Definitions) -> Guard:
        """Give the ages that it can hold of."""
        return (Within(_age_of, self.over, self.under),)


def _age_of(message: Message, facts: Facts) -> timedelta | None:
    return None if message.received is None else facts.now - message.received
