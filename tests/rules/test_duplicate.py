"""`duplicate`: whether a message like this one was met before, and by what it will be known again."""

from datetime import timedelta

import pytest

from mailrules.rules import Message, Needs, Truth
from mailrules.rules.questions import Met
from tests.rules.builders import FACTS, decide, message, problems, rule, ruleset

MAIL = message("Message-ID: <1@example.org>", "Subject: Disk full", "From: Ann <Ann@Example.org>", "X-Alert: db1")


def question(match: object, mail: Message = MAIL) -> Met:
    needs = ruleset(rule({"duplicate": match})).evaluate(mail, FACTS)
    assert isinstance(needs, Needs)
    (asked,) = needs.questions
    assert isinstance(asked, Met)
    return asked


def holds(match: object, *, met: bool | None, mail: Message = MAIL) -> Truth:
    rules = ruleset(rule({"duplicate": match}))
    verdict = decide(rules, mail.answered({question(match, mail): met}))
    return Truth.UNKNOWN if verdict.unknown else Truth.TRUE if verdict.matched else Truth.FALSE


@pytest.mark.parametrize(
    ("match", "met", "expected"),
    [
        (True, True, Truth.TRUE),
        (True, False, Truth.FALSE),
        (True, None, Truth.UNKNOWN),
        (False, True, Truth.FALSE),
        (False, False, Truth.TRUE),
        (False, None, Truth.UNKNOWN),
        ({"by": "subject"}, True, Truth.TRUE),
        ({"is": False, "by": "subject"}, True, Truth.FALSE),
    ],
)
def test_the_state_decides(match: object, met: bool | None, expected: Truth) -> None:
    assert holds(match, met=met) is expected


def test_the_question_says_how_long_and_from_when() -> None:
    assert (question(True).within, question(True).since_last) == (timedelta(days=7), False)
    asked = question({"within": "12 hours", "since_last": True, "handle": "alerts"})
    assert (asked.within, asked.since_last, asked.mark.handle) == (timedelta(hours=12), True, "alerts")


@pytest.mark.parametrize(
    ("match", "other", "same"),
    [
        (True, ["Message-Id: <1@example.org>", "Subject: Other"], True),
        (True, ["Message-ID: <2@example.org>", "Subject: Disk full"], False),
        ({"by": "subject"}, ["Subject: =?utf-8?q?Disk_full?="], True),
        ({"by": "subject"}, ["Subject: Disk full!"], False),
        ({"by": "from"}, ["From: ann@example.ORG"], True),
        ({"by": "from"}, ["From: bob@example.org"], False),
        ({"by": "header.X-Alert"}, ["x-alert:  db1 "], True),
        ({"by": "header.x-alert"}, ["X-Alert: db2"], False),
    ],
)
def test_what_is_compared_is_the_field_it_is_by(match: object, other: list[str], same: bool) -> None:
    assert (question(match).mark == question(match, message(*other)).mark) is same


def test_marks_by_different_fields_are_different() -> None:
    mail = message("Message-ID: x", "Subject: x")
    assert question(True, mail).mark != question({"by": "subject"}, mail).mark


@pytest.mark.parametrize("by", ["message_id", "subject", "list_id", "from", "sender", "reply_to", "header.X-Alert"])
def test_a_message_without_the_field_is_no_duplicate(by: str) -> None:
    mail = message("To: ann@example.org")
    assert decide(ruleset(rule({"duplicate": {"by": by}})), mail).matched == ()
    assert decide(ruleset(rule({"duplicate": {"by": by, "is": False}})), mail).matched == ("r",)


def test_the_header_it_is_by_is_fetched() -> None:
    assert ruleset(rule({"duplicate": True})).header_fields == {"MESSAGE-ID"}
    assert ruleset(rule({"duplicate": {"by": "header.X-a"}})).header_fields == {"X-A"}


def test_a_message_leaves_each_mark_that_a_rule_in_scope_asks_for() -> None:
    rules = ruleset(
        rule({"duplicate": True}, name="one"),
        rule({"any": [{"subject": "x"}, {"not": {"duplicate": {"by": "subject"}}}]}, name="nested"),
        rule({"duplicate": {"handle": "off"}}, name="off", enabled=False),
        rule({"duplicate": {"handle": "home"}}, name="elsewhere", accounts=["home"]),
        rule({"duplicate": {"handle": "archive"}}, name="other mailbox", mailboxes=["Archive"]),
        rule({"duplicate": {"handle": "trial"}}, name="on trial", mode="observe"),
        rule({"duplicate": {"by": "header.X-None"}}, name="absent"),
    )
    expected = {question(match).mark for match in (True, {"by": "subject"}, {"handle": "trial"})}
    assert rules.marks(MAIL, FACTS) == expected


def test_without_such_a_rule_a_message_leaves_no_marks() -> None:
    assert ruleset(rule(), rule({"subject": "x"}, name="s")).marks(MAIL, FACTS) == frozenset()


def test_a_mark_is_short_and_tells_nothing_of_the_message() -> None:
    mark = question({"by": "subject"}, message(f"Subject: {'secret ' * 10_000}")).mark
    assert "secret" not in mark.key
    assert len(mark.key) == 64


def test_a_trace_shows_what_it_went_by() -> None:
    rules = ruleset(rule({"duplicate": True}))
    seen = [
        rules.explain(mail, FACTS).trace[0].conditions[0].seen
        for mail in (
            MAIL,
            MAIL.answered({question(True): True}),
            MAIL.answered({question(True): False}),
            MAIL.answered({question(True): None}),
            message(),
        )
    ]
    assert seen == [
        "<1@example.org> (not asked)",
        "<1@example.org> (met before)",
        "<1@example.org> (the first)",
        "<1@example.org> (unknown)",
        "(absent)",
    ]


@pytest.mark.parametrize(
    ("match", "where", "says"),
    [
        ("yes", (), "this is text: write duplicate = true"),
        ({}, (), "an empty table says nothing"),
        ({"by": "colour"}, ("by",), 'messages can\'t be compared by "colour": write one of "message_id"'),
        ({"by": "header."}, ("by",), "messages can't be compared by"),
        ({"by": ["subject"]}, ("by",), "this is a list: write one field's name"),
        ({"within": "0 days"}, ("within",), "write a time of up to 365 days"),
        ({"within": "9 years"}, ("within",), '"9 years" is no age'),
        ({"within": "400 days"}, ("within",), "write a time of up to"),
        ({"handle": ""}, ("handle",), "a handle is a text of 1 to 200 characters"),
        ({"since_last": "yes"}, ("since_last",), "write true or false"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(match: object, where: tuple[str, ...], says: str) -> None:
    ((place, text),) = problems(match={"duplicate": match})
    assert place == ("match", "duplicate", *where)
    assert says in text
