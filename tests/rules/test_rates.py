"""`every` and `limit`: what can be written, and what a mistake is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from mailrules.rules import Rule


def rule(**keys: object) -> Rule:
    return Rule.model_validate({"name": "r", "match": "everything", "then": {"move": "A"}, **keys})


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("1 minute", timedelta(minutes=1)),
        ("12 hours", timedelta(hours=12)),
        ("1 day", timedelta(days=1)),
        ("520 weeks", timedelta(weeks=520)),
    ],
)
def test_a_rule_runs_as_often_as_it_says(every: str, expected: timedelta) -> None:
    assert rule(every=every).every == expected
    assert rule(every=every).model_dump(mode="json")["every"] == every


@pytest.mark.parametrize(
    ("limit", "count", "within"),
    [("1/minute", 1, timedelta(minutes=1)), (" 50 / Hour ", 50, timedelta(hours=1)), ("9/week", 9, timedelta(weeks=1))],
)
def test_a_rule_is_limited_within_a_window(limit: str, count: int, within: timedelta) -> None:
    read = rule(limit=limit).limit
    assert read is not None
    assert (read.count, read.within) == (count, within)


MISTAKES: list[tuple[dict[str, object], str]] = [
    ({"every": "0 minutes"}, 'write every = "1 minute" at the least'),
    ({"every": "521 weeks"}, 'write every = "520 weeks" at the most'),
    ({"every": "daily"}, '"daily" is no interval: write minutes, hours, days or weeks, "1 minute" at the least'),
    ({"every": 5}, "this is a number: write minutes, hours"),
    ({"every": "1 day", "chain": True}, "is for new mail"),
    ({"every": "1 day", "then": {"copy": "A"}}, "a copy alone would be made again each time"),
    ({"limit": "50"}, 'as in "50/hour"'),
    ({"limit": "0/hour"}, "enabled = false"),
    ({"limit": 50}, 'limit = "50/hour"'),
]


@pytest.mark.parametrize(("keys", "words"), MISTAKES, ids=[str(keys) for keys, _ in MISTAKES])
def test_a_mistake_is_told_with_what_to_write(keys: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        rule(**keys)
    (error,) = caught.value.errors()
    assert words in error["msg"]
