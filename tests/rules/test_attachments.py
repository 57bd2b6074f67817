"""Rules on the files at a message."""

from __future__ import annotations

import pytest

from mailrules.rules import MoveTo, Needs
from mailrules.rules.mime.items import MAX_ITEMS
from mailrules.rules.questions import Structure
from mailrules.rules.structure import Part
from tests.mime_corpus import messages, multipart, rfc822
from tests.rules.builders import FACTS, decide, message, problems, rule, ruleset
from tests.rules.local import decide_locally, holds

TEXT = "Content-Type: text/plain\n\nx\n"


def mail(*parts: str) -> bytes:
    return multipart(TEXT, *parts).encode()


def part(kind: str, *fields: str, body: str = "x") -> str:
    return "\n".join([f"Content-Type: {kind}", *fields, "", body, ""])


PDF = part("application/pdf", "Content-Disposition: attachment; filename=Invoice.pdf", "Content-Description: x")
PNG = part("image/png; name=a.png", "Content-Disposition: attachment")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (mail(), False),
        (mail(PDF), True),
        (mail(part("application/pdf")), False),
        (mail(part("application/pdf", "Content-Disposition: attachment")), True),
        (mail(part("application/pdf; name=a.pdf")), True),
        (mail(part("application/pdf; name=a.pdf", "Content-Disposition: inline")), True),
        (mail(part("text/plain; name=a.txt")), True),
        (mail(part("text/plain; name=a.txt", "Content-Disposition: inline")), False),
        (mail(part("text/plain", "Content-Disposition: attachment")), True),
        (mail(part("image/png", "Content-ID: <a@b>")), False),
        (mail(part("image/png", "Content-ID: <a@b>", "Content-Disposition: inline")), False),
        (mail(part("image/png; name=a.png", "Content-ID: <a@b>", "Content-Disposition: inline")), True),
        (mail(rfc822(TEXT)), True),
        (mail(rfc822(TEXT, header="Content-Disposition: inline\n")), True),
        (mail(multipart(TEXT, boundary="c").replace("mixed;", "mixed; name=a;")), False),
        (mail(rfc822(multipart(PDF, boundary="c"))), True),
        (PDF.encode(), True),
        (b"\nx\n", False),
    ],
)
def test_what_is_an_attachment(raw: bytes, expected: bool) -> None:
    assert holds({"attachment": True}, raw) is expected
    assert holds({"attachment": False}, raw) is not expected
    assert holds({"not": {"attachment": True}}, raw) is not expected


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({"name": "invoice"}, True),
        ({"name": {"glob": "*.PDF"}}, True),
        ({"name": {"glob": "*.PDF", "case_sensitive": True}}, False),
        ({"name": {"is": ["a.png", "b.png"]}}, True),
        ({"name": {"exists": True}}, True),
        ({"name": {"exists": False}}, False),
        ({"type": "application/pdf"}, True),
        ({"type": "APPLICATION/*"}, True),
        ({"type": ["video/*", "image/*"]}, True),
        ({"type": "image"}, None),
        ({"type": {"is": "image/png"}}, True),
        ({"type": {"starts_with": "text/"}}, False),
        ({"type": "*/png", "name": "invoice"}, False),
        ({"size": {"under": 10}}, True),
        ({"size": {"over": "1 KiB"}}, False),
        ({"exists": True}, True),
        ({"exists": True, "name": "invoice"}, True),
        ({"count": 2}, True),
        ({"count": {"over": 2}}, False),
        ({"count": 0, "type": "video/*"}, True),
        ({"count": 1, "type": "image/*"}, True),
        ({"count": {"at_least": 1, "at_most": 1}, "name": {"ends_with": ".pdf"}}, True),
    ],
)
def test_one_attachment_is_like_that(attachment: object, expected: bool | None) -> None:
    if expected is None:
        assert len(problems(match={"attachment": attachment})) == 1
    else:
        assert holds({"attachment": attachment}, mail(PDF, PNG)) is expected


