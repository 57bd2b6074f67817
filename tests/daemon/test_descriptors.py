"""Where the system grants too few descriptors for the accounts, the log says so at the start."""

from __future__ import annotations

import resource

import pytest
from structlog.testing import capture_logs

from mailrules.daemon.descriptors import make_room
from mailrules.daemon.logs import logger
from tests.daemon.test_door import SETTINGS

MANY = SETTINGS.model_copy(update={"watch": ("INBOX", "Lists/*", "Work"), "max_connections": 2})


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Stand in for the system's limits, the last one being in force."""
    limits = [(100, 1000)]
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _which, pair: limits.append(pair))
    return limits


def test_the_limit_is_raised_to_all_that_is_granted(limits: list[tuple[int, int]]) -> None:
    with capture_logs() as lines:
        make_room([SETTINGS], logger())
    assert limits[-1] == (1000, 1000)
    assert lines == []


def test_accounts_that_cannot_all_be_connected_are_told_of(limits: list[tuple[int, int]]) -> None:
    with capture_logs() as lines:
        make_room([MANY] * 500, logger())
    assert limits[-1] == (1000, 1000)
    (line,) = lines
    assert (line["log_level"], line["event"]) == ("error", "too few descriptors")
    assert "need 1064 at least" in line["reason"]
    assert "grants 1000" in line["reason"]


def test_a_system_that_lets_nothing_be_raised_is_lived_with(
    limits: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_which: int, _pair: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    make_room([SETTINGS], logger())
    assert limits == [(100, 1000)]
