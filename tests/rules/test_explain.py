"""The trace shows each condition with what it wanted and what it saw, and never says anything else than the verdict."""

from datetime import timedelta

import pytest

from mailrules.rules import ConditionTrace, Message, RuleTrace
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN
from tests.rules.builders import FACTS, decide, message, rule, ruleset, searched

MAIL = message(
    "From: Ann <ann@example.org>",
    "To: a@a.example, Bob <b@b.example>",
    "Subject: an invoice\x1b\u202e",
    "X-Long: " + "x" * 300,
)


def conditions(match: object, mail: Message = MAIL) -> tuple[ConditionTrace, ...]:
    return ruleset(rule(match)).explain(mail, FACTS).trace[0].conditions


def line(match: object, mail: Message = MAIL) -> tuple[str, str, str, object]:
    (trace,) = conditions(match, mail)
    return trace.key, trace.wanted, trace.seen, trace.result


def test_text_is_shown_as_it_was_wanted_and_seen() -> None:
    assert line({"subject": ["bill", "INVOICE"]}) == (
        "subject.contains",
        '"bill" or "INVOICE"',
        "an invoice\\u001b\\u202e",
        TRUE,
    )
    assert line({"subject": {"starts_with": "a", "ends_with": "b"}})[:2] == (
        "subject",
        'starts_with "a" and ends_with "b"',
    )
    assert line({"subject": {"regex": "x"}})[0] == "subject.regex"
    assert line({"header": {"x-Long": "y"}}) == ("header.x-Long.contains", '"y"', "x" * 99 + "…", FALSE)
    assert line({"message_id": "y"}) == ("message_id.contains", '"y"', "(absent)", FALSE)
    assert line({"message_id": {"exists": False}}) == ("message_id.exists", "false", "(absent)", TRUE)


def test_an_address_is_shown_by_the_part_that_was_looked_at() -> None:
    assert line({"to": "@b.example"}) == ("to.matches", '"@b.example"', "Bob <b@b.example>", TRUE)
    assert line({"to": "@c.example"})[2:] == ("a@a.example, Bob <b@b.example>", FALSE)
    assert line({"to": {"domain": "b.example"}}) == ("to.domain.is", '"b.example"', "b.example", TRUE)
    assert line({"to": {"domain": "c.example"}})[2:] == ("a.example, b.example", FALSE)
    assert line({"to": {"name": "x"}})[2:] == ("Bob", FALSE)
    assert line({"to": {"detail": "x"}})[2:] == ("(absent)", FALSE)
    assert line({"to": {"domain": "b.example", "local": "a"}}) == (
        "to",
        'local.is "a" and domain.is "b.example"',
        "a@a.example, Bob <b@b.example>",
        FALSE,
    )
    assert line({"cc": "*"})[2:] == ("(absent)", FALSE)


def test_what_is_not_known_says_so() -> None:
    nothing = Message(b"")

    assert line({"size": {"over": "1 KB"}}, nothing) == ("size.over", "1000", "(unknown)", UNKNOWN)
    assert line({"age": {"under": "2 weeks"}}, nothing) == ("age.under", "2 weeks", "(unknown)", UNKNOWN)
    assert line({"flags": "\\seen"}, nothing) == ("flags.has", '"\\Seen"', "(unknown)", UNKNOWN)
    assert line({"search": "SEEN"}, nothing) == ("search", "SEEN", "(not asked)", UNKNOWN)
    assert line({"search": "SEEN"}, nothing.answered(searched({"SEEN": None})))[2:] == ("(unknown)", UNKNOWN)
    assert line({"search": "SEEN"}, nothing.answered(searched({"SEEN": False})))[2:] == ("not found", FALSE)


def test_numbers_and_flags_are_shown() -> None:
    mail = message(size=10, flags=frozenset({"\\Seen", "a"}))

    assert line({"size": {"over": 1, "under": 5}}, mail) == ("size", "over 1 and under 5", "10", FALSE)
    assert line({"flags": ["a", "b"]}, mail) == ("flags.has", '"a" or "b"', "\\Seen, a", TRUE)
    assert line({"flags": "a"}, message()) == ("flags.has", '"a"', "(absent)", FALSE)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(days=100, minutes=1), "100 days"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(hours=3, minutes=59), "3 hours"),
        (timedelta(seconds=119.9), "119 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(days=-1), "0 seconds"),
    ],
)
def test_an_age_is_shown_as_people_say_it(age: timedelta, said: str) -> None:
    assert line({"age": {"over": "1 day"}}, message(received=FACTS.now - age))[2] == said


def test_groups_show_all_their_children() -> None:
    (any_,) = conditions({"any": [{"subject": "invoice"}, {"not": {"subject": "x"}}]})

    assert (any_.key, any_.result) == ("any", TRUE)
    assert [(child.key, child.result) for child in any_.children] == [("0", TRUE), ("1", TRUE)]
    ((not_,),) = [child.children for child in any_.children[1:]]
    assert (not_.key, not_.result, not_.children[0].key) == ("not", TRUE, "subject.contains")


def test_every_rule_is_traced_also_those_that_were_not_reached() -> None:
    rules = ruleset(
        rule({"subject": "no"}, name="no"),
        rule(then={"move": "A"}, name="end"),
        rule({"subject": "invoice"}, name="late"),
    )
    verdict = rules.explain(MAIL, FACTS)

    assert [(each.rule, each.result, each.reached) for each in verdict.trace] == [
        ("no", FALSE, True),
        ("end", TRUE, True),
        ("late", TRUE, False),
    ]
    assert verdict.matched == ("end",)


def test_evaluate_traces_only_what_was_not_false() -> None:
    rules = ruleset(rule({"subject": "no"}, name="no"), rule({"subject": "invoice"}, name="yes"))
    verdict = decide(rules, MAIL)

    assert [each.rule for each in verdict.trace] == ["yes"]
    assert verdict.trace[0] == rules.explain(MAIL, FACTS).trace[1]


def test_a_rule_for_everything_has_no_conditions() -> None:
    assert ruleset(rule()).explain(MAIL, FACTS).trace == (RuleTrace("r", TRUE, ()),)
