"""What can be wanted of one date: before, after, and each of its parts (RFC 5260 §4.2)."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import AfterValidator, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.conditions.base import shown
from mailrules.rules.conditions.moments import (
    Days,
    Moment,
    TimeOfDay,
    Weekdays,
    Zone,
    has_zone,
    read_day,
    start_of,
    write_moment,
    zone_named,
)
from mailrules.rules.conditions.numbers import Numbers
from mailrules.rules.conditions.operators import TextOperators
from mailrules.rules.dates import FIRST_YEAR, LAST_YEAR
from mailrules.rules.tables import Table, each, kind, wrong
from mailrules.rules.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mailrules.rules.dates import Date
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.verdict import Facts

    DateTest = Callable[[Date, Facts], bool]
    PartTest = Callable[[Date], bool]


def _within(first: int, last: int) -> AfterValidator:
    """Refuse what no number from `first` to `last` is."""

    def check(numbers: Numbers | None) -> Numbers | None:
        if numbers is not None and not any(map(numbers.holds, range(first, last + 1))):
            raise wrong(f"this is never so: write numbers from {first} to {last}")
        return numbers

    return AfterValidator(check)


class OffsetOperators(TextOperators):
    """Text operators on an offset from UTC, as in `+0200`; a bare text is the whole of it."""

    shorthand: ClassVar[str] = "is"


class DateOperators(Table):
    """What a date has to be like; all keys must hold of one date. A bare day, or list of days, stands for `date`."""

    before: Moment | None = None
    """Earlier than this: "2024-01-31" is the start of that day; "2024-01-31T18:00" has a time."""
    after: Moment | None = None
    """At this moment or later; with a day alone that day counts too."""
    date: Days | None = None
    """The day; a bare day, or one of a list."""
    time: TimeOfDay | None = None
    """The time of day: `{ after = "18:00", before = "06:00" }` is the night."""
    weekday: Weekdays | None = None
    """The weekday, or one of a list: "mon" to "sun", or 0 (Sunday) to 6."""
    year: Annotated[Numbers | None, _within(FIRST_YEAR, LAST_YEAR)] = None
    """The year, as in 2024."""
    month: Annotated[Numbers | None, _within(1, 12)] = None
    """The month, 1 to 12."""
    day: Annotated[Numbers | None, _within(1, 31)] = None
    """The day of the month, 1 to 31."""
    hour: Annotated[Numbers | None, _within(0, 23)] = None
    """The hour, 0 to 23."""
    minute: Annotated[Numbers | None, _within(0, 59)] = None
    """The minute, 0 to 59."""
    second: Annotated[Numbers | None, _within(0, 59)] = None
    """The second, 0 to 59."""
    julian: Numbers | None = None
    """The Modified Julian Day: days since 17 November 1858 (RFC 5260)."""
    zone: OffsetOperators | None = None
    """The offset from UTC, as in "+0200"; beside `timezone = "original"` it is "-0000" where the message tells none."""
    iso8601: TextOperators | None = None
    """The whole as text, in the form "2024-01-31T18:00:00+02:00"."""
    std11: TextOperators | None = None
    """The whole as text, in the form "Wed, 31 Jan 2024 18:00:00 +0200"."""
    timezone: Zone | None = None
    """Where the clock hangs that the other keys look at: "Europe/Kyiv", "+0200", or "original" for the zone that the
    date was written in. By default the time zone of `[daemon]`."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = Days.bare_schemas
    modifiers: ClassVar[frozenset[str]] = frozenset({"timezone"})
    """Keys that say how to look, and nothing without others."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write a day ("2024-01-31"), or a table, as in { before = "2024-01-31" } or { year = 2024 }'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare day or list of days as the value of `date`."""
        if isinstance(value, int | float):
            raise wrong(f"this is {kind(value)}: {cls.usage()}")
        return {"date": {"is": each(value, read_day, "an empty list matches nothing; write at least one day")}}

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if not self.given():
            raise wrong(f"this table asks for nothing: {self.usage()}")
        before, after = self.before, self.after
        if before and after and has_zone(before) == has_zone(after) and start_of(after, UTC) >= start_of(before, UTC):
            raise wrong("no date is both: after must be earlier than before")
        return self

    def given(self) -> set[str]:
        """Name the fields that are set, those aside that only say how to look."""
        names = type(self).model_fields.keys() - self.modifiers
        return {name for name in names if getattr(self, name) is not None}

    def seen(self, date: Date, facts: Facts) -> Date:
        """Give the same moment in the time zone that it is to be looked at in."""
        match self.timezone:
            case None:
                return date.seen_in(facts.timezone)
            case "original":
                return date
            case name:
                return date.seen_in(zone_named(name))

    def date_test(self, definitions: Definitions) -> DateTest:
        """Make the test that all keys hold of one date."""
        tests = [*self._limits(), *self._parts(), *self._texts(definitions)]

        def test(date: Date, facts: Facts) -> bool:
            seen = self.seen(date, facts)
            for holds in tests:  # noqa: SIM110 - a generator costs as much as the comparison
                if not holds(seen):
                    return False
            return True

        return test

    def _limits(self) -> Iterator[PartTest]:
        if (before := self.before) is not None:
            yield lambda date: date.when < start_of(before, date.timezone)
        if (after := self.after) is not None:
            yield lambda date: date.when >= start_of(after, date.timezone)

    def _parts(self) -> Iterator[PartTest]:
        if (days := self.date) is not None:
            yield lambda date: days.holds(date.when.date())
        if (hours := self.time) is not None:
            yield lambda date: hours.holds(date.when.time())
        if (weekdays := self.weekday) is not None:
            yield lambda date: date.weekday in weekdays
        for name, number in _NUMBERS.items():
            numbers = getattr(self, name)
            if numbers is not None:
                yield _number_test(numbers, number)

    def _texts(self, definitions: Definitions) -> Iterator[PartTest]:
        for name, text in _TEXTS.items():
            operators = getattr(self, name)
            if operators is not None:
                yield _text_test(operators, text, definitions)

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their values, for the trace."""
        limits = (("before", self.before), ("after", self.after))
        wanted = [(name, write_moment(limit)) for name, limit in limits if limit is not None]
        for name in type(self).model_fields:
            part = getattr(self, name)
            if isinstance(part, Days | TimeOfDay | Numbers | TextOperators):
                wanted += [(f"{name}.{operator}", text) for operator, text in part.wanted()]
        if self.weekday is not None:
            wanted.append(("weekday", shown(self.weekday)))
        if self.timezone is not None:
            wanted.append(("timezone", self.timezone))
        return wanted

    def shown(self, date: Date, facts: Facts) -> str:
        """Show a date in a trace as it is looked at: in its time zone; as the one text or number that is asked for."""
        seen = self.seen(date, facts)
        asked = self.given()
        part = _SHOWN.get(next(iter(asked))) if len(asked) == 1 else None
        return str(seen if part is None else part(seen))


_NUMBERS: dict[str, Callable[[Date], int]] = {
    "year": lambda date: date.when.year,
    "month": lambda date: date.when.month,
    "day": lambda date: date.when.day,
    "hour": lambda date: date.when.hour,
    "minute": lambda date: date.when.minute,
    "second": lambda date: date.when.second,
    "julian": lambda date: date.julian,
}
_TEXTS: dict[str, Callable[[Date], str]] = {
    "zone": lambda date: date.zone,
    "iso8601": lambda date: date.iso8601,
    "std11": lambda date: date.std11,
}
_SHOWN: dict[str, Callable[[Date], int | str]] = {"julian": _NUMBERS["julian"], **_TEXTS}


def _number_test(numbers: Numbers, number: Callable[[Date], int]) -> PartTest:
    return lambda date: numbers.holds(number(date))


def _text_test(operators: TextOperators, text: Callable[[Date], str], definitions: Definitions) -> PartTest:
    test = operators.texts_test(definitions)
    return lambda date: test([Text.of(text(date))])