def test_the_size_of_a_file_in_base64_is_about_the_files() -> None:
    lines = "\r\n".join(["A" * 76] * 100)
    file = part("a/b; name=x", "Content-Transfer-Encoding: base64", body=lines)

    assert holds({"attachment": {"size": {"over": 5600, "under": 5800}}}, mail(file))


def test_no_attachment_is_known_of_until_the_structure_is() -> None:
    rules = ruleset(rule({"attachment": {"name": "invoice"}}))
    mute = message("Subject: x").answered({Structure(): None})

    assert rules.evaluate(message("Subject: x"), FACTS) == Needs(frozenset({Structure()}))
    assert decide(rules, mute).unknown == ("r",)
    assert decide(ruleset(rule({"attachment": False})), mute).unknown == ("r",)
    assert decide(ruleset(rule({"attachment": {"count": 0}})), mute).unknown == ("r",)


@pytest.mark.parametrize(
    ("count", "matched", "unknown"),
    [(1, (), ("r",)), ({"at_least": 1}, ("r",), ()), ({"over": 2}, (), ()), ({"at_most": 2}, ("r",), ())],
)
def test_a_count_is_known_as_far_as_it_can_be(count: object, matched: object, unknown: object) -> None:
    large, odd = (Part(f"{at}", "a/b", disposition="attachment", octets=size) for at, size in ((1, 2000), (2, None)))
    known = message("Subject: x").answered({Structure(): Part("", "multipart/mixed", children=(large, odd))})

    verdict = decide(ruleset(rule({"attachment": {"size": {"over": 1000}, "count": count}})), known)

    assert (verdict.matched, verdict.unknown) == (matched, unknown)


@pytest.mark.parametrize(
    ("match", "target", "expected"),
    [
        ({"attachment": {"type": "image/*"}}, "{attachment.name}", "a.png"),
        ({"attachment": True}, "{attachment.name}", "Invoice.pdf"),
        ({"attachment": {"name": {"glob": "*.png"}}}, "{attachment.name.1}", "a"),
        ({"attachment": {"name": {"regex": r"^(?P<what>\w+)\.pdf"}}}, "{attachment.name.what}", "Invoice"),
        ({"attachment": {"type": "image/*"}}, "{attachment.type.1}", "png"),
        ({"size": {"over": 1}}, "{attachment.name}", "Invoice.pdf"),
        ({"attachment": {"count": 2}}, "{attachment.name}", "Invoice.pdf"),
        ({"attachment": {"count": 0, "name": "x"}}, "{attachment.name}", "Invoice.pdf"),
    ],
)
def test_names_make_mailboxes(match: object, target: str, expected: str) -> None:
    verdict = decide_locally(ruleset(rule(match, {"move": f"A/{target}"})), mail(PDF, PNG))

    assert isinstance(verdict.plan.ending, MoveTo), verdict.error
    assert verdict.plan.ending.target.path == f"A/{expected}"


def test_an_attachment_without_a_name_gives_none() -> None:
    rules = ruleset(rule({"attachment": True}, {"move": "{attachment.name}"}))

    verdict = decide_locally(rules, mail(part("a/b", "Content-Disposition: attachment"), PNG))

    assert verdict.error == "rule 'r': {attachment.name} has no value in this message"


def test_a_trace_shows_the_attachments() -> None:
    rules = ruleset(rule({"attachment": {"type": "image/*", "count": 1}}), rule({"attachment": True}, name="any"))

    traces = [trace.conditions[0] for trace in decide_locally(rules, messages()["two parts"]).trace]
    none = [trace.conditions[0] for trace in rules.explain(message("Subject: x"), FACTS).trace]

    assert [(trace.key, trace.wanted, trace.seen) for trace in traces] == [
        ("attachment.exists", "true", "invoice.pdf (application/pdf)")
    ]
    assert [trace.seen for trace in none] == ["(not asked)", "(not asked)"]
    assert none[0].wanted == 'type.glob "image/*" and count.is 1'


def test_a_thousand_parts_are_looked_at() -> None:
    raw = mail(*[PDF] * (MAX_ITEMS + 100))

    assert holds({"attachment": {"count": MAX_ITEMS - 2}}, raw)
