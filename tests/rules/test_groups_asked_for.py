"""A target's group is asked for though the rule is known to match without it, and only where it can be found."""

import pytest

from mailrules.rules import Needs
from mailrules.rules.questions import Structure
from tests.rules.builders import FACTS, rule, ruleset
from tests.rules.local import decide_locally, message_of

RAW = b"From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\nhi 42\r\n"
IN_BODY = {"body": {"regex": "hi ([0-9]+)"}}


@pytest.mark.parametrize(
    ("match", "target", "mailbox"),
    [
        ({"any": [{"subject": "x"}, IN_BODY]}, "{body.1}", "42"),
        ({"any": [{"subject": "x"}, {"all": [{"subject": "x"}, IN_BODY]}]}, "{body.1}", "42"),
        ({"subject": "x", "any": [{"from": "@b.example"}, {"part": {"type": "text/*"}}]}, "{part.type.1}", "plain"),
    ],
    ids=str,
)
def test_what_is_left_open_is_asked_for_its_group(match: object, target: str, mailbox: str) -> None:
    verdict = decide_locally(ruleset(rule(match, {"move": target})), RAW)
    assert verdict.error is None
    assert verdict.plan.to_json() == [{"move": mailbox}]


@pytest.mark.parametrize(
    "match",
    [
        {"any": [{"subject": "x"}, {"subject": "y", **IN_BODY}]},
        {"any": [{"subject": "x"}, {"not": IN_BODY}, {"subject": {"regex": "(y)"}}, {"from": "z@b", **IN_BODY}]},
    ],
    ids=str,
)
def test_what_can_have_no_group_is_not_asked(match: object) -> None:
    rules = ruleset(rule(match, {"move": "{body.1}"}))
    assert decide_locally(rules, RAW).error == "rule 'r': {body.1} has no value in this message"
    assert not isinstance(rules.evaluate(message_of(RAW), FACTS), Needs)


def test_other_fields_are_not_asked_for_it() -> None:
    match = {"any": [{"subject": {"regex": "(x)"}}, IN_BODY]}
    assert not isinstance(ruleset(rule(match, {"move": "{subject.1}"})).evaluate(message_of(RAW), FACTS), Needs)
    needs = ruleset(rule(match, {"move": "{body.1}"})).evaluate(message_of(RAW), FACTS)
    assert needs == Needs(frozenset({Structure()}))
