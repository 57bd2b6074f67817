"""The message of a test is a real one, and the facts about it are those that were written."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.questions import CONTENT_LIMIT, Structure
from mailrules.rules.selftest import Case
from mailrules.rules.selftest.compose import compose
from mailrules.rules.selftest.mail import Mail
from mailrules.rules.selftest.stage import Staged, Trial, answers, stage
from mailrules.rules.structure import Part
from tests.rules.selftest.running import FACTS, NOW, one, rule


def mail(**keys: object) -> Mail:
    return Mail.model_validate(keys)


def staged(**keys: object) -> Staged:
    case = Case.model_validate({"name": "t", "message": keys, "expect": {"stay": True}})
    return stage(Trial(case, FACTS), NOW)


def test_other_programs_read_what_was_written() -> None:
    written = compose(
        mail(
            **{"from": ["Ann Lee <ann@example.org>", '"Bøb, Jr" <bob@bücher.example>']},
            to="Team: a@example.org, b@example.org;",
            cc='"a b" <"x y"@example.org>',
            subject="Приклад " * 20,
            list_id="Python <python.example.org>",
            message_id="1@example.org",
            in_reply_to="0@example.org",
            references=["00@example.org", "<0@example.org>"],
            header={"X-Any": ["Ж", "two"]},
            body="Grüße\nßßß",
            html="<p>Grüße",
            attachments=["a.pdf", {"name": 'звіт "1".zip', "size": 100}, {"content": "text", "type": "text/plain"}],
        ),
        NOW,
        "n",
    )
    read = message_from_bytes(written.raw, policy=default)
    assert [each.addr_spec for each in read["From"].addresses] == ["ann@example.org", "bob@xn--bcher-kva.example"]
    assert [each.display_name for each in read["From"].addresses] == ["Ann Lee", "Bøb, Jr"]
    assert [group.display_name for group in read["To"].groups] == ["Team"]
    assert [each.addr_spec for each in read["Cc"].addresses] == ['"x y"@example.org']
    assert read["Subject"].split() == ["Приклад"] * 20
    assert read["List-Id"] == "Python <python.example.org>"
    assert (read["Message-ID"], read["In-Reply-To"]) == ("<1@example.org>", "<0@example.org>")
    assert read["References"] == "<00@example.org> <0@example.org>"
    assert read.get_all("X-Any") == ["Ж", "two"]
    assert parsedate_to_datetime(read["Date"]) == NOW
    body, html = read.get_body(("plain",)), read.get_body(("html",))
    assert body is not None
    assert html is not None
    assert (body.get_content().split(), html.get_content().strip()) == (["Grüße", "ßßß"], "<p>Grüße")
    attached = list(read.iter_attachments())
    assert [each.get_filename() for each in attached] == ["a.pdf", 'звіт "1".zip', None]
    assert [each.get_content_type() for each in attached] == ["application/pdf", "application/zip", "text/plain"]
    assert [len(each.get_content()) for each in attached] == [0, 100, 4]
    assert b"\n" not in written.raw.replace(b"\r\n", b"")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


@given(WORDS, WORDS)
def test_any_subject_and_text_come_back_as_they_were_written(subject: str, body: str) -> None:
    message = staged(subject=subject, body=body).message
    assert [text.value.split() for text in message.fields.texts("SUBJECT")] == [normalize("NFC", subject).split()]


def test_a_big_attachment_is_not_written_out_but_has_its_size() -> None:
    small, big = (staged(attachments=[{"name": "a.zip", "size": size}]) for size in (CONTENT_LIMIT // 2, "3 GiB"))
    assert len(big.content.raw) < 2 * CONTENT_LIMIT
    assert (big.message.size or 0) > 3 << 30
    assert small.message.size == len(small.content.raw)


def test_the_structure_says_how_big_a_big_attachment_is() -> None:
    case = mail(body="x", attachments=["a.txt", {"name": "b.zip", "size": "1 GiB"}])
    content = compose(case, NOW, "n")
    structure = answers(case, content, frozenset({Structure()}))[Structure()]
    assert isinstance(structure, Part)
    octets = [part.octets for part in structure.children]
    assert octets[:2] == [1, 0]
    assert octets[2] == pytest.approx((1 << 30) * 78 / 57, rel=1e-6)


def test_a_message_from_a_file_is_as_it_would_be_on_a_server() -> None:
    content = b"Subject: one\nDate: Mon, 03 Mar 2025 09:00:00 +0000\n\nbody\n"
    case = Case.model_validate({"name": "t", "message": {"file": "x.eml"}, "expect": {"stay": True}})
    message = stage(Trial(case, FACTS, content), NOW).message
    assert message.size == len(content) + 4
    assert message.received == datetime(2025, 3, 3, 9, tzinfo=UTC)
    assert message.header == b"Subject: one\r\nDate: Mon, 03 Mar 2025 09:00:00 +0000\r\n\r\n"


MARCH = datetime(2025, 3, 3, tzinfo=UTC)
APRIL = datetime(2025, 4, 4, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "received", "now"),
    [
        ({}, NOW, NOW),
        ({"received": "2025-03-03"}, MARCH, MARCH),
        ({"now": "2025-03-03"}, MARCH, MARCH),
        ({"sent": MARCH.date()}, MARCH, MARCH),
        ({"received": "2025-03-03", "now": APRIL}, MARCH, APRIL),
        ({"sent": "2025-03-03", "now": APRIL.replace(tzinfo=None)}, APRIL, APRIL),
        ({"age": "1 day", "now": "2025-03-04"}, MARCH, datetime(2025, 3, 4, tzinfo=UTC)),
        ({"age": "1 hour"}, datetime(2025, 6, 15, 11, tzinfo=UTC), NOW),
    ],
)
def test_a_message_has_just_arrived_unless_the_test_says_otherwise(
    facts: dict[str, object], received: datetime, now: datetime
) -> None:
    set_up = staged(**{"subject": "x", **facts})
    assert (set_up.message.received, set_up.facts.now) == (received, now)


def test_facts_stand_beside_any_kind_of_message() -> None:
    set_up = staged(raw="Subject: x\n\nhi", size="2 MiB", flags=["\\Flagged"], mailbox="Lists", mailboxes=["INBOX"])
    assert (set_up.message.size, set_up.message.flags) == (2 << 20, frozenset({"\\Flagged"}))
    assert (set_up.facts.mailbox, set_up.facts.mailboxes) == ("Lists", frozenset({"INBOX"}))
    assert staged(subject="x").facts.mailboxes is None


def test_whether_it_is_a_duplicate_is_what_the_test_says() -> None:
    rules = rule("again", "duplicate = true", "trash = true")
    assert one(rules, '{ subject = "x", duplicate = true }', "{ trash = true }").passed
    assert one(rules, '{ subject = "x" }', "{ stay = true }").passed
