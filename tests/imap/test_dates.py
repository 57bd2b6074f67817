"""INTERNALDATE as a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailrules.imap.dates import parse_date_time


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"17-Jul-1996 02:44:25 -0700", datetime(1996, 7, 17, 2, 44, 25, tzinfo=timezone(timedelta(hours=-7)))),
        (b"01-Jan-2024 00:00:00 +0000", datetime(2024, 1, 1, tzinfo=UTC)),
        (b"29-FEB-2024 23:59:59 +0545", datetime(2024, 2, 29, 23, 59, 59, tzinfo=timezone(timedelta(minutes=345)))),
        (b"31-dec-2016 23:59:60 +0000", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_known_answers(raw: bytes, expected: datetime) -> None:
    read = parse_date_time(raw)
    assert read == expected
    assert read is not None
    assert read.utcoffset() == expected.utcoffset()


@pytest.mark.parametrize(
    "raw", [b" 3-Mar-2024 10:00:00 +0100", b"03-Mar-2024 10:00:00 +0100", b"3-Mar-2024 10:00:00 +0100"]
)
def test_quirk_the_day_has_a_space_a_zero_or_one_digit(raw: bytes) -> None:
    assert parse_date_time(raw) == datetime(2024, 3, 3, 9, tzinfo=UTC)


def test_quirk_mailutils_no_zone_is_utc() -> None:
    assert parse_date_time(b" 3-Mar-2024 10:00:00") == datetime(2024, 3, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"yesterday",
        b"31-Feb-2024 10:00:00 +0000",
        b"03-Foo-2024 10:00:00 +0000",
        b"03-Mar-2024 25:00:00 +0000",
        b"03-Mar-0000 10:00:00 +0000",
        b"03-Mar-2024 10:00:00 +9900",
        b"03-Mar-2024 10:00:00 CEST",
    ],
)
def test_what_no_calendar_has_is_none(raw: bytes) -> None:
    assert parse_date_time(raw) is None
