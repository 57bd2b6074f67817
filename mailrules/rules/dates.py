"""Reads dates (RFC 5322 §3.3 and §4.3) as they are found in mail, in linear time and without ever raising.

Besides what the RFC allows it reads what mail really has: ISO 8601, ``GMT+0200``, C's asctime, JavaScript's order, full
names of months. Where the order of day and month would be a guess (``03/05/2024``), there is no date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from mailrules.rules.comments import comment_ends
from mailrules.values import value

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

FIRST_YEAR, LAST_YEAR = 1900, 9998
"""RFC 5322 §3.3 has no year before 1900; in the year 9999 another time zone can be out of Python's range."""

MAX_DATES = 500
"""What is looked at of the dates in all fields of one name; real mail has some dozens at most, in Received."""

_LIMIT = 200
"""Characters that are looked at, comments and spare white space aside; a date has about 30."""

_MODIFIED_JULIAN = datetime(1858, 11, 17, tzinfo=UTC).toordinal()
"""The day from which Modified Julian Days are counted (RFC 5260 §4.2 and its appendix)."""


@value(frozen=True, slots=True)
class Date:
    """A moment, and the time zone that it is looked at in."""

    when: datetime
    """Aware, to the second."""
    zone_known: bool = True
    """False where the message does not say which zone it was written in; the moment is then as if in UTC."""

    def seen_in(self, zone: tzinfo) -> Date:
        """Give the same moment in another time zone."""
        return _seen(self.when, zone)

    @property
    def timezone(self) -> tzinfo:
        """The time zone itself."""
        return self.when.tzinfo or UTC

    @property
    def weekday(self) -> str:
        """The first three letters of the weekday: ``mon``."""
        return WEEKDAYS[self.when.weekday()][:3]

    @property
    def zone(self) -> str:
        """The offset from UTC, as in ``+0200``; ``-0000`` where the message says none (RFC 5322 §3.3)."""
        return self.when.strftime("%z")[:5] if self.zone_known else "-0000"

    @property
    def julian(self) -> int:
        """The Modified Julian Day: days since 17 November 1858."""
        return self.when.toordinal() - _MODIFIED_JULIAN

    @property
    def iso8601(self) -> str:
        """As in RFC 3339: ``2024-01-31T18:00:00+02:00``."""
        return f"{self.when:%Y-%m-%dT%H:%M:%S}{self.zone[:3]}:{self.zone[3:]}"

    @property
    def std11(self) -> str:
        """As in a Date header (RFC 5322 §3.3), in English whatever the locale: ``Wed, 31 Jan 2024 18:00:00 +0200``."""
        month = MONTHS[self.when.month - 1][:3].title()
        return f"{self.weekday.title()}, {self.when:%d} {month} {self.when:%Y %H:%M:%S} {self.zone}"

    def __str__(self) -> str:
        return f"{self.weekday.title()} {self.when:%Y-%m-%d %H:%M:%S} {self.zone}"


@lru_cache(maxsize=64)  # many rules look at the same few dates of a message
def _seen(when: datetime, zone: tzinfo) -> Date:
    return Date(when.astimezone(zone))


def read_date(text: str) -> Date | None:
    """Read an unfolded header value; of one with semicolons (Received) what stands behind the last."""
    plain = _without_comments(text)
    before, semicolon, last = plain.rpartition(";")
    return _read(last) or (_read(before) if semicolon else None)


def date_of(when: datetime) -> Date | None:
    """Take a date that was read elsewhere; none if its year is out of range in some time zone."""
    return Date(when) if 1 < when.year <= LAST_YEAR else None


def _without_comments(text: str) -> str:
    """Leave comments out, nested ones too (RFC 5322 §3.2.2); one that is not closed goes to the end."""
    ends = comment_ends(text)
    kept: list[str] = []
    position = 0
    while (start := text.find("(", position)) >= 0:
        kept.append(text[position:start])
        position = ends.get(start, len(text))
    kept.append(text[position:])
    return " ".join(kept)


