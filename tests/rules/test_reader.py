"""A message at hand falls into its parts as a server would tell of them, whatever it looks like."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailrules.rules.questions import (
    CONTENT_LIMIT,
    Content,
    Filed,
    Labels,
    Mark,
    Met,
    PartHeader,
    Question,
    RawBody,
    Search,
    Structure,
)
from mailrules.rules.reader import MAX_DEPTH, MAX_PARTS, local_answers, read_message
from tests.growth import is_linear
from tests.mime_corpus import messages, multipart, nested, rfc822

if TYPE_CHECKING:
    from collections.abc import Callable

LEAF = "\nx\n"


def outline(raw: str | bytes) -> list[tuple[str, str]]:
    """Each part's section and type."""
    octets = raw.encode() if isinstance(raw, str) else raw
    return [(part.section, part.type) for part in read_message(octets).structure.walk()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no MIME at all", [("1", "text/plain")]),
        ("two parts", [("", "multipart/mixed"), ("1", "text/plain"), ("2", "application/pdf")]),
        (
            "nested multiparts",
            [
                ("", "multipart/mixed"),
                ("1", "multipart/alternative"),
                ("1.1", "text/plain"),
                ("1.2", "text/html"),
                ("2", "application/pdf"),
            ],
        ),
        ("a message that is a message", [("1", "message/rfc822"), ("1.1", "text/plain")]),
        (
            "a message that is a message of parts",
            [
                ("1", "message/rfc822"),
                ("1.TEXT", "multipart/mixed"),
                ("1.1", "text/plain"),
                ("1.2", "application/pdf"),
            ],
        ),
        (
            "a message of parts in a message",
            [
                ("", "multipart/mixed"),
                ("1", "text/plain"),
                ("2", "message/rfc822"),
                ("2.1", "message/rfc822"),
                ("2.1.TEXT", "multipart/mixed"),
                ("2.1.1", "text/plain"),
                ("2.1.2", "application/pdf"),
            ],
        ),
        (
            "a digest",
            [
                ("", "multipart/digest"),
                ("1", "message/rfc822"),
                ("1.1", "text/plain"),
                ("2", "message/rfc822"),
                ("2.1", "text/plain"),
            ],
        ),
        ("no boundary parameter", [("", "multipart/mixed"), ("1", "text/plain")]),
    ],
)
def test_parts_are_numbered_as_imap_numbers_them(name: str, expected: list[tuple[str, str]]) -> None:
    assert outline(messages()[name]) == expected


def test_a_part_is_what_stands_between_its_boundaries() -> None:
    message = read_message(messages()["two parts"])

    assert message.content("1") == b"needle in plain text\r\n"
    assert message.header("1") == b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    assert (message.content("3"), message.header("1.1")) == (None, None)


def test_a_message_with_bare_line_feeds_is_read_as_imap_would_give_it() -> None:
    raw = messages()["two parts"]

    bare, usual = read_message(raw.replace(b"\r\n", b"\n")), read_message(raw)

    assert (usual.structure, usual.body) == (bare.structure, bare.body)
    assert usual.content("2") == bare.content("2")


def test_a_part_tells_what_its_header_says() -> None:
    raw = (
        'content-type: IMAGE/Png; Name="a\\"b.png"\nContent-Transfer-Encoding: BASE64\nContent-ID: <x@y>\n'
        "Content-Disposition: Inline; filename=c.png\nContent-Description: a\n picture\n\nAAAA\n"
    )

    part = read_message(raw.encode()).structure

    assert (part.section, part.type, part.encoding, part.octets) == ("1", "image/png", "base64", 6)
    assert part.parameters == (("name", b'a"b.png'),)
    assert (part.disposition, part.disposition_parameters) == ("inline", (("filename", b"c.png"),))
    assert (part.content_id, part.description) == (b"<x@y>", b"a picture")


def test_at_most_the_beginning_of_a_part_is_given() -> None:
    message = read_message(b"\n" + b"x" * (CONTENT_LIMIT + 9))

    assert message.structure.octets == CONTENT_LIMIT + 9
    assert [len(message.content("1") or b""), len(message.body)] == [CONTENT_LIMIT] * 2


