"""Rules on what a message says."""

from __future__ import annotations

import pytest

from mailrules.rules import Needs
from mailrules.rules.mime.transfer import decode_transfer
from mailrules.rules.questions import CONTENT_LIMIT, Content, RawBody, Structure
from mailrules.rules.structure import Part
from tests.mime_corpus import messages, multipart, rfc822
from tests.rules.builders import FACTS, decide, message, rule, ruleset
from tests.rules.local import decide_locally, holds

HTML = "Content-Type: text/html; charset=utf-8\n\n<h1>Ваш <b>раху</b>нок</h1><p>100&nbsp;EUR</p>\n"
FILE = "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nsecret\n"
DATA = "Content-Type: application/x-data\nContent-Transfer-Encoding: base64\n\nc2VjcmV0\n"
TEXT = "\nGood morning,\n\nhere is the Invoice.\n"
RAW = multipart(TEXT, HTML, FILE, DATA).replace("\n\n--b", "\n\npreamble\n--b", 1).encode() + b"epilogue\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("invoice", True),
        (["nothing", "invoice"], True),
        ("рахунок", True),
        ("РАХУНОК", True),
        ("100 eur", True),
        ("<b>", False),
        ("secret", False),
        ("preamble", False),
        ({"contains": "invoice", "case_sensitive": True}, False),
        ({"contains": "Invoice", "starts_with": "good"}, True),
        ({"contains": "рахунок", "starts_with": "good"}, False),
        ({"is": "ваш рахунок\n100 eur"}, True),
        ({"contains": "morning, here\tis"}, True),
        ({"contains": "morning, here is", "case_sensitive": True}, False),
        ({"contains": "morning, here is", "of": "text/plain"}, False),
        ({"contains": ["x", "morning,  here"], "of": "text"}, True),
        ({"glob": "*morning*invoice*"}, True),
        ({"glob": "*here is the*"}, True),
        ({"regex": r"(?m)^here is the \w+\.$"}, True),
        ({"exists": True}, True),
        ({"exists": False}, False),
        ({"of": "text", "contains": "invoice"}, True),
        ({"of": "text/html", "contains": "<b>раху</b>"}, True),
        ({"of": "TEXT/Html", "contains": "invoice"}, False),
        ({"of": "text/*", "contains": "secret"}, True),
        ({"of": ["image/*", "application/*"], "is": "secret"}, True),
        ({"of": "*", "contains": "preamble"}, True),
        ({"of": "multipart/*", "contains": "epilogue"}, True),
        ({"of": "multipart/*", "contains": "invoice"}, False),
        ({"of": "video/*", "exists": False}, True),
        ({"of": "raw", "contains": "c2VjcmV0"}, True),
        ({"of": "raw", "contains": "secret"}, True),
        ({"of": "raw", "contains": "рахунок"}, False),
        ({"of": "raw", "starts_with": "preamble\r\n--b"}, True),
    ],
)
def test_the_body_is_like_that(body: object, expected: bool) -> None:
    assert holds({"body": body}, RAW) is expected


def test_a_body_of_blanks_is_none() -> None:
    for of in ("text", "raw", "text/plain"):
        assert holds({"body": {"of": of, "exists": False}}, b"Subject: x\n\n \n\n")
        assert holds({"body": {"of": of, "exists": True}}, b"Subject: x\n\n a\n\n")


def test_what_is_far_down_is_not_looked_at() -> None:
    raw = b"\n" + b"x" * (CONTENT_LIMIT - 6) + b"needle" + b"thread"

    assert [holds({"body": {"of": of, "contains": "needle"}}, raw) for of in ("text", "raw")] == [True, True]
    assert [holds({"body": {"of": of, "contains": "thread"}}, raw) for of in ("text", "raw")] == [False, False]


def test_a_part_is_decoded_once_for_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []

    def counted(octets: bytes, encoding: str) -> bytes:
        decoded.append(octets)
        return decode_transfer(octets, encoding)

    monkeypatch.setattr("mailrules.rules.mime.bodies.decode_transfer", counted)
    rules = ruleset(*(rule({"body": f"nothing {number}"}, name=f"{number}") for number in range(50)))

    assert decide_locally(rules, b"\nx\n").matched == ()
    assert decoded == [b"x\r\n"]


