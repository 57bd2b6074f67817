"""Conditions on what is not a header: size, age, flags and search; unread they are unknown."""

from datetime import timedelta

import pytest

from mailrules.rules import Message, Needs, Truth
from mailrules.rules.questions import Search
from tests.rules.builders import FACTS, NOW, decide, matches, message, rule, ruleset, searched


@pytest.mark.parametrize(
    ("size", "match", "expected"),
    [
        (1024, {"over": 1023}, True),
        (1024, {"over": 1024}, False),
        (1024, {"under": 1025}, True),
        (1024, {"under": 1024}, False),
        (1024, {"over": "1 KB"}, True),
        (1024, {"over": "1 KiB"}, False),
        (1024, {"under": "1.5 kb"}, True),
        (2**20 + 1, {"over": "1MiB"}, True),
        (10**6, {"over": "1 MB"}, False),
        (10**9, {"under": "1 GiB"}, True),
        (100, {"over": "99 B", "under": 101}, True),
        (200, {"over": "99 B", "under": 101}, False),
        (0, {"under": 1}, True),
    ],
)
def test_size_counts_octets(size: int, match: object, expected: bool) -> None:
    assert matches({"size": match}, message(size=size)) is expected


@pytest.mark.parametrize(
    ("age", "match", "expected"),
    [
        (timedelta(days=91), {"over": "90 days"}, True),
        (timedelta(days=90), {"over": "90 days"}, False),
        (timedelta(days=13), {"under": "2 weeks"}, True),
        (timedelta(hours=13), {"over": "12 hours"}, True),
        (timedelta(minutes=3), {"under": "1 hour"}, True),
        (timedelta(minutes=3), {"over": "2 MINUTES"}, True),
        (timedelta(days=1, seconds=1), {"over": "1 day", "under": "2 days"}, True),
        (timedelta(days=3), {"over": "1 day", "under": "2 days"}, False),
        (timedelta(hours=-1), {"under": "1 minute"}, True),
    ],
)
def test_age_counts_back_from_now(age: timedelta, match: object, expected: bool) -> None:
    assert matches({"age": match}, message(received=NOW - age)) is expected


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("\\Seen", True),
        ("\\seen", True),
        ("$INVOICE", True),
        ("\\Flagged", False),
        (["\\Flagged", "$Invoice"], True),
        ({"has": "\\Seen"}, True),
        ("\\Deleted", False),
    ],
)
def test_flags_are_there_or_not(match: object, expected: bool) -> None:
    assert matches({"flags": match}, message(flags=frozenset({"\\Seen", "$invoice"}))) is expected


@pytest.mark.parametrize(
    "match",
    [
        {"size": {"over": 1}},
        {"age": {"over": "1 day"}},
        {"flags": "\\Seen"},
        {"search": "SEEN"},
    ],
)
def test_what_is_not_known_is_unknown_also_when_turned_round(match: dict[str, object]) -> None:
    mail = Message(b"", answers=searched({"SEEN": None}))

    for around in (match, {"not": match}, {"any": [match, {"subject": "x"}]}, {"not": {"not": match}}):
        verdict = decide(ruleset(rule(around)), mail)
        assert (verdict.matched, verdict.unknown, bool(verdict.plan)) == ((), ("r",), False)


@pytest.mark.parametrize(
    ("search", "answers", "expected"),
    [
        ("SEEN", {"SEEN": True}, Truth.TRUE),
        ("SEEN", {"SEEN": False}, Truth.FALSE),
        ("SEEN", {"SEEN": None}, Truth.UNKNOWN),
        (" SEEN ", {"SEEN": True}, Truth.TRUE),
        (["SEEN", "FLAGGED"], {"SEEN": False, "FLAGGED": True}, Truth.TRUE),
        (["SEEN", "FLAGGED"], {"SEEN": None, "FLAGGED": True}, Truth.TRUE),
        (["SEEN", "FLAGGED"], {"SEEN": None, "FLAGGED": False}, Truth.UNKNOWN),
    ],
)
def test_search_is_what_the_server_said(search: object, answers: dict[str, bool | None], expected: Truth) -> None:
    verdict = ruleset(rule({"search": search})).explain(message(answers=searched(answers)), FACTS)

    assert verdict.trace[0].result is expected


def test_a_search_that_was_not_asked_is_needed() -> None:
    assert ruleset(rule({"search": ["SEEN", "FLAGGED"]})).evaluate(message(), FACTS) == Needs(
        frozenset({Search("SEEN"), Search("FLAGGED")})
    )
