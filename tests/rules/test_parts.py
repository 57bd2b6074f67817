"""Rules on single parts of a message (RFC 5703)."""

from __future__ import annotations

import pytest

from mailrules.rules import Needs
from mailrules.rules.conditions.part import MAX_HEADERS
from mailrules.rules.questions import PartHeader, Structure
from mailrules.rules.structure import Part
from tests.mime_corpus import multipart, rfc822
from tests.rules.builders import FACTS, message, rule, ruleset
from tests.rules.local import holds

IMAGE = (
    'Content-Type: image/png; name="=?utf-8?Q?=C3=A4?=.png"\nContent-Transfer-Encoding: BASE64\n'
    "Content-Disposition: Inline; filename*=utf-8''%C3%B6.png\nContent-ID: <Logo@example.com>\n"
    "Content-Description: =?utf-8?Q?Unser?= Logo\nContent-Language: de, en\n"
    "Content-Location: http://example.com/logo\n\nAAAA\n"
)
TEXT = "Content-Type: text/plain; charset=KOI8-R\n\nx\n"
RAW = ("Subject: outside\nContent-Language: uk\n" + multipart(TEXT, IMAGE, rfc822(TEXT))).encode()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "image/png"}, True),
        ({"type": "multipart/*"}, True),
        ({"type": "message/rfc822"}, True),
        ({"type": "video/*"}, False),
        ({"name": {"is": "ö.png"}}, True),
        ({"disposition": {"is": "inline"}}, True),
        ({"disposition": "attachment"}, False),
        ({"disposition": {"exists": False}, "type": "image/*"}, False),
        ({"charset": {"is": "koi8-r"}}, True),
        ({"encoding": {"is": "base64"}}, True),
        ({"id": {"is": "<logo@example.com>"}}, True),
        ({"description": "unser logo"}, True),
        ({"language": {"starts_with": "de"}}, True),
        ({"language": {"is": "uk"}}, True),
        ({"language": {"is": "fr"}}, False),
        ({"language": {"is": "uk"}, "type": "image/*"}, False),
        ({"language": {"exists": False}, "type": "text/*"}, True),
        ({"size": {"under": 5}, "type": "image/*"}, True),
        ({"size": {"over": 5}, "type": "image/*"}, False),
        ({"header": {"Content-Location": "example.com"}}, True),
        ({"header": {"content-location": "example.com", "Content-Language": "de"}}, True),
        ({"header": {"Content-Location": "example.com"}, "language": {"is": "uk"}}, False),
        ({"header": {"Content-Location": {"exists": False}}, "type": "text/*"}, True),
        ({"header": {"Content-Location": {"exists": False}}, "type": "image/*"}, False),
        ({"header": {"Subject": "outside"}}, True),
        ({"header": {"Subject": "inside"}}, True),
        ({"header": {"Subject": "nowhere"}}, False),
        ({"type": "text/*", "count": 2}, True),
        ({"count": 5}, True),
    ],
)
def test_one_part_is_like_that(part: object, expected: bool) -> None:
    assert holds({"part": part}, RAW) is expected
    assert holds({"not": {"part": part}}, RAW) is not expected


def test_headers_are_asked_for_where_the_structure_leaves_it_open() -> None:
    first, second = Part("1", "image/png"), Part("2", "text/plain")
    rules = ruleset(rule({"part": {"type": "image/*", "header": {"X-A": "b"}}}))
    known = message("X-A: b").answered({Structure(): Part("", "multipart/mixed", children=(first, second))})

    assert rules.evaluate(known, FACTS) == Needs(frozenset({PartHeader("1")}))
    assert rules.header_fields == {"X-A"}
    for answer, truth in ((b"X-A: b\r\n", "true"), (b"", "false"), (None, "unknown")):
        (trace,) = rules.explain(known.answered({PartHeader("1"): answer}), FACTS).trace
        assert trace.result.value == truth


def test_headers_of_parts_without_number_are_not_all_asked_for() -> None:
    parts = tuple(Part(f"{number}", "a/b") for number in range(1, 2 * MAX_HEADERS))
    known = message("X-A: b").answered({Structure(): Part("", "multipart/mixed", children=parts)})

    needs = ruleset(rule({"part": {"language": "x"}})).evaluate(known, FACTS)

    assert isinstance(needs, Needs)
    assert len(needs.questions) == MAX_HEADERS - 1


def test_the_languages_of_the_message_are_fetched_with_its_header() -> None:
    assert ruleset(rule({"part": {"language": "uk", "type": "a/b"}})).header_fields == {"CONTENT-LANGUAGE"}
    assert ruleset(rule({"part": {"type": "a/b"}})).header_fields == frozenset()


def test_a_multipart_has_no_size_and_leaves_nothing_open() -> None:
    raw = multipart("Content-Type: text/plain\n\nshort\n").encode()

    assert not holds({"part": {"size": {"over": "1 MiB"}}}, raw)
    assert holds({"not": {"part": {"size": {"over": "1 MiB"}}}}, raw)
    assert holds({"part": {"size": {"under": "1 MiB"}, "count": 1}}, raw)
    assert not holds({"part": {"type": "multipart/*", "size": {"under": "1 MiB"}}}, raw)
