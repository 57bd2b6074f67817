"""Dates, times of day, weekdays and time zones as rule files write them: in quotes, or as TOML's own values."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.conditions.base import shown
from mailrules.rules.dates import FIRST_YEAR, LAST_YEAR, WEEKDAYS
from mailrules.rules.tables import Table, any_case, each, kind, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
_MOMENT = rf"{_DAY}([Tt ]{_CLOCK} ?([Zz]|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):?([0-5][0-9])")


def read_moment(value: object) -> date | datetime:
    """Read a day, or a day with a time and perhaps an offset from UTC."""
    match value:
        case date():  # or a datetime, which is one
            return _of_this_age(value)
        case str() if re.fullmatch(_MOMENT, value.strip()):
            if len(value.strip()) == len("2024-01-31"):
                return _of_this_age(_iso(value, date.fromisoformat))
            return _of_this_age(_iso(value, datetime.fromisoformat))
        case str():
            raise wrong(f'"{value}" is no date: write "2024-01-31" or "2024-01-31T18:00"')
    raise wrong(f'this is {_kind(value)}: write a date, as in "2024-01-31" or "2024-01-31T18:00"')


def read_day(value: object) -> date:
    """Read a day."""
    match value:
        case datetime():
            raise wrong('a day has no time: write "2024-01-31", or use before and after')
        case date():
            return _of_this_age(value)
        case str() if re.fullmatch(_DAY, value.strip()):
            return _of_this_age(_iso(value, date.fromisoformat))
        case str():
            raise wrong(f'"{value}" is no day: write it as in "2024-01-31"')
    raise wrong(f'this is {_kind(value)}: write a day, as in "2024-01-31"')


def _read_days(value: object) -> tuple[date, ...]:
    return each(value, read_day, "an empty list matches nothing; write at least one day")


def read_clock(value: object) -> time:
    """Read a time of day."""
    match value:
        case time():
            return value
        case str() if value.strip().startswith("24:00"):
            raise wrong('write midnight as "00:00"')
        case str() if re.fullmatch(_CLOCK, value.strip()):
            return _iso(value, time.fromisoformat)
        case str():
            raise wrong(f'"{value}" is no time of day: write it as in "18:00" or "18:00:30"')
    raise wrong(f'this is {_kind(value)}: write a time of day, as in "18:00"')


def read_weekday(value: object) -> str:
    """Read a weekday's name or number; give the first three letters."""
    match value:
        case bool():
            pass
        case int() if 0 <= value <= 6:
            return _SHORT[(value - 1) % 7]
        case int():
            raise wrong("weekdays go from 0, which is Sunday, to 6")
        case str() if value.strip().lower() in (*_SHORT, *WEEKDAYS):
            return value.strip().lower()[:3]
        case str():
            raise wrong(f'"{value}" is no weekday: write one of {", ".join(_SHORT)}')
    raise wrong(f"this is {kind(value)}: write a weekday, one of {', '.join(_SHORT)}, or a list of them")


def _read_weekdays(value: object) -> tuple[str, ...]:
    return each(value, read_weekday, "an empty list matches nothing; write at least one weekday")


ORIGINAL = "original"
"""Stands for the time zone that a date was written in."""


def read_zone(value: object) -> str:
    """Read a time zone: its name, an offset from UTC, or `ORIGINAL`."""
    if not isinstance(value, str):
        raise wrong(f'this is {kind(value)}: write a time zone in quotes, as in "Europe/Kyiv" or "+0200"')
    name = value.strip()
    if name == ORIGINAL or _OFFSET.fullmatch(name):
        return name
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of zones, a path that climbs, no such zone
        known = {zone.lower(): zone for zone in available_timezones()}
        close = get_close_matches(name.lower(), known, n=1)
        hint = f'did you mean "{known[close[0]]}"?' if close else 'write "Europe/Kyiv", "+0200" or "original"'
        raise wrong(f'"{value}" is no time zone: {hint}') from None
    return name


def zone_named(name: str) -> tzinfo:
    """Give the time zone of a name or offset that `read_zone` gave."""
    found = _OFFSET.fullmatch(name)
    if found is None:
        return ZoneInfo(name)
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)


