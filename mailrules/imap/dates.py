"""INTERNALDATE: the one way in which IMAP writes a moment. RFC 9051 §9 (date-time)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_DATE_TIME = re.compile(rb" *(\d{1,2})-([A-Za-z]{3})-(\d{4}) +(\d{1,2}):(\d\d):(\d\d)(?: +([+-])(\d\d)(\d\d))? *")

USUAL_DATE_TIME = rb"[ \d]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"
"""As the ABNF has it: a regular expression without groups."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}

_HOURS = {b"%02d" % hour: hour for hour in range(24)}
_MINUTES = {b"%02d" % minute: minute for minute in range(60)}
_SECONDS = {**_MINUTES, b"60": 59}
"""A leap second is written as 60, which datetime does not know."""

_LONGEST = 40
"""Octets, with room for spaces where none belong. What is longer is no moment, and not to be remembered."""


def parse_date_time(raw: bytes) -> datetime | None:
    """Read " 3-Mar-2021 10:00:00 +0100" into an aware datetime; None if it is no moment of this calendar.

    The day may also be "03" or "3", and a missing zone is UTC (Mailutils loses it).
    """
    return _moment(raw) if len(raw) <= _LONGEST else None


def usual_date_time(raw: bytes) -> datetime | None:
    """Read what matches USUAL_DATE_TIME, as parse_date_time does: many messages share a day and a zone."""
    day = _day(raw[:12] + raw[20:])
    if day is None:
        return None
    year, month, number, zone = day
    try:
        return datetime(year, month, number, _HOURS[raw[12:14]], _MINUTES[raw[15:17]], _SECONDS[raw[18:20]], 0, zone)
    except LookupError:
        return None


@lru_cache(maxsize=1024)
def _day(raw: bytes) -> tuple[int, int, int, tzinfo] | None:
    """Read " 3-Mar-2021  +0100"."""
    midnight = _moment(raw[:12] + b"00:00:00" + raw[12:])
    return None if midnight is None else (midnight.year, midnight.month, midnight.day, midnight.tzinfo or UTC)


@lru_cache(maxsize=1024)
def _moment(raw: bytes) -> datetime | None:
    match = _DATE_TIME.fullmatch(raw)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    try:
        return datetime(
            int(year),
            _MONTHS[month.lower()],
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),  # a leap second is written as 60, which datetime does not know
            tzinfo=_zone(sign, zone_hours, zone_minutes) if sign else UTC,
        )
    except (ValueError, KeyError):
        return None


def _zone(sign: bytes, hours: bytes, minutes: bytes) -> tzinfo:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == b"-" else offset)