_START = r"[^0-9A-Z]*(?:[A-Z]{2,9}[., ]+)?"  # the weekday, which is never compared with the date
_TIME = (
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{1,2})(?:[:.](?P<second>[0-9]{1,2})(?:[.,][0-9]+)?)?(?![0-9:])"
    r"(?: ?(?P<half>[AP])\.?M(?![A-Z])\.?)?"
)
_REST = rf"(?![0-9:])(?:(?:[ ,]+(?:AT )?|T){_TIME})?(?P<zone>.*)"
_DAY = r"(?P<day>[0-9]{1,2})(?:ST|ND|RD|TH)?(?![0-9:])"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        # Tue, 5 Mar 2024 10:00:00 +0100
        rf"{_START}{_DAY}[ .,/-]*(?P<month>[A-Z]{{3,9}})[ .,/-]*(?P<year>[0-9]{{2,4}}){_REST}",
        # 2024-03-05T10:00:00+01:00
        rf"{_START}(?P<year>[0-9]{{4}})[-/.](?P<month>[0-9]{{1,2}})[-/.]{_DAY}{_REST}",
        # Tue Mar 5 10:00:00 CET 2024, asctime's and date(1)'s order
        rf"{_START}(?P<month>[A-Z]{{3,9}})[ .-]+{_DAY}[ ,]+{_TIME}(?P<inner>(?: [A-Z]{{1,5}}| [+-][0-9]{{4}})?),? "
        r"(?P<year>[0-9]{4})(?![0-9:])(?P<zone>.*)",
        # Tue Mar 5 2024 10:00:00 GMT+0100, JavaScript's order
        rf"{_START}(?P<month>[A-Z]{{3,9}})[ .-]+{_DAY}[ ,]+(?P<year>[0-9]{{4}}){_REST}",
    )
)
_DIGIT = re.compile("[0-9]")


def _read(text: str) -> Date | None:
    text = " ".join(text.split())[:_LIMIT]
    found = next(filter(None, (form.match(text) for form in _FORMS)), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = _month(parts["month"])
    year = _year(parts["year"])
    if month is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    if parts["hour"] is None and _DIGIT.search(parts["zone"]):  # a time that can't be read is not midnight
        return None
    offset = _offset(parts.get("inner") or parts["zone"])
    second = int(parts["second"] or 0)
    try:
        when = datetime(
            year,
            month,
            int(parts["day"]),
            _hour(int(parts["hour"] or 0), parts["half"]),
            int(parts["minute"] or 0),
            59 if second == 60 else second,  # a leap second, which Python's clock has not
            tzinfo=UTC if offset is None else timezone(offset),
        )
    except ValueError:  # 31 June, 25 o'clock
        return None
    return Date(when, offset is not None)


def _month(written: str) -> int | None:
    """Read a month's number, or its English name, of which three letters are enough."""
    if written.isdigit():
        return int(written)
    name = written.lower()
    return (
        next((number for number, month in enumerate(MONTHS, 1) if month.startswith(name)), 9 * (name == "sept")) or None
    )


def _year(written: str) -> int:
    """Read a year; two and three digits as in RFC 5322 §4.3."""
    year = int(written)
    match len(written):
        case 2 if year < 50:
            return year + 2000
        case 2 | 3:
            return year + 1900
        case _:
            return year


def _hour(hour: int, half: str | None) -> int:
    """Read the hour of a clock of 24 or, with AM or PM, of 12 hours."""
    if half is None or hour > 12:
        return hour
    return hour % 12 + 12 * (half in "Pp")


# RFC 5322 §4.3, and names that are in use and mean one thing only; those that don't are as if there were none.
_ZONES = "UT=0 UTC=0 GMT=0 Z=0 WET=0 EDT=-4 EST=-5 CDT=-5 CST=-6 MDT=-6 MST=-7 PDT=-7 PST=-8 WEST=1 CET=1 MET=1 MEZ=1"
_ZONES += " CEST=2 MEST=2 MESZ=2 EET=2 EEST=3 MSK=3 HKT=8 JST=9 KST=9 AEST=10 AEDT=11 NZST=12 NZDT=13"
_HOURS = {name: int(hours) for name, _, hours in (zone.partition("=") for zone in _ZONES.split())}
_ZONE = re.compile(
    r"[ ,]*(?P<name>[A-Z]+)?[ ,]?"  # GMT+0200: the number counts
    r"(?:(?:(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?|(?P<bare>[0-9]{4}))(?![0-9]))?",
    re.IGNORECASE | re.ASCII,
)


def _offset(written: str) -> timedelta | None:
    """Read what stands behind the time: the offset from UTC, or None if it says none."""
    found = _ZONE.match(written)
    if found is None:
        return None
    hours, minutes = found["hours"], int(found["minutes"] or 0)
    if found["bare"]:
        hours, minutes = found["bare"][:2], int(found["bare"][2:])
    if hours is None:
        named = _HOURS.get((found["name"] or "").upper())
        return None if named is None else timedelta(hours=named)
    offset = timedelta(hours=int(hours), minutes=minutes)
    if int(hours) > 23 or minutes > 59 or (found["sign"] == "-" and not offset):
        return None
    return -offset if found["sign"] == "-" else offset
