"""`thread`: answers are known by what they answer, and follow it into its mailbox."""

import pytest

from mailrules.rules import Message, Needs, Rule, Truth
from mailrules.rules.conditions.thread import MAX_RELATIVES, relatives
from mailrules.rules.questions import Filed
from tests.rules.builders import FACTS, decide, message, problems, rule, ruleset

ANSWER = message(
    "Subject: Re: help", "In-Reply-To: <2@example.org>", "References: <0@example.org> <1@example.org> <2@example.org>"
)
RELATIVES = ("<2@example.org>", "<1@example.org>", "<0@example.org>")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["In-Reply-To: <a@x>"], ("<a@x>",)),
        (["In-Reply-To: Your message of Monday <a@x>"], ("<a@x>",)),
        (["References: <a@x>", "In-Reply-To: <b@x>"], ("<b@x>", "<a@x>")),
        (["References: <a@x><b@x>\r\n <c@x>"], ("<c@x>", "<b@x>", "<a@x>")),
        (["References: <a@x> <b@x> <a@x>"], ("<a@x>", "<b@x>")),
        (["References: <=?utf-8?q?a?=@x>"], ("<=?utf-8?q?a?=@x>",)),
        (["References: a@x, <b c@x> <<d@x>> <>"], ("<d@x>",)),
        (["References: <" + "a" * 1000 + "@x>"], ()),
        (["Subject: <a@x>"], ()),
    ],
)
def test_relatives_are_what_it_answers_and_then_the_references_from_the_end(
    lines: list[str], expected: tuple[str, ...]
) -> None:
    assert relatives(message(*lines)) == expected


def test_of_a_long_conversation_the_nearest_relatives_are_asked_for() -> None:
    references = " ".join(f"<{number}@x>" for number in range(1000))
    found = relatives(message(f"References: {references}"))
    assert len(found) == MAX_RELATIVES
    assert found[0] == "<999@x>"


def holds(match: object, filed: str | None, mail: Message = ANSWER) -> Truth:
    rules = ruleset(rule({"thread": match}))
    assert rules.evaluate(mail, FACTS) == Needs(frozenset({Filed(RELATIVES)}))
    verdict = decide(rules, mail.answered({Filed(RELATIVES): filed}))
    return Truth.UNKNOWN if verdict.unknown else Truth.TRUE if verdict.matched else Truth.FALSE


@pytest.mark.parametrize(
    ("match", "filed", "expected"),
    [
        ({"in": "Support/*"}, "Support/Acme", Truth.TRUE),
        ("Support/*", "Support/Acme/Old", Truth.TRUE),
        ("Support/%", "Support/Acme/Old", Truth.FALSE),
        (["Sales", "Support/Acme"], "Support/Acme", Truth.TRUE),
        ("Support/*", "Support", Truth.FALSE),
        ("*", "", Truth.FALSE),
        ("inbox", "INBOX", Truth.TRUE),
        ("*", None, Truth.UNKNOWN),
        ({"in": "*", "exists": True}, "Support", Truth.TRUE),
    ],
)
def test_where_the_conversation_is_filed_decides(match: object, filed: str | None, expected: Truth) -> None:
    assert holds(match, filed) is expected


@pytest.mark.parametrize(
    ("match", "mail", "expected"),
    [
        ({"exists": True}, ANSWER, True),
        ({"exists": False}, ANSWER, False),
        ({"exists": True}, message("Subject: Re: x"), False),
        ({"exists": False}, message("Subject: Re: x"), True),
        ("*", message("References: nonsense"), False),
    ],
)
def test_whether_it_answers_anything_needs_no_question(match: object, mail: Message, expected: bool) -> None:
    assert (decide(ruleset(rule({"thread": match})), mail).matched == ("r",)) is expected


def follow(target: str) -> Rule:
    return rule({"subject": "help"}, {"move": target})


@pytest.mark.parametrize(
    ("target", "filed", "path"),
    [
        ("{thread.mailbox}", "Support/Acme", "Support/Acme"),
        ("{thread.mailbox}", "INBOX", "INBOX"),
        ("{thread.mailbox}/Answers", "Support", "Support/Answers"),
        ("Answers/{thread.mailbox}", "Support/Acme", "Answers/Support/Acme"),
    ],
)
def test_answers_follow_into_the_mailbox(target: str, filed: str, path: str) -> None:
    rules = ruleset(follow(target))
    assert rules.evaluate(ANSWER, FACTS) == Needs(frozenset({Filed(RELATIVES)}))
    assert decide(rules, ANSWER.answered({Filed(RELATIVES): filed})).plan.to_json() == [{"move": path}]
    assert rules.header_fields == {"SUBJECT", "IN-REPLY-TO", "REFERENCES"}


@pytest.mark.parametrize("mail", [message("Subject: help"), ANSWER.answered({Filed(RELATIVES): ""})])
def test_a_conversation_that_was_never_filed_has_no_mailbox(mail: Message) -> None:
    assert decide(ruleset(follow("{thread.mailbox}")), mail).error == (
        "rule 'r': {thread.mailbox} has no value in this message"
    )


def test_a_trace_shows_the_mailbox() -> None:
    rules = ruleset(rule({"thread": "Support/*"}))
    mails = [ANSWER, *(ANSWER.answered({Filed(RELATIVES): path}) for path in ("Support/A", "", None))]
    seen = [rules.explain(mail, FACTS).trace[0].conditions[0].seen for mail in mails]
    assert seen == ["(not asked)", "Support/A", "(never filed)", "(unknown)"]


@pytest.mark.parametrize(
    ("match", "where", "says"),
    [
        (True, (), "this is true: write thread.in with mailboxes"),
        ({}, (), "an empty table says nothing"),
        ({"in": []}, ("in",), "an empty list matches nothing"),
        ({"in": "*", "exists": False}, (), "exists = false stands alone"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(match: object, where: tuple[str, ...], says: str) -> None:
    ((place, text),) = problems(match={"thread": match})
    assert place == ("match", "thread", *where)
    assert says in text
