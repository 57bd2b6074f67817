"""Patterns that look at a part of a domain: their dots count, and they find it however its labels are spelt."""

from __future__ import annotations

import pytest

from mailrules.rules import Ruleset
from mailrules.rules.definitions import Definitions
from mailrules.rules.lookup import Lookup
from tests.rules.builders import FACTS, decide, matches, message, problems, rule, ruleset


@pytest.mark.parametrize(
    ("match", "sender", "expected"),
    [
        ({"domain": {"starts_with": "mail."}}, "a@mailinator.example", False),
        ({"domain": {"starts_with": "mail."}}, "a@mail.example", True),
        ({"domain": {"contains": "mail."}}, "a@gmailer.example", False),
        ({"domain": {"contains": "."}}, "a@localhost", False),
        ({"domain": {"contains": "."}}, "a@mail.example", True),
        ({"domain": {"ends_with": "."}}, "a@mail.example.", False),
        ({"domain": {"glob": "*."}}, "a@mail.example", False),
        ({"address": {"starts_with": "ann@mail."}}, "ann@mailinator.example", False),
        ({"address": {"starts_with": "Ann@Mail."}}, "ann@mail.example", True),
        ("*@mail.*", "a@mailinator.example", False),
        # a whole domain has no dot of the root
        ({"domain": "mail.example."}, "a@mail.example", True),
        ({"address": "a@mail.example."}, "a@mail.example", True),
        ("@mail.example.", "a@mail.example.", True),
    ],
)
def test_dots_at_the_ends_of_patterns_count(match: object, sender: str, *, expected: bool) -> None:
    assert matches({"from": match}, message(f"From: {sender}")) is expected


@pytest.mark.parametrize(
    "match",
    [
        {"domain": "münchen.example"},
        {"domain": "XN--MNCHEN-3YA.example"},
        {"domain": {"contains": "münch"}},
        {"domain": {"contains": "xn--mnch"}},
        {"domain": {"starts_with": "Mün"}},
        {"domain": {"ends_with": "chen.example"}},
        {"domain": {"glob": "m?nchen.*"}},
        {"domain": {"regex": "^mün.*e$"}},
        {"domain": {"regex": r"^xn--.*-3ya\."}},
        {"address": {"ends_with": "@münchen.example"}},
        {"address": {"glob": "A*@mün*", "case_sensitive": True}},
        {"address": {"regex": "^Ann@mün"}},
        "@*ünchen.example",
        "ann@mün*",
        {"matches": "Ann@mün*", "case_sensitive": True},
    ],
)
@pytest.mark.parametrize("sender", ["Ann@münchen.example", "Ann@xn--mnchen-3ya.example"])
def test_an_international_domain_is_found_by_either_of_its_spellings(match: object, sender: str) -> None:
    mail = message(f"From: {sender}")
    rules = ruleset(rule({"from": match}))
    assert decide(rules, mail).matched == ("r",)
    assert rules.explain(mail, FACTS).matched == ("r",)


@pytest.mark.parametrize(
    "match", [{"domain": {"ends_with": "strasse.example"}}, "@*strasse.example", {"address": {"contains": "@strasse"}}]
)
def test_a_domain_is_not_found_by_one_that_only_sounds_like_it(match: object) -> None:
    assert not matches({"from": match}, message("From: a@straße.example"))


@pytest.mark.parametrize(
    "match", [{"domain": "."}, "@.", "ann@.", {"address": "@."}, {"domain": {"is": ["a.b", "。"]}}]
)
def test_what_is_no_domain_but_a_dot_is_refused(match: object) -> None:
    assert len(problems(match={"from": match})) == 1


def test_an_address_without_a_domain_is_of_no_domain() -> None:
    mail = message("From: root")
    rules = ruleset(rule({"from": ["@*", "x@y.example"]}))
    assert decide(rules, mail).matched == rules.explain(mail, FACTS).matched == ()


@pytest.mark.parametrize(("pattern", "mailbox"), [("mail.*", "xn--mnchen-3ya.example"), ("mail.mün*", "chen.example")])
def test_a_group_is_of_the_spelling_that_the_pattern_is_in(pattern: str, mailbox: str) -> None:
    rules = ruleset(rule({"from": {"domain": {"glob": pattern}}}, {"move": "{from.domain.1}"}))
    plan = decide(rules, message("From: a@mail.münchen.example")).plan
    assert plan.to_json() == [{"move": mailbox}]


def test_the_group_of_a_domain_is_looked_up_as_a_domain() -> None:
    tables = Definitions({"cities": Lookup({"münchen.example": "Munich"})})
    then = {"move": "{cities[from.domain.1]}"}
    rules = Ruleset((rule({"from": {"domain": {"glob": "mail.*"}}}, then),), tables)
    assert decide(rules, message("From: a@mail.münchen.example")).plan.to_json() == [{"move": "Munich"}]
