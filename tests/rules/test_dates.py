"""Dates are read as mail has them; what can't be read is no date, and nothing raises or takes long."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, mktime_tz, parsedate_tz
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailrules.rules.dates import FIRST_YEAR, LAST_YEAR, MONTHS, Date, date_of, read_date
from mailrules.rules.message import Message

USUAL = {
    "Tue, 5 Mar 2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "Tue, 05 Mar 2024 10:00:00 -0330": "Tue 2024-03-05 10:00:00 -0330",
    "5 Mar 2024 10:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "Tue,5 Mar 2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "  Tue,   5  Mar\t2024  10:00:00   +0100  ": "Tue 2024-03-05 10:00:00 +0100",
    "Fri, 5 Mar 2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",  # it was no Friday
    "Tue 5 Mar 2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "tue, 5 mar 2024 10:00:00 gmt": "Tue 2024-03-05 10:00:00 +0000",
    "TUE, 5 MAR 2024 10:00:00 GMT": "Tue 2024-03-05 10:00:00 +0000",
    "Tuesday, 5 March 2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "Tue, 5 Mar 2024 10:00:00 +0100 (CET)": "Tue 2024-03-05 10:00:00 +0100",
    r"Tue, 5 Mar 2024 10:00:00 +0100 (CET (a \) b) \( c)": "Tue 2024-03-05 10:00:00 +0100",
    "Tue, 5 Mar 2024 10:00:00 +0100 (CET": "Tue 2024-03-05 10:00:00 +0100",
    "Tue, 5 Mar 2024 9:05:03 +0100": "Tue 2024-03-05 09:05:03 +0100",
    "Tue, 29 Feb 2024 00:00:00 +0000": "Thu 2024-02-29 00:00:00 +0000",
    "Tue, 5 Mar 24 10:00:00 EST": "Tue 2024-03-05 10:00:00 -0500",
    "Tue, 5 Mar 49 10:00:00 GMT": "Fri 2049-03-05 10:00:00 +0000",
    "Tue, 5 Mar 99 10:00:00 PDT": "Fri 1999-03-05 10:00:00 -0700",
    "Tue, 5 Mar 2024 10:00:00 UT": "Tue 2024-03-05 10:00:00 +0000",
    "Tue, 5 Mar 2024 10:00:00 Z": "Tue 2024-03-05 10:00:00 +0000",
    "05-Mar-24 10:00:00 EST": "Tue 2024-03-05 10:00:00 -0500",
    " 5-Mar-2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",  # as INTERNALDATE
    "Tue, 5 Mar 2024 10:00:00": "Tue 2024-03-05 10:00:00 -0000",
    "Tue, 5 Mar 2024 10:00:00 -0000": "Tue 2024-03-05 10:00:00 -0000",
    "Tue, 5 Mar 2024 10:00:00 A": "Tue 2024-03-05 10:00:00 -0000",  # RFC 5322 §4.3: nobody knows what A meant
    "Tue, 5 Mar 2024 10:00:00 XYZ": "Tue 2024-03-05 10:00:00 -0000",
    "Tue, 5 Mar 2024 10:00:00 --0400": "Tue 2024-03-05 10:00:00 -0000",
    "Tue, 5 Mar 2024 10:00:00 +200": "Tue 2024-03-05 10:00:00 +0200",
    "Tue, 5 Mar 2024 10:00:00 0200": "Tue 2024-03-05 10:00:00 +0200",
    "Tue, 5 Mar 2024 10:00:00 +0530 IST": "Tue 2024-03-05 10:00:00 +0530",
    "Tue, 5 Mar 2024 10.00.00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "Tue Mar  5 10:00:00 2024": "Tue 2024-03-05 10:00:00 -0000",
    "Tue Mar  5 10:00:00 2024 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "Вт, 5 Mar 2024 10:00:00 +0200": "Tue 2024-03-05 10:00:00 +0200",
    "Tue, 5 Mar 2024 12:05 pm": "Tue 2024-03-05 12:05:00 -0000",
    "Tue, 5 Mar 2024 22:00 PM": "Tue 2024-03-05 22:00:00 -0000",
    "March 5, 2024 10:00:00 AM": "Tue 2024-03-05 10:00:00 -0000",
    "Tue Mar  5 10:00:00 +0100 2024": "Tue 2024-03-05 10:00:00 +0100",
}
"""What `email.utils` reads the same way."""

WIDER = {
    "Tue , 5 Mar 2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "Tue (day), 05 (of) Mar (month) 2024 (year) 10:00:00 (time) +0100": "Tue 2024-03-05 10:00:00 +0100",
    "(a (b) c) Tue, 5 Mar 2024 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "Tue, 5 Mar 103 10:00:00 +0000": "Wed 2003-03-05 10:00:00 +0000",  # RFC 5322 §4.3
    "Tue, 5 Mar 50 10:00:00 +0000": "Sun 1950-03-05 10:00:00 +0000",  # §4.3
    "Tue, 5 Mar 2024 23:59:60 +0000": "Tue 2024-03-05 23:59:59 +0000",  # a leap second
    "Tue, 5 Mar 2024 10:00:00 CET": "Tue 2024-03-05 10:00:00 +0100",
    "Tue, 5 Mar 2024 10:00:00 GMT+0200": "Tue 2024-03-05 10:00:00 +0200",
    "Tue, 5 Mar 2024 10:00:00 GMT+02:00": "Tue 2024-03-05 10:00:00 +0200",
    "Tue, 5 Mar 2024 10:00:00 UTC +2": "Tue 2024-03-05 10:00:00 +0200",
    "Tue, 5 Mar 2024 10:00:00 -03:30": "Tue 2024-03-05 10:00:00 -0330",
    "Tue, 5 Mar 2024 10:00:00 +1": "Tue 2024-03-05 10:00:00 +0100",
    "Tue, 5 Mar 2024 10:00:00 PST8PDT": "Tue 2024-03-05 10:00:00 -0800",
    "Tue, 5 Mar 2024 10:00:00 +9999": "Tue 2024-03-05 10:00:00 -0000",
    "Tue, 5 Mar 2024 10:00:00 +0260": "Tue 2024-03-05 10:00:00 -0000",
    "Tue, 5 Mar 2024 10:00:00 PM +0100": "Tue 2024-03-05 22:00:00 +0100",
    "Tue, 5 Mar 2024 12:05 a.m.": "Tue 2024-03-05 00:05:00 -0000",
    "Tue, 5 Mar 2024": "Tue 2024-03-05 00:00:00 -0000",
    "Tue, 5th Sept. 2024 10:00:00 +0200": "Thu 2024-09-05 10:00:00 +0200",
    "Tue, 5 Mar 2024 10:00:00 +0200; nonsense": "Tue 2024-03-05 10:00:00 +0200",
    "by a (b; c) with d; Tue, 5 Mar 2024 10:00:00 +0200": "Tue 2024-03-05 10:00:00 +0200",  # Received
    "from a by b id c; Tue, 5 Mar 2024 10:00:00 +0200 (EET)": "Tue 2024-03-05 10:00:00 +0200",
    "Mar 5, 2024 at 10:00": "Tue 2024-03-05 10:00:00 -0000",
    "Tue Mar 05 2024 10:00:00 GMT+0100 (Central European Time)": "Tue 2024-03-05 10:00:00 +0100",
    "Tue Mar  5 10:00:00 CET 2024": "Tue 2024-03-05 10:00:00 +0100",
    "2024-03-05T10:00:00+01:00": "Tue 2024-03-05 10:00:00 +0100",
    "2024-03-05T10:00:00.123456Z": "Tue 2024-03-05 10:00:00 +0000",
    "2024-03-05t10:00z": "Tue 2024-03-05 10:00:00 +0000",
    "2024-03-05 10:00:00 +0100": "Tue 2024-03-05 10:00:00 +0100",
    "2024-03-05 10:00:00 EST": "Tue 2024-03-05 10:00:00 -0500",
    "2024-03-05": "Tue 2024-03-05 00:00:00 -0000",
    "2024/3/5 9:05": "Tue 2024-03-05 09:05:00 -0000",
    '"Tue, 5 Mar 2024 10:00:00 +0100"': "Tue 2024-03-05 10:00:00 +0100",
}
"""What `email.utils` refuses, or takes for another moment."""

NONE = [
    "",
    " ",
    "soon",
    "Tue",
    "Tue, 5 Mar",
    "5 2024 10:00:00 +0000",
    "Tue, 5 Mar 2024 24:00:00 +0000",
    "Tue, 5 Mar 2024 25:00:00 +0000",
    "Tue, 5 Mar 2024 10:60:00 +0000",
    "Tue, 5 Mar 2024 10:00:61 +0000",
    "Tue, 5 Mar 2024 1000 +0000",
    "Tue, 31 Jun 2024 10:00:00 +0000",
    "Thu, 29 Feb 2023 10:00:00 +0000",
    "Tue, 0 Mar 2024 10:00:00 +0000",
    "Tue, 5 Mär 2024 10:00:00 +0000",
    "Tue, 5 Foo 2024 10:00:00 +0000",
    "Tue, 5 Marvel 2024 10:00:00 +0000",
    "Mon, 1 Jan 0001 00:00:00 +0000",
    "Tue, 5 Mar 1899 10:00:00 +0000",
    "Fri, 31 Dec 9999 23:59:59 +0000",
    "Tue, 5 Mar 12024 10:00:00 +0000",
    "Tue, 5 Mar 4 10:00:00 +0000",
    "03/05/2024 10:00:00",
    "05.03.2024",
    "1709629200",
    "2024-13-05T10:00:00Z",
    "2024-03-32T10:00:00Z",
    "20240305T100000Z",
    "٥ Mar 2024 10:00:00",
    "Tue, 5 Mar (2024 10:00:00 +0000",
    "(Tue, 5 Mar 2024 10:00:00 +0000)",
    "\x00\x00",
    "\ufffd, 5 \ufffd 2024",
]


@pytest.mark.parametrize(("written", "read"), [*USUAL.items(), *WIDER.items()])
def test_a_date_is_read(written: str, read: str) -> None:
    assert str(read_date(written)) == read


@pytest.mark.parametrize("written", USUAL)
def test_the_standard_library_reads_the_usual_ones_as_the_same_moment(written: str) -> None:
    parsed, date = parsedate_tz(written.strip()), read_date(written)

    assert date is not None
    assert parsed is not None
    assert mktime_tz(parsed) == date.when.timestamp()


@pytest.mark.parametrize("written", WIDER)
def test_the_standard_library_reads_the_others_as_another_moment_or_not_at_all(written: str) -> None:
    parsed, date = parsedate_tz(written), read_date(written)

    assert date is not None
    assert parsed is None or mktime_tz(parsed) != date.when.timestamp()


@pytest.mark.parametrize("written", NONE)
def test_what_cannot_be_read_is_none(written: str) -> None:
    assert read_date(written) is None


def test_a_folded_and_encoded_header_is_read() -> None:
    message = Message(
        b"Date: Tue,\r\n 5 Mar\r\n\t2024 10:00:00\r\n +0100\r\n"
        b"X-Date: =?utf-8?q?Tue,_5_Mar_2024_10:00:00_+0100?=\r\nX-Date: soon\r\nX-Raw: \xff\xfe5 Mar 2024 10:00\r\n"
    )

    assert [str(date) for date in message.fields.dates("DATE")] == ["Tue 2024-03-05 10:00:00 +0100"]
    assert [str(date) for date in message.fields.dates("X-DATE")] == ["Tue 2024-03-05 10:00:00 +0100", "None"]
    assert [str(date) for date in message.fields.dates("X-RAW")] == ["Tue 2024-03-05 10:00:00 -0000"]
    assert message.fields.dates("RESENT-DATE") == ()


@pytest.mark.parametrize(
    ("when", "julian"),
    [
        (datetime(1858, 11, 17, tzinfo=UTC), 0),
        (datetime(2000, 1, 1, 23, 59, tzinfo=UTC), 51544),
        (datetime(2008, 7, 1, tzinfo=UTC), 54648),
        (datetime(2025, 6, 15, tzinfo=UTC), 60841),
    ],
)
def test_julian_days_are_modified_ones(when: datetime, julian: int) -> None:
    """As the appendix of RFC 5260 counts them, its erratum 1836 taken in."""
    month, year = (when.month - 3, when.year) if when.month > 2 else (when.month + 9, when.year - 1)
    century, rest = divmod(year, 100)
    day = century * 146097 // 4 + rest * 1461 // 4 + (month * 153 + 2) // 5 + when.day + 1721119 - 2400001

    assert julian == day == Date(when).julian


def test_the_forms_of_a_date_are_those_of_rfc_5260() -> None:
    date = Date(datetime(2008, 7, 1, 12, 4, 6, tzinfo=timezone(timedelta(hours=-3, minutes=-30))))

    assert date.iso8601 == "2008-07-01T12:04:06-03:30"
    assert date.std11 == "Tue, 01 Jul 2008 12:04:06 -0330"
    assert (date.zone, date.weekday) == ("-0330", "tue")
    assert date.seen_in(ZoneInfo("Europe/Kyiv")).iso8601 == "2008-07-01T18:34:06+03:00"


def test_a_date_whose_year_no_other_zone_can_show_is_none() -> None:
    assert date_of(datetime.min.replace(tzinfo=UTC)) is None
    assert date_of(datetime.max.replace(tzinfo=UTC)) is None
    assert date_of(datetime(2, 1, 1, tzinfo=UTC)) is not None


# --- any text ---------------------------------------------------------------------------------------------------------

PIECES = "Tue|, |5| |Mar|March|2024|24|10:00:00|10:00|:|+0100|-|GMT|Z|(|)|\\|;|T|2024-03-05|pm|.|é|\x00|0001|9999|60"
dates = st.datetimes(
    datetime(FIRST_YEAR, 1, 2),  # noqa: DTZ001 - hypothesis wants them bare
    datetime(LAST_YEAR, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes))),
).map(lambda when: when.replace(microsecond=0))


@given(st.text() | st.lists(st.sampled_from(PIECES.split("|"))).map("".join))
@example("5 Mar 2024 10:00:00 " + "9" * 5000)
@example("9" * 5000 + " Mar 2024")
def test_no_text_raises_and_what_is_read_can_be_shown_everywhere(text: str) -> None:
    date = read_date(text)
    if date is not None:
        for zone in (UTC, timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59))):
            assert date.seen_in(zone).when == date.when
        again = read_date(date.std11)
        assert again is not None
        assert (again.when, again.zone) == (date.when, date.zone)


@given(dates, st.sampled_from(["rfc", "iso", "asctime", "javascript", "two digits"]))
def test_every_date_that_is_written_is_read_as_what_it_is(when: datetime, form: str) -> None:
    month = MONTHS[when.month - 1]
    match form:
        case "rfc":
            written = format_datetime(when)
        case "iso":
            written = when.isoformat()
        case "asctime":
            written = f"{when:%a} {month.title()[:3]} {when.day:2} {when:%H:%M:%S} {when.year} {when:%z}"
        case "javascript":
            written = f"{when:%a} {month.upper()} {when.day} {when.year} {when:%H:%M:%S} GMT{when:%z} (Somewhere)"
        case _:
            when = when.replace(year=1950 + when.year % 100, day=min(when.day, 28))
            written = f"{when.day}-{month}-{when:%y} {when:%H:%M:%S} {when:%z}"
    date = read_date(written)

    assert date is not None
    assert date.when == when
    assert date.zone in {when.strftime("%z"), "+0000"}


@pytest.mark.parametrize(
    "bomb",
    ["(", "(a)", ")", "\\", "\\(", ";", "a;", " ", "5 ", "5 Mar ", "Mar ", "Tue, ", ",", "2024-", "10:", "9", "a", "é",
     "5 Mar 2024 10:00:00 +0100;", "(5 Mar 2024", "-", "+", "GMT"],
)  # fmt: skip
def test_a_huge_header_is_read_in_linear_time(bomb: str) -> None:
    text = bomb * ((256 << 10) // len(bomb))

    start = time.process_time()
    read_date(text)
    read_date("5 Mar 2024 10:00:00 " + text)

    assert time.process_time() - start < 2.0, "linear reading takes a tenth of that"