def test_all_questions_have_an_answer() -> None:
    raw = messages()["two parts"]
    met = Met(Mark("", "<x@y>"), timedelta(days=1), since_last=False)
    asked: list[Question[object]] = [Search("ALL"), Labels(), met, Filed(("<x@y>",)), Content("9")]

    assert local_answers(raw, asked) == dict(zip(asked, [None, None, False, "", None], strict=True))
    assert local_answers(raw, [Structure()]) == {Structure(): read_message(raw).structure}
    assert local_answers(raw, [PartHeader("2"), RawBody()]) == {
        PartHeader("2"): read_message(raw).header("2"),
        RawBody(): raw.partition(b"\r\n\r\n")[2],
    }


def test_what_is_nested_too_deep_is_not_looked_into() -> None:
    deepest = [part for part in read_message(nested(2 * MAX_DEPTH).encode()).structure.walk() if not part.children]

    assert [(part.section.count("."), part.type) for part in deepest] == [(MAX_DEPTH - 1, "multipart/mixed")]


def test_messages_within_messages_are_not_looked_into_for_ever() -> None:
    text = LEAF
    for _ in range(2 * MAX_DEPTH):
        text = rfc822(text)

    assert len(outline(text)) == MAX_DEPTH + 1


def test_the_last_part_that_is_counted_takes_the_rest() -> None:
    raw = 'Content-Type: multipart/mixed; boundary="b"\n\n' + "--b\n\nx\n" * (2 * MAX_PARTS) + "--b--\n"

    parts = list(read_message(raw.encode()).structure.walk())

    assert len(parts) == MAX_PARTS
    assert (parts[-1].octets or 0) > 5 * MAX_PARTS


# --- whatever comes

PIECES = st.sampled_from(
    [
        *(line + b"\n" for raw in messages().values() for line in raw.split(b"\r\n")),
        b"\n",
        b"--b\n",
        b"--b--\n",
        b"--",
        b'Content-Type: multipart/mixed; boundary="b"\n\n',
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: text/plain; x=",
        b'"',
        b"(",
        b"\\",
        b"\x00\xff",
        b"\r",
    ]
)


@given(st.lists(PIECES, max_size=40).map(b"".join) | st.binary(max_size=200))
@example(b"")
@example(b"\n")
@example(b"--b")
def test_no_message_makes_it_raise(raw: bytes) -> None:
    message = read_message(raw)
    sections = [part.section for part in message.structure.walk()]

    assert len(sections) == len(set(sections))
    assert None not in map(message.content, filter(None, sections))
    assert None not in map(message.header, sections)


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "boundary lines": lambda size: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * (size // 4),
    "parts without an empty line": lambda size: (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nA: b\n" * (size // 9)
    ),
    "dashes on every level": lambda size: nested(MAX_DEPTH).encode().replace(b"needle", b"--\n" * (size // 3)),
    "multiparts within": lambda size: b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * (size // 48),
    "messages within": lambda size: b"Content-Type: message/rfc822\n\n" * (size // 30),
    "a long boundary": lambda size: (
        b"Content-Type: multipart/mixed; boundary=" + b"b" * (size // 2) + b"\n\n--" + b"b" * (size // 2)
    ),
    "header lines": lambda size: b"A: b\n" * (size // 5),
    "a folded header": lambda size: b"Content-Type: a/b;\n" + b" c=d;\n" * (size // 6),
    "parameters": lambda size: b"Content-Type: a/b" + b";c=d" * (size // 4),
    "quotes": lambda size: b"Content-Type: a/b" + b';c="' * (size // 4),
    "quotes between": lambda size: b"Content-Type: a/b;" + b'a" b;' * (size // 5),
    "comments": lambda size: b"Content-Type: a/b " + b"(c" * (size // 2),
    "backslashes": lambda size: b'Content-Type: a/b; c="' + b"\\" * size,
    "words": lambda size: b"Content-Type: a/b;" + b"c " * (size // 2),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_reading_takes_time_in_proportion_to_the_message(kind: str) -> None:
    assert is_linear(lambda size: read_message(HOSTILE[kind](size)), 1 << 20)


def test_so_does_reading_ten_thousand_parts() -> None:
    part = "Content-Type: application/pdf; name=a.pdf\n\nx\n"

    assert is_linear(lambda parts: read_message(multipart(*[part] * parts).encode()), MAX_PARTS - 2)
