"""Rules run in order within their scope, ask in one round for what only the server knows, and have one hash."""

from dataclasses import replace

import pytest

from mailrules.rules import Facts, Needs, Rule, Ruleset, Verdict
from mailrules.rules.headers import MAX_OCTETS
from mailrules.rules.questions import Search
from tests.rules.builders import FACTS, decide, message, rule, ruleset, searched

MOVE = {"move": "A"}
TAG = {"add_flags": "x"}
MAIL = message("Subject: yes")


def needs(*searches: str) -> Needs:
    return Needs(frozenset(map(Search, searches)))


# What is asked for


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"search": "SEEN"}, needs("SEEN")),
        ({"search": "SEEN", "subject": "yes"}, needs("SEEN")),
        ({"search": "SEEN", "subject": "no"}, None),
        ({"not": {"search": "SEEN"}}, needs("SEEN")),
        ({"not": {"search": "SEEN", "subject": "yes"}}, None),
        ({"any": [{"search": "SEEN"}, {"subject": "yes"}]}, None),
        ({"any": [{"search": "SEEN"}, {"subject": "no"}]}, needs("SEEN")),
        ({"any": [{"search": "SEEN"}, {"search": "FLAGGED"}]}, needs("SEEN", "FLAGGED")),
        ({"any": [{"search": "SEEN", "subject": "no"}, {"search": "FLAGGED"}]}, needs("FLAGGED")),
        ({"all": [{"search": "SEEN"}, {"search": "FLAGGED"}]}, needs("SEEN", "FLAGGED")),
        ({"all": [{"search": ["SEEN", "DRAFT"]}, {"subject": "yes"}]}, needs("SEEN", "DRAFT")),
    ],
)
def test_a_search_is_asked_only_if_all_else_leaves_the_rule_open(match: object, expected: Needs | None) -> None:
    found = ruleset(rule(match)).evaluate(MAIL, FACTS)

    assert (found if isinstance(found, Needs) else None) == expected


def test_one_round_asks_for_all_rules_that_may_be_reached() -> None:
    rules = ruleset(
        rule({"search": "ONE"}, MOVE, name="1"),
        rule({"search": "TWO", "subject": "no"}, MOVE, name="2"),
        rule({"search": "THREE"}, TAG, name="3"),
        rule({"search": "WATCHED"}, TAG, name="4", mode="observe"),
        rule("everything", MOVE, name="5"),
        rule({"search": "UNREACHED"}, TAG, name="6"),
    )

    assert rules.evaluate(MAIL, FACTS) == needs("ONE", "THREE", "WATCHED")


@pytest.mark.parametrize(
    ("answers", "matched", "observed", "unknown"),
    [
        ({"ONE": True}, ("one",), (), ()),
        ({"ONE": False, "TWO": True, "W": True}, ("two", "end"), ("w",), ()),
        ({"ONE": None, "TWO": False, "W": False}, ("end",), (), ("one",)),
        ({"ONE": None, "TWO": None, "W": None}, ("end",), (), ("one", "two", "w")),
    ],
)
def test_answers_decide(answers: dict[str, bool | None], matched: object, observed: object, unknown: object) -> None:
    rules = ruleset(
        rule({"search": "ONE"}, MOVE, name="one"),
        rule({"search": "TWO"}, TAG, name="two"),
        rule({"search": "W"}, MOVE, name="w", mode="observe"),
        rule("everything", MOVE, name="end"),
    )
    asked = rules.evaluate(MAIL, FACTS)
    assert asked == needs("ONE", "TWO", "W")

    verdict = decide(rules, MAIL.answered(searched(answers)))

    assert (verdict.matched, verdict.observed, verdict.unknown) == (matched, observed, unknown)


def test_what_was_asked_and_refused_is_not_asked_again() -> None:
    verdict = decide(ruleset(rule({"search": "SEEN"})), MAIL.answered(searched({"SEEN": None})))

    assert (verdict.unknown, bool(verdict.plan)) == (("r",), False)


