"""Messages are cut where their boundaries are, and nothing is made up."""

from __future__ import annotations

import pytest

from mailrules.demo import mime, structure
from tests.demo.shapes import ONE, TWO


@pytest.mark.parametrize(
    ("content", "header", "body"),
    [
        (b"A: b\r\n\r\nx", b"A: b\r\n\r\n", b"x"),
        (b"A: b\n\nx", b"A: b\n\n", b"x"),
        (b"A: b\r\n", b"A: b\r\n", b""),
        (b"\r\nx", b"\r\n", b"x"),
        (b"", b"", b""),
    ],
)
def test_a_message_is_header_and_body(content: bytes, header: bytes, body: bytes) -> None:
    assert mime.split(content) == (header, body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ((1,), b"SGVsbG8gd29ybGQ="),
        ((2,), b"%PDF"),
        ((3, 1), b"inner body"),
        ((4,), None),
        ((1, 1), None),
        ((3, 2), None),
    ],
)
def test_a_part_is_found_by_its_numbers(path: tuple[int, ...], body: bytes | None) -> None:
    part = mime.parse(ONE).find(path)
    assert (part and part.body) == body


def test_the_one_part_of_a_plain_message_is_its_body() -> None:
    message = mime.parse(TWO)
    assert message.find((1,)) == message
    assert message.find((2,)) is None


def test_a_folded_value_is_one_line() -> None:
    assert mime.parse(b"Subject: a\r\n b\r\n\tc\r\n\r\n").value("subject") == b"a b\tc"


def test_a_multipart_without_its_boundary_is_text() -> None:
    part = mime.parse(b"Content-Type: multipart/mixed\r\n\r\nx\r\n")
    assert structure.bodystructure(part).startswith(b'("text" "plain"')


def test_the_parts_of_a_digest_are_messages() -> None:
    digest = b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ninner\r\n--b--\r\n"
    part = mime.parse(digest).find((1,))
    assert part is not None
    assert part.is_message
    assert part.parts[0].value("subject") == b"x"


def test_endless_nesting_ends() -> None:
    bomb = b"Content-Type: message/rfc822\r\n\r\n" * 1000
    assert structure.bodystructure(mime.parse(bomb)).count(b"rfc822") <= mime.DEEPEST + 1


@pytest.mark.parametrize(
    ("body", "decoded"), [(b"SGk=", b"Hi"), (b"SGk", b"Hi"), (b"S G\r\nk=!", b"Hi"), (b"SGkhS", b"Hi!")]
)
def test_base64_is_decoded_as_far_as_it_goes(body: bytes, decoded: bytes) -> None:
    assert mime.parse(b"Content-Transfer-Encoding: base64\r\n\r\n" + body).decoded_body() == decoded