@lru_cache(maxsize=1024)  # many rules ask for few moments, of every message
def start_of(moment: date, zone: tzinfo) -> datetime:
    """Give the instant, in UTC, that a written date stands for in a time zone: a day stands for its start.

    A time that is left out, as clocks are put forward, stands for the instant at which they are; of one that comes
    twice the first is meant.
    """
    when = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone)
    late, early = (when.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if early >= late:
        return late
    gap = range(int((late - early).total_seconds()))
    offset = late.astimezone(zone).utcoffset() or timedelta()
    forward = bisect_left(
        gap, offset, key=lambda after: (early + timedelta(seconds=after)).astimezone(zone).utcoffset() or timedelta()
    )
    return early + timedelta(seconds=forward)


def has_zone(moment: date) -> bool:
    """Tell whether a written date stands for the same instant in every time zone."""
    return isinstance(moment, datetime) and moment.tzinfo is not None


def write_moment(moment: date) -> str:
    """Write a date as `read_moment` reads it."""
    return moment.isoformat()


def _iso(written: str, read: Callable[[str], T]) -> T:
    try:
        return read(written.strip().upper())
    except ValueError as error:  # the 30th of February
        raise wrong(f'"{written}" can\'t be: {error}') from None


D = TypeVar("D", bound=date)


def _of_this_age(moment: D) -> D:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise wrong(f"mail has dates from {FIRST_YEAR} to {LAST_YEAR}: write a year between them")
    return moment


def _kind(value: object) -> str:
    return "a time without a day" if isinstance(value, time) else kind(value)


_SHORT = tuple(name[:3] for name in WEEKDAYS)
_SCHEMA_OF_DAYS = rf"^\s*{_DAY}\s*$"
_DAY_SCHEMA = Annotated[str, Field(pattern=_SCHEMA_OF_DAYS)]
_MOMENT_SCHEMA = Annotated[str, Field(pattern=rf"^\s*{_MOMENT}\s*$")]
_CLOCK_SCHEMA = Annotated[str, Field(pattern=rf"^\s*{_CLOCK}\s*$")]
_SUGGESTED_WEEKDAYS = Literal[
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    0, 1, 2, 3, 4, 5, 6,
]  # fmt: skip
_WEEKDAY_SCHEMA = _SUGGESTED_WEEKDAYS | Annotated[str, Field(pattern=rf"^\s*({any_case(*_SHORT, *WEEKDAYS)})\s*$")]
_ZONE_SCHEMA = Annotated[str, Field(pattern=rf"^\s*({ORIGINAL}|{_OFFSET.pattern}|[A-Z][A-Za-z0-9+_/-]*)\s*$")]

_WRITTEN = PlainSerializer(write_moment, return_type=str)
Moment = Annotated[date | datetime, PlainValidator(read_moment, json_schema_input_type=_MOMENT_SCHEMA), _WRITTEN]
Day = Annotated[date, PlainValidator(read_day, json_schema_input_type=_DAY_SCHEMA), _WRITTEN]
Clock = Annotated[
    time,
    PlainValidator(read_clock, json_schema_input_type=_CLOCK_SCHEMA),
    PlainSerializer(time.isoformat, return_type=str),
]
Weekdays = Annotated[
    tuple[str, ...],
    BeforeValidator(
        _read_weekdays, json_schema_input_type=_WEEKDAY_SCHEMA | Annotated[list[_WEEKDAY_SCHEMA], Field(min_length=1)]
    ),
]
Zone = Annotated[str, BeforeValidator(read_zone, json_schema_input_type=_ZONE_SCHEMA)]


class TimeOfDay(Table):
    """A part of the day; from after to before, over midnight if after is the later one."""

    after: Clock | None = None
    """At this time or later."""
    before: Clock | None = None
    """Earlier than this time."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write time.after or time.before, as in time = { after = "18:00", before = "06:00" }'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        raise wrong(f"this is {_kind(value)} without after or before: {cls.usage()}")

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.after is not None and self.after == self.before:
            raise wrong("after and before are the same time: from when until when?")
        return self

    def holds(self, now: time) -> bool:
        """Tell whether a time of day is within it."""
        late = self.after is None or now >= self.after
        early = self.before is None or now < self.before
        over_midnight = self.after is not None and self.before is not None and self.after > self.before
        return late or early if over_midnight else late and early

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their times, for a trace."""
        given = (("after", self.after), ("before", self.before))
        return [(name, limit.isoformat()) for name, limit in given if limit is not None]


class Days(Table):
    """Days; a bare day or list of them stands for `is`."""

    is_: Annotated[
        Annotated[
            tuple[Day, ...],
            BeforeValidator(
                _read_days, json_schema_input_type=_DAY_SCHEMA | Annotated[list[_DAY_SCHEMA], Field(min_length=1)]
            ),
        ]
        | None,
        Field(alias="is"),
    ] = None
    """This day, or one of these."""
    after: Day | None = None
    """On this day or later."""
    before: Day | None = None
    """Earlier than this day."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = (
        {"type": "string", "pattern": _SCHEMA_OF_DAYS},
        {"type": "array", "items": {"type": "string", "pattern": _SCHEMA_OF_DAYS}, "minItems": 1},
    )

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write a day ("2024-01-31"), a list of days, or a table of is, after, before'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare day or list of days as the value of `is`."""
        return {"is": _read_days(value)}

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.after and self.before and self.after >= self.before:
            raise wrong("no day is both: after must be earlier than before")
        return self

    def holds(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return (
            (self.is_ is None or day in self.is_)
            and (self.after is None or day >= self.after)
            and (self.before is None or day < self.before)
        )

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their days, for a trace."""
        wanted = [("is", shown(tuple(map(write_moment, self.is_))))] if self.is_ else []
        given = (("after", self.after), ("before", self.before))
        return wanted + [(name, write_moment(limit)) for name, limit in given if limit]
