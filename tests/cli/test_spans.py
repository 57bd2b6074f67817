"""Moments on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mailrules.cli.spans import moment
from mailrules.config import ConfigError

NOW = datetime(2025, 3, 2, 12, 0, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")  # two hours ahead


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("1h", "2025-03-02T11:00"),
        ("30m", "2025-03-02T11:30"),
        ("90 minutes", "2025-03-02T10:30"),
        ("2 days ago", "2025-02-28T12:00"),
        ("1w", "2025-02-23T12:00"),
        ("today", "2025-03-01T22:00"),
        ("Yesterday", "2025-02-28T22:00"),
        ("8:15", "2025-03-02T06:15"),
        ("8:15:05", "2025-03-02T06:15:05"),
        ("14:30:05", "2025-03-02T12:30:05"),
        ("2025-02-28", "2025-02-27T22:00"),
        ("2025-02-28T10:00", "2025-02-28T08:00"),
        ("2025-02-28T10:00Z", "2025-02-28T10:00"),
    ],
)
def test_a_moment_is_how_long_ago_or_a_date_in_the_rule_files_time_zone(text: str, utc: str) -> None:
    assert moment("--since", text, NOW, KYIV) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "1 month", "1x", "25:00", "2025-13-01", "999999w", "-1h"])
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--since .*: no such time: write how long ago"):
        moment("--since", text, NOW, KYIV)
