"""Conditions on the addresses in any header: the same as on From or To, by the header's name."""

from __future__ import annotations

import pytest

from mailrules.rules import Ruleset
from tests.rules.builders import FACTS, matches, message, problems, rule, ruleset

MAIL = message(
    "From: ann@example.org",
    'Resent-From: "Lee, Bob" <bob+x@example.com>',
    "Delivered-To: ann@example.org",
    "Delivered-To: carl@mail.example.net",
)


@pytest.mark.parametrize(
    ("header", "wanted", "holds"),
    [
        ("Resent-From", "bob+x@example.com", True),
        ("resent-FROM", "@example.com", True),
        ("Resent-From", "ann@example.org", False),
        ("Resent-From", {"user": "bob", "detail": "x", "name": "Lee"}, True),
        ("Resent-From", {"user": "bob", "detail": "y"}, False),
        ("Delivered-To", "*@*.example.net", True),
        ("Delivered-To", {"nth": 1, "domain": "mail.example.net"}, False),
        ("Delivered-To", {"nth": -1, "domain": "mail.example.net"}, True),
        ("Delivered-To", {"count": 2}, True),
        ("Resent-To", {"exists": False}, True),
        ("Resent-To", "ann@example.org", False),
    ],
)
def test_what_stands_below_a_name_is_what_stands_below_from(header: str, wanted: object, holds: bool) -> None:
    assert holds is matches({"address": {header: wanted}}, MAIL)


def test_several_names_must_all_hold() -> None:
    both = {"Resent-From": "@example.com", "Delivered-To": "ann@example.org"}

    assert matches({"address": both}, MAIL)
    assert not matches({"address": both | {"Resent-To": "ann@example.org"}}, MAIL)


def test_the_headers_are_fetched_and_rules_found_by_them() -> None:
    rules: Ruleset = ruleset(
        *(rule({"address": {"Resent-From": f"u{number}@example.com"}}, name=str(number)) for number in range(20)),
        rule({"address": {"Resent-From": "bob+x@example.com"}}, name="bob"),
    )

    assert frozenset({"RESENT-FROM"}) == rules.header_fields
    assert ("bob",) == rules.explain(MAIL, FACTS).matched


def test_a_trace_names_the_header() -> None:
    verdict = ruleset(rule({"address": {"Resent-From": "@example.com"}})).explain(MAIL, FACTS)
    (condition,) = verdict.trace[0].conditions

    assert ("address.Resent-From.matches", '"@example.com"', "Lee, Bob <bob+x@example.com>") == (
        condition.key,
        condition.wanted,
        condition.seen,
    )


def test_a_mistake_is_told_as_below_from() -> None:
    (problem,) = problems(match={"address": {"Resent-From": "example.com"}}, then={"trash": True})

    assert ("match", "address", "Resent-From") == problem[0][:3]
    assert 'write "@example.com"' in problem[1]