TEXT_PART = Part("1", "text/plain", octets=10)
TWO = Part("", "multipart/mixed", children=(TEXT_PART, Part("2", "text/html", octets=10), Part("3", "a/b", octets=5)))


def test_the_structure_is_asked_for_first_and_then_what_is_needed_of_it() -> None:
    rules = ruleset(rule({"body": "invoice"}))
    first = message("Subject: x")
    second = first.answered({Structure(): TWO})

    assert rules.evaluate(first, FACTS) == Needs(frozenset({Structure()}))
    assert rules.evaluate(second, FACTS) == Needs(frozenset({Content("1"), Content("2")}))
    assert ruleset(rule({"body": {"of": "raw", "contains": "x"}})).evaluate(first, FACTS) == Needs(
        frozenset({RawBody()})
    )
    assert decide(ruleset(rule({"body": "invoice", "subject": "y"})), first).matched == ()


@pytest.mark.parametrize(
    ("body", "first", "second", "truth"),
    [
        ("invoice", b"an invoice", None, "true"),
        ("invoice", b"nothing", None, "unknown"),
        ("invoice", b"nothing", b"nothing", "false"),
        ({"exists": False}, b"text", None, "false"),
        ({"exists": False}, b" ", None, "unknown"),
        ({"exists": False}, b" ", b" ", "true"),
        ({"exists": True}, b" ", None, "unknown"),
    ],
)
def test_a_part_that_the_server_does_not_give_leaves_it_open(
    body: object, first: bytes, second: bytes | None, truth: str
) -> None:
    known = message("Subject: x").answered({Structure(): TWO, Content("1"): first, Content("2"): second})

    (trace,) = ruleset(rule({"body": body})).explain(known, FACTS).trace

    assert trace.result.value == truth


def test_without_a_structure_nothing_is_known() -> None:
    mute = message("Subject: x").answered({Structure(): None, RawBody(): None})

    assert decide(ruleset(rule({"body": "x"})), mute).unknown == ("r",)
    assert decide(ruleset(rule({"body": {"of": "raw", "exists": True}})), mute).unknown == ("r",)


def test_a_trace_shows_what_was_read() -> None:
    rules = ruleset(rule({"any": [{"body": "nothing"}, {"body": {"of": "text/html", "contains": "p"}}]}))
    asked = message("Subject: x").answered({Structure(): TWO})

    (trace,) = decide_locally(rules, RAW).trace
    (open_one,) = rules.explain(asked, FACTS).trace
    (mute,) = rules.explain(asked.answered({Content("1"): None, Content("2"): None}), FACTS).trace

    first, second = (each.children[0] for each in trace.conditions[0].children)
    assert (first.key, first.wanted) == ("body.contains", '"nothing"')
    assert first.seen.startswith("Good morning,\\n\\nhere is the Invoice.")
    assert (second.key, second.wanted) == ("body.of(text/html).contains", '"p"')
    assert [each.children[0].seen for each in open_one.conditions[0].children] == ["(not asked)"] * 2
    assert [each.children[0].seen for each in mute.conditions[0].children] == ["(unknown)"] * 2


def test_groups_of_patterns_make_mailboxes() -> None:
    rules = ruleset(rule({"body": {"regex": r"the (\w+)\."}}, {"move": "A/{body.1}"}))

    assert decide_locally(rules, RAW).plan.to_json() == [{"move": "A/Invoice"}]


def test_a_message_of_the_usual_kind_is_read() -> None:
    assert holds({"body": "a needle & thread"}, messages()["alternatives"])


def test_what_is_in_an_attachment_is_not_said_by_the_message() -> None:
    forwarded = rfc822("\nsecret\n")
    named = "Content-Type: text/plain; name=log.txt\n\nsecret\n"
    for attached in (forwarded, named, FILE):
        raw = multipart(TEXT, attached).encode()
        assert holds({"attachment": True, "body": "invoice"}, raw)
        assert not holds({"body": "secret"}, raw)
    assert holds(
        {"body": "secret"}, multipart(TEXT, named.replace("\n\n", "\nContent-Disposition: inline\n\n", 1)).encode()
    )