@pytest.mark.parametrize("thrown", [{"trash": True}, {"expunge": True}])
@pytest.mark.parametrize("kept", [MOVE, {"stop": True}])
def test_nothing_is_thrown_away_that_an_undecided_rule_might_keep(
    thrown: dict[str, object], kept: dict[str, object]
) -> None:
    rules = ruleset(rule({"search": "ONE"}, kept, name="keep"), rule("everything", thrown, name="old"))

    verdict = decide(rules, MAIL.answered(searched({"ONE": None})))

    assert not verdict.plan
    assert verdict.error == "rule 'old' would throw it away, and whether rule 'keep' keeps it is unknown"


@pytest.mark.parametrize("thrown", [{"trash": True}, {"expunge": True}])
def test_nothing_is_thrown_away_for_want_of_what_is_behind_the_bounds_of_a_header(thrown: dict[str, object]) -> None:
    rules = ruleset(rule({"not": {"to": "@me.example"}}, thrown, name="not to me"))
    others = ", ".join(["someone@else.example"] * (MAX_OCTETS // 20))
    verdict = decide(rules, message(f"To: {others}, ann@me.example"))
    assert not verdict.plan
    assert verdict.error == "rule 'not to me' would throw it away, and its header is too long to be looked at whole"


@pytest.mark.parametrize(
    ("undecided", "ending"),
    [
        (rule({"search": "ONE"}, TAG, name="tag"), {"trash": True}),
        (rule({"search": "ONE"}, MOVE, name="on trial", mode="observe"), {"trash": True}),
        (rule({"search": "ONE"}, MOVE, name="elsewhere", mailboxes="Other"), {"trash": True}),
        (rule({"search": "ONE"}, {"stop": True}, name="keep"), MOVE),
    ],
    ids=["it would not end the run", "it is on trial", "it is not for this mailbox", "nothing is thrown away"],
)
def test_other_undecided_rules_stand_in_nobodys_way(undecided: Rule, ending: dict[str, object]) -> None:
    verdict = decide(ruleset(undecided, rule("everything", ending, name="end")), MAIL.answered(searched({"ONE": None})))

    assert (verdict.error, bool(verdict.plan)) == (None, True)


def test_an_undecided_rule_behind_does_not_matter() -> None:
    rules = ruleset(rule("everything", {"trash": True}, name="old"), rule({"search": "ONE"}, MOVE, name="late"))

    assert decide(rules, MAIL).plan


# What is run


def test_a_message_that_no_rule_matches_stays_as_it_is() -> None:
    assert decide(ruleset(rule({"subject": "no"})), MAIL) == Verdict()
    assert decide(ruleset(), MAIL) == Verdict()


def test_each_rule_sees_the_message_as_it_came() -> None:
    rules = ruleset(rule(then={"add_flags": "x"}, name="one"), rule({"flags": "x"}, MOVE, name="two"))

    assert decide(rules, MAIL).matched == ("one",)


def test_an_observed_rule_is_as_if_absent_but_recorded() -> None:
    rules = ruleset(
        rule(then=MOVE, name="watched", mode="observe"),
        rule(then={"move": "{cc.domain}"}, name="without a value", mode="observe"),
        rule(then=TAG, name="real"),
    )
    verdict = decide(rules, MAIL)

    assert (verdict.observed, verdict.matched) == (("watched", "without a value"), ("real",))
    assert verdict.plan.to_json() == [{"add_flags": ["x"]}]
    assert [each.rule for each in verdict.trace] == ["watched", "without a value", "real"]
    assert verdict.error is None


def test_a_disabled_rule_is_not_run_and_asks_for_nothing() -> None:
    rules = ruleset(rule({"header": {"X-A": "a"}}, name="off", enabled=False), rule(name="on"))

    assert rules.header_fields == frozenset()
    assert [each.rule for each in rules.explain(MAIL, FACTS).trace] == ["on"]


@pytest.mark.parametrize(
    ("scope", "account", "mailbox", "inside"),
    [
        ({}, "work", "INBOX", True),
        ({"accounts": "work"}, "work", "INBOX", True),
        ({"accounts": "home"}, "work", "INBOX", False),
        ({"accounts": ["home", "w*"]}, "work", "INBOX", True),
        ({"mailboxes": "INBOX"}, "work", "inbox", True),
        ({"mailboxes": "INBOX"}, "work", "Lists", False),
        ({"mailboxes": ["Lists/%"]}, "work", "Lists/a", True),
        ({"mailboxes": ["Lists/%"]}, "work", "Lists/a/b", False),
        ({"mailboxes": ["Lists/*"]}, "work", "Lists/a/b", True),
        ({"accounts": "work", "mailboxes": "Lists/*"}, "home", "Lists/a", False),
    ],
)
def test_a_rule_out_of_scope_is_skipped(scope: dict[str, object], account: str, mailbox: str, inside: bool) -> None:
    rules = ruleset(rule(name="scoped", **scope), rule(name="other"))
    facts = replace(FACTS, account=account, mailbox=mailbox)

    expected = ("scoped", "other") if inside else ("other",)
    assert decide(rules, MAIL, facts).matched == expected
    assert tuple(each.rule for each in rules.explain(MAIL, facts).trace) == expected


def test_very_many_mailboxes_are_fine() -> None:
    rules = ruleset(rule(mailboxes="Box7*"))
    facts = [replace(FACTS, mailbox=f"Box{number}") for number in range(1000)]

    def matched(each: Facts) -> bool:
        return decide(rules, MAIL, each).matched == ("r",)

    assert sum(map(matched, facts)) == sum(map(matched, facts)) == 111


# What is known of the rules


def test_header_fields_are_those_of_conditions_and_templates() -> None:
    rules = ruleset(
        rule({"from": "@a.example", "any": [{"recipient": "@b.example"}, {"not": {"header": {"x-a": "b"}}}]}),
        rule({"size": {"over": 1}}, {"move": "{list_id.name}/{header.X-Ticket}", "copy": ["{subject}", "A"]}),
        rule({"message_id": "a"}, {"move": "{reply_to.domain}"}),
    )

    assert rules.header_fields == {
        *("FROM", "TO", "CC", "BCC", "X-A", "LIST-ID", "X-TICKET", "SUBJECT", "MESSAGE-ID", "REPLY-TO")
    }


def test_the_digest_is_that_of_the_rules_meaning() -> None:
    one = ruleset(rule({"from": "@a.example", "subject": "x"}, MOVE))
    same = ruleset(rule({"subject": {"contains": ["x"]}, "from": {"matches": "@a.example"}}, MOVE, enabled=True))
    others = [
        ruleset(rule({"from": "@a.example", "subject": "y"}, MOVE)),
        ruleset(rule({"from": "@a.example", "subject": "x"}, MOVE, enabled=False)),
        ruleset(rule({"from": "@a.example", "subject": "x"}, {"move": "B"})),
        ruleset(rule({"from": "@a.example", "subject": "x"}, MOVE), rule(name="s")),
        ruleset(),
    ]

    assert one.digest == same.digest
    assert one == same
    assert len({one.digest, *(other.digest for other in others)}) == 6


def test_the_digest_stays_what_it_was() -> None:
    rules = Ruleset((rule({"subject": "ü"}, {"move": "A/{from.domain}"}, name="a"),))

    assert rules.digest == "ca9f465a6fd92eb45931736bd1deba35baacd6661224468e425d285f1349ed6c"


def test_rules_that_are_named_do_not_run_and_ask_nothing() -> None:
    rules = ruleset(rule({"search": "SEEN"}, MOVE, name="asks"), rule({"subject": "yes"}, TAG, name="tags"))
    found = rules.evaluate(MAIL, FACTS, without=("asks",))

    assert isinstance(found, Verdict)
    assert found.matched == ("tags",)
