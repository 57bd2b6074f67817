"""Conditions on dates look at the clock of the time zone that is asked for; what is no date matches nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message, Truth
from mailrules.rules.conditions.moments import read_zone, zone_named
from tests.rules.builders import FACTS, NOW, decide, matches, message, rule, ruleset

KYIV = replace(FACTS, timezone=ZoneInfo("Europe/Kyiv"))
MAIL = message("Date: Wed, 31 Jan 2024 23:30:15 +0000")  # the first of February, 01:30 in Kyiv
CLOCKS_BACK = "Date: Sun, 27 Oct 2024 00:30:00 +0000"  # 03:30 in Kyiv for the first time; an hour later again


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        # limits
        ({"before": "2024-02-01"}, False),
        ({"before": "2024-02-02"}, True),
        ({"after": "2024-02-01"}, True),
        ({"after": "2024-02-02"}, False),
        ({"after": "2024-02-01", "before": "2024-02-02"}, True),
        ({"after": "2024-02-01T01:30:15"}, True),
        ({"after": "2024-02-01T01:30:16"}, False),
        ({"before": "2024-02-01 01:30:15"}, False),
        ({"before": "2024-02-01 01:30:16"}, True),
        ({"after": "2024-01-31T23:30:15Z"}, True),
        ({"after": "2024-01-31T23:30:16z"}, False),
        ({"before": "2024-02-01T02:30:16+03:00"}, True),
        ({"before": "2024-02-01T02:30:15+0300"}, False),
        ({"before": datetime(2024, 2, 1, 1, 31)}, True),  # noqa: DTZ001 - TOML's local date-time
        ({"after": datetime(2024, 1, 31, 23, 31, tzinfo=UTC)}, False),
        ({"after": datetime(2024, 2, 1, tzinfo=UTC).date()}, True),
        ({"after": "1900-01-01", "before": "9998-12-31"}, True),
        ({"after": "2024-02-01T00:00Z", "before": "2024-01-31"}, False),
        # days
        ("2024-02-01", True),
        ("2024-01-31", False),
        (["2024-01-31", "2024-02-01"], True),
        (datetime(2024, 2, 1, tzinfo=UTC).date(), True),
        ({"date": "2024-02-01"}, True),
        ({"date": {"is": ["2024-02-02"]}}, False),
        ({"date": {"after": "2024-02-01", "before": "2024-02-02"}}, True),
        ({"date": {"before": "2024-02-01"}}, False),
        ({"date": {"after": "2024-02-02"}}, False),
        # parts
        ({"year": 2024}, True),
        ({"year": {"under": 2024}}, False),
        ({"month": 2}, True),
        ({"month": [1, 12]}, False),
        ({"month": {"at_most": 2}}, True),
        ({"day": 1}, True),
        ({"hour": 1}, True),
        ({"hour": {"at_least": 9, "under": 17}}, False),
        ({"minute": {"over": 29, "under": 31}}, True),
        ({"second": 15}, True),
        ({"second": {"over": 15}}, False),
        ({"julian": 60341}, True),
        ({"julian": {"over": 60341}}, False),
        ({"weekday": "thu"}, True),
        ({"weekday": "Thursday"}, True),
        ({"weekday": 4}, True),
        ({"weekday": ["wed", 0, "saturday"]}, False),
        ({"time": {"after": "01:30:15"}}, True),
        ({"time": {"after": "01:31"}}, False),
        ({"time": {"before": "01:30:15"}}, False),
        ({"zone": "+0200"}, True),
        ({"zone": ["+0100", "+0300"]}, False),
        ({"zone": {"starts_with": "-"}}, False),
        ({"iso8601": {"starts_with": "2024-02-01T01:30:15+02:00"}}, True),
        ({"iso8601": {"glob": "2024-0?-*"}}, True),
        ({"iso8601": {"exists": True}}, True),
        ({"iso8601": {"exists": False}}, False),
        ({"std11": {"is": "Thu, 01 Feb 2024 01:30:15 +0200"}}, True),
        ({"std11": "thu,"}, True),
        ({"std11": {"contains": "thu,", "case_sensitive": True}}, False),
        ({"year": 2024, "weekday": "thu", "hour": 2}, False),
        # time zones
        ({"date": "2024-01-31", "timezone": "original"}, True),
        ({"date": "2024-01-31", "timezone": "America/New_York"}, True),
        ({"hour": 18, "timezone": "America/New_York"}, True),
        ({"hour": 4, "minute": 30, "timezone": "+05:00"}, True),
        ({"hour": 20, "minute": 0, "timezone": "-0330"}, True),
        ({"after": "2024-02-01", "timezone": "original"}, False),
        ({"before": "2024-01-31T18:31", "timezone": "America/New_York"}, True),
        # how long ago
        ({"over": "500 days"}, True),
        ({"over": "502 days"}, False),
        ({"under": "502 days", "over": "500 days"}, True),
        ({"under": "500 days"}, False),
        # whether it is there
        ({"exists": True}, True),
        ({"exists": False}, False),
    ],
)
def test_sent_looks_at_the_date_in_the_time_zone_of_the_facts(match: object, expected: bool) -> None:
    assert matches({"sent": match}, MAIL, KYIV) is expected
    assert matches({"date": {"date": match}}, MAIL, KYIV) is expected


@pytest.mark.parametrize("header", ["Subject: no date", "Date: soon", "Date:", "Date: Mon, 1 Jan 0001 00:00:00 +0000"])
@pytest.mark.parametrize("match", [{"over": "1 day"}, {"under": "1 day"}, {"year": {"over": 0}}, {"exists": True}])
def test_what_is_no_date_matches_nothing(header: str, match: object) -> None:
    assert not matches({"sent": match}, message(header))
    assert matches({"not": {"sent": match}}, message(header))
    assert matches({"sent": {"exists": False}}, message(header))


@pytest.mark.parametrize(
    ("window", "hours"),
    [
        ({"after": "18:00", "before": "06:00"}, {18, 23, 0, 5}),
        ({"after": "06:00", "before": "18:00"}, {6, 17}),
        ({"after": "18:00"}, {18, 23}),
        ({"before": "06:00"}, {0, 5}),
        ({"after": "18:00", "before": "00:00"}, {18, 23}),
        ({"after": "00:00", "before": "06:00"}, {0, 5}),
    ],
)
def test_a_window_goes_over_midnight(window: object, hours: set[int]) -> None:
    found = {
        hour
        for hour in (0, 5, 6, 17, 18, 23)
        if matches({"received": {"time": window}}, message(received=NOW.replace(hour=hour)))
    }
    assert found == hours


@pytest.mark.parametrize("zone", ["Europe/Kyiv", "+0300"])
def test_summer_time_counts_where_the_zone_has_it(zone: str) -> None:
    before, after = message(CLOCKS_BACK), message(CLOCKS_BACK.replace("00:30", "01:30"))
    at_three = {"hour": 3, "timezone": zone}

    assert matches({"sent": at_three}, before)
    assert matches({"sent": at_three}, after) is (zone == "Europe/Kyiv")
    assert matches({"sent": {"zone": "+0300", "timezone": zone}}, before)
    assert matches({"sent": {"zone": "+0200", "timezone": zone}}, after) is (zone == "Europe/Kyiv")


@pytest.mark.parametrize(("limit", "found"), [("2024-10-27T03:30", True), ("2024-10-27T04:00", False)])
def test_a_limit_in_the_hour_that_comes_twice_is_its_first(limit: str, found: bool) -> None:
    second = message(CLOCKS_BACK.replace("00:30", "01:30"))

    assert matches({"sent": {"after": limit}}, message(CLOCKS_BACK), KYIV) is found
    assert matches({"sent": {"after": limit}}, second, KYIV) is found


def test_now_is_the_moment_of_evaluation() -> None:
    christmas = replace(KYIV, now=datetime(2025, 12, 24, 22, 30, tzinfo=UTC))

    assert matches({"now": "2025-12-25"}, message(), christmas)
    assert matches({"now": {"weekday": "sun", "hour": 12}}, message())
    assert matches({"now": {"after": "2025-06-15", "before": "2025-06-16", "time": {"after": "12:00"}}}, message())
    assert not matches({"now": {"date": {"before": "2025-12-25"}}}, message(), christmas)


def test_received_is_unknown_if_it_was_not_fetched_or_is_out_of_range() -> None:
    for received in (None, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        for match in ({"received": {"year": 2025}}, {"not": {"received": {"year": 2025}}}):
            verdict = ruleset(rule(match)).explain(message(received=received), KYIV)
            assert (verdict.unknown, verdict.trace[0].conditions[0].result) == (("r",), Truth.UNKNOWN)


RECEIVED = message(
    "Received: by c; Wed, 3 Jan 2024 10:00:00 +0000",
    "Received: by b; soon",
    "Received: by a; Mon, 1 Jan 2024 10:00:00 +0000",
)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"day": 1}, True),
        ({"day": 3}, True),
        ({"day": {"over": 1, "under": 3}}, False),
        ({"day": 1, "weekday": "wed"}, False),  # all of one date
        ({"nth": 1, "day": 3}, True),
        ({"nth": 1, "day": 1}, False),
        ({"nth": 2, "exists": True}, False),
        ({"nth": 2, "exists": False}, True),
        ({"nth": 3, "day": 1}, True),
        ({"nth": -1, "day": 1}, True),
        ({"nth": -3, "day": 3}, True),
        ({"nth": -4, "exists": True}, False),
        ({"nth": 4, "exists": True}, False),
    ],
)
def test_one_occurrence_is_enough_unless_one_is_picked(match: object, expected: bool) -> None:
    assert matches({"date": {"received": match}}, RECEIVED) is expected


def test_only_the_headers_that_are_asked_for_are_fetched() -> None:
    match = {"sent": "2024-01-31", "date": {"Resent-Date": "2024-01-31", "x-due": {"year": 2024}}, "now": "2024-01-31"}

    assert ruleset(rule(match)).header_fields == {"DATE", "RESENT-DATE", "X-DUE"}


@pytest.mark.parametrize(
    ("match", "lines", "trace"),
    [
        ({"sent": {"before": "2024-01-31"}}, "", ("sent.before", "2024-01-31", "Thu 2024-02-01 01:30:15 +0200")),
        ({"sent": {"hour": 3}}, "", ("sent.hour.is", "3", "Thu 2024-02-01 01:30:15 +0200")),
        ({"sent": "2024-02-01"}, "", ("sent.date.is", '"2024-02-01"', "Thu 2024-02-01 01:30:15 +0200")),
        ({"sent": {"weekday": ["Sat", 0]}}, "", ("sent.weekday", '"sat" or "sun"', "Thu 2024-02-01 01:30:15 +0200")),
        ({"sent": {"julian": 1}}, "", ("sent.julian.is", "1", "60341")),
        ({"sent": {"std11": "x"}}, "", ("sent.std11.contains", '"x"', "Thu, 01 Feb 2024 01:30:15 +0200")),
        (
            {"sent": {"hour": 3, "timezone": "original"}},
            "",
            ("sent", "hour.is 3 and timezone original", "Wed 2024-01-31 23:30:15 +0000"),
        ),
        (
            {"sent": {"time": {"after": "18:00", "before": "06:00"}}},
            "",
            ("sent", "time.after 18:00:00 and time.before 06:00:00", "Thu 2024-02-01 01:30:15 +0200"),
        ),
        ({"sent": {"over": "2 weeks"}}, "Date: Soon\x1b", ("sent.over", "2 weeks", "Soon\\u001b (no date)")),
        ({"sent": {"exists": False}}, "Subject: x", ("sent.exists", "false", "(absent)")),
        ({"now": {"year": 2024}}, "", ("now.year.is", "2024", "Sun 2025-06-15 15:00:00 +0300")),
        ({"received": {"year": 2024}}, "", ("received.year.is", "2024", "(unknown)")),
        (
            {"date": {"X-A": {"nth": -1, "zone": "-0000", "timezone": "original"}}},
            "X-A: soon\r\nX-A: 5 Mar 24 10:00",
            ("date.X-A", 'nth -1 and zone.is "-0000" and timezone original', "-0000"),
        ),
        (
            {"date": {"X-A": {"year": 1999}}},
            "X-A: 5 Mar 24 10:00\r\nX-A: 6 Mar 24 10:00",
            ("date.X-A.year.is", "1999", "Tue 2024-03-05 12:00:00 +0200, Wed 2024-03-06 12:00:00 +0200"),
        ),
    ],
)
def test_a_trace_shows_the_date_as_it_was_looked_at(match: object, lines: str, trace: tuple[str, str, str]) -> None:
    mail = message(lines, received=None) if lines else Message(MAIL.header)
    (shown,) = ruleset(rule(match)).explain(mail, KYIV).trace[0].conditions

    assert (shown.key, shown.wanted, shown.seen) == trace


@pytest.mark.parametrize(
    "name", ["", " ", "Europe", "../zone", "/etc/passwd", "\x00", "Europe/Atlantis", "+25", "+2400", "x" * 5000]
)
def test_a_zone_that_is_none_is_said_to_be_none(name: str) -> None:
    with pytest.raises(Exception, match="is no time zone"):
        read_zone(name)


# --- any date ---------------------------------------------------------------------------------------------------------

zones = st.sampled_from(["UTC", "Europe/Kyiv", "America/St_Johns", "Pacific/Kiritimati", "-0930", "+2359"])
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them bare


@given(moments.map(lambda when: when.replace(microsecond=0)), zones)
def test_each_part_is_pythons(when: datetime, zone: str) -> None:
    local = when.astimezone(zone_named(zone))
    match = {
        "year": local.year,
        "month": local.month,
        "day": local.day,
        "hour": local.hour,
        "minute": local.minute,
        "second": local.second,
        "weekday": local.isoweekday() % 7,
        "date": local.date().isoformat(),
        "zone": f"{local:%z}"[:5],
        "after": when.isoformat(),
        "before": (when + timedelta(seconds=1)).isoformat(),
        "iso8601": {"is": local.isoformat()},
        "timezone": zone,
    }

    assert matches({"received": match}, message(received=when))
    assert matches({"sent": match}, message(f"Date: {local:%d} {local:%b %Y %H:%M:%S %z}"))
    assert not matches({"received": match | {"after": match["before"], "before": "2200-01-01"}}, message(received=when))


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)), zones)
def test_no_moment_makes_it_raise(received: datetime, now: datetime, zone: str) -> None:
    parts = {"after": "1900-01-01", "julian": {"over": 1}, "std11": "a", "timezone": zone}
    rules = ruleset(rule({"any": [{"received": parts}, {"now": parts}, {"sent": {"over": "1 day"}}]}))
    mail = message("Date: Tue, 5 Mar 2024 10:00:00 +0100", received=received)

    rules.explain(mail, replace(FACTS, now=now))
    decide(rules, mail, replace(FACTS, now=now))


def test_a_time_that_is_left_out_is_the_moment_at_which_clocks_are_put_forward() -> None:
    moment = "2024-03-31T03:30"  # from 03:00, which is 01:00 UTC, it is 04:00
    last, first = (message(f"Date: Sun, 31 Mar 2024 {clock} +0000") for clock in ("00:59:59", "01:00:00"))

    assert [matches({"sent": {"after": moment}}, mail, KYIV) for mail in (last, first)] == [False, True]
    assert [matches({"sent": {"before": moment}}, mail, KYIV) for mail in (last, first)] == [True, False]


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    moment = "2024-10-27T03:30"
    last, first = (message(f"Date: Sun, 27 Oct 2024 {clock} +0000") for clock in ("00:29:59", "00:30:00"))

    assert [matches({"sent": {"after": moment}}, mail, KYIV) for mail in (last, first)] == [False, True]
