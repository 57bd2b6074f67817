"""`any`, `all` and `not`, three-valued: every combination of what holds, does not, and is not known."""

from dataclasses import replace

import pytest

from mailrules.rules import Message, Truth
from mailrules.rules.questions import Labels
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN
from tests.rules.builders import FACTS, NOW, matches, message, rule, ruleset, searched

# With this message these conditions are true, false and unknown: its size was not fetched.
MAIL = Message(b"Subject: yes\r\n\r\n", received=NOW)
T = {"subject": "yes"}
F = {"message_id": "no"}
U = {"size": {"over": 1}}


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("everything", TRUE),
        (T, TRUE),
        (F, FALSE),
        (U, UNKNOWN),
        # several keys: all of them
        (T | F, FALSE),
        (T | U, UNKNOWN),
        (F | U, FALSE),
        (T | F | U, FALSE),
        # any
        ({"any": [T]}, TRUE),
        ({"any": [F]}, FALSE),
        ({"any": [U]}, UNKNOWN),
        ({"any": [F, T]}, TRUE),
        ({"any": [U, T]}, TRUE),
        ({"any": [U, F]}, UNKNOWN),
        ({"any": [F | U, T | F]}, FALSE),
        ({"any": [T | U, F]}, UNKNOWN),
        # all
        ({"all": [T, T]}, TRUE),
        ({"all": [T, F]}, FALSE),
        ({"all": [T, U]}, UNKNOWN),
        ({"all": [U, F]}, FALSE),
        # not: each key excludes by itself
        ({"not": T}, FALSE),
        ({"not": F}, TRUE),
        ({"not": U}, UNKNOWN),
        ({"not": T | F}, FALSE),
        ({"not": F | U}, UNKNOWN),
        ({"not": T | U}, FALSE),
        # the way to exclude a conjunction
        ({"not": {"all": [T | F]}}, TRUE),
        ({"not": {"all": [T, T]}}, FALSE),
        ({"not": {"all": [T, U]}}, UNKNOWN),
        ({"not": {"all": [F, U]}}, TRUE),
        # nested
        ({"not": {"not": T}}, TRUE),
        ({"not": {"not": U}}, UNKNOWN),
        ({"not": {"any": [F, U]}}, UNKNOWN),
        ({"any": [{"all": [T, {"not": F}]}, U]}, TRUE),
        (T | {"any": [F, T], "all": [T], "not": F}, TRUE),
        (T | {"any": [F, F], "all": [U], "not": U}, FALSE),
        (T | {"any": [T], "all": [T], "not": U}, UNKNOWN),
    ],
)
def test_groups_fold_three_values(match: object, expected: Truth) -> None:
    verdict = ruleset(rule(match)).explain(MAIL, FACTS)

    assert verdict.trace[0].result is expected
    assert verdict.matched == (("r",) if expected is TRUE else ())
    assert verdict.unknown == (("r",) if expected is UNKNOWN else ())
    assert bool(verdict.plan) is (expected is TRUE)


def test_keys_under_not_are_of_one_address_when_they_are_of_one_field() -> None:
    mail = Message(b"To: Ann <ann@a.example>, bob@b.example\r\n\r\n")

    def result(match: object) -> Truth:
        return ruleset(rule(match)).explain(mail, FACTS).trace[0].result

    assert result({"not": {"to": {"name": "ann", "domain": "b.example"}}}) is TRUE
    assert result({"not": {"to": {"name": "ann", "domain": "a.example"}}}) is FALSE


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("header", {"X-A": "spam"}, {"X-B": "spam"}),
        ("address", {"Resent-To": "a@b.example"}, {"Resent-Cc": "a@b.example"}),
        ("date", {"X-D": {"year": 2024}}, {"X-E": {"year": 2024}}),
        ("auth", {"dkim": "fail"}, {"spf": "fail"}),
        ("gmail", {"labels": "Work"}, {"raw": "x"}),
    ],
)
def test_names_below_a_condition_must_all_hold_and_under_not_each_excludes_by_itself(
    key: str, first: dict[str, object], second: dict[str, object]
) -> None:
    facts = replace(FACTS, authserv_ids=("mx",))
    mail = message(
        "X-A: spam",
        "Resent-To: a@b.example",
        "X-D: Tue, 5 Mar 2024 10:00:00 +0000",
        "Authentication-Results: mx; dkim=fail; spf=pass",
    ).answered({Labels(): frozenset({"Work"}), **searched({'X-GM-RAW "x"': False})})

    assert matches({key: first}, mail, facts)
    assert not matches({key: second}, mail, facts)
    assert not matches({key: first | second}, mail, facts)
    assert not matches({"not": {key: first | second}}, mail, facts)
    assert not matches({"any": [{key: first | second}]}, mail, facts)
    assert matches({"not": {key: second}}, mail, facts)
    assert matches({"not": {"all": [{key: first | second}]}}, mail, facts)
