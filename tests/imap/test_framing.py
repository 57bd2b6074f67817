"""Where responses end, in whatever pieces they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex

import pytest

from mailrules.imap.errors import FramingError
from mailrules.imap.framing import Framer, Limits
from tests.imap.corpus import HEADER, SESSION
from tests.imap.reading import cut

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100, None])
def test_responses_are_the_same_in_whatever_pieces_they_come(step: int | None) -> None:
    data = b"".join(one + b"\r\n" for one in SESSION)
    assert cut(data, step=step) == list(SESSION)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"* OK", []),
        (b"* OK\r", []),
        (b"* OK\r\n", [b"* OK"]),
        (b"* 1 FETCH (BODY[] {3}\r\n", []),
        (b"* 1 FETCH (BODY[] {3}\r\nab", []),
        (b"* 1 FETCH (BODY[] {3}\r\nabc", []),
        (b"* 1 FETCH (BODY[] {3}\r\nabc)\r\n", [b"* 1 FETCH (BODY[] {3}\r\nabc)"]),
        (b"* LIST () NIL {2}\r\n\r\n\r\n* OK\r\n", [b"* LIST () NIL {2}\r\n\r\n", b"* OK"]),
        (b"* LIST () NIL {2}\r\na\r\n* OK\r\n", [b"* LIST () NIL {2}\r\na\r", b"* OK"]),
        (b"* LIST () NIL {0}\r\n\r\n", [b"* LIST () NIL {0}\r\n"]),
        (b"* 1 FETCH (BODY[] ~{4}\r\n\0\r\n\0)\r\n", [b"* 1 FETCH (BODY[] ~{4}\r\n\0\r\n\0)"]),
        (
            b"* 1 FETCH (BODY[1] {1}\r\na BODY[2] {1}\r\nb)\r\n* 1 EXISTS\r\n",
            [b"* 1 FETCH (BODY[1] {1}\r\na BODY[2] {1}\r\nb)", b"* 1 EXISTS"],
        ),
        (b'* LIST () "/" "a{1}"\r\n* OK\r\n', [b'* LIST () "/" "a{1}"', b"* OK"]),
        (b'* LIST () "/" {x}\r\n* OK\r\n', [b'* LIST () "/" {x}', b"* OK"]),
        (b"* 1 FETCH (BODY[] {1+}\r\na)\r\n", [b"* 1 FETCH (BODY[] {1+}\r\na)"]),
    ],
)
def test_lines_and_literals(data: bytes, expected: list[bytes]) -> None:
    assert cut(data) == expected
    assert cut(data, step=1) == expected


def test_a_literal_that_looks_like_responses_is_not_read_as_such() -> None:
    literal = b"a1 OK done\r\n* 7 EXPUNGE\r\n* 1 FETCH (BODY[] {99}\r\n"
    data = b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n* 2 EXISTS\r\n" % (len(literal), literal)
    assert cut(data)[1:] == [b"* 2 EXISTS"]
    assert cut(data, step=1)[1:] == [b"* 2 EXISTS"]


@pytest.mark.parametrize(
    "line",
    [
        b"* OK you said {5}",
        b"* no {5}",
        b"* BYE {5}",
        b"a1 BAD Unknown command NOOP {5}",
        b"a1 NO [TRYCREATE] No mailbox {5}",
        b"* OK [ALERT] {5}",
        b"+ go on {5}",
        b"Server Unavailable {5}",
    ],
)
def test_text_for_people_announces_no_literal(line: bytes) -> None:
    data = line + b"\r\n* 1 EXISTS\r\n"
    assert cut(data) == [line, b"* 1 EXISTS"]
    assert cut(data, step=1) == [line, b"* 1 EXISTS"]


def test_a_literal_may_stand_in_a_response_code() -> None:
    data = b"* NO [BADCHARSET ({5}\r\nUTF-8)] no\r\n* 1 EXISTS\r\n"
    assert cut(data) == [b"* NO [BADCHARSET ({5}\r\nUTF-8)] no", b"* 1 EXISTS"]
    assert cut(data, step=1) == cut(data)


def test_quirk_nul_padding_before_a_line() -> None:
    assert cut(b"\0\0\0* OK hi\r\n\0a1 OK\r\n") == [b"* OK hi", b"a1 OK"]
    assert cut(b"\0* LIST () NIL {1}\r\na\r\n") == [b"* LIST () NIL {1}\r\na"]


def test_quirk_bare_line_feed() -> None:
    assert cut(b"* OK hi\na1 OK\n") == [b"* OK hi", b"a1 OK"]
    assert cut(b"* 1 FETCH (BODY[] {3}\na\nb)\n* OK\n") == [b"* 1 FETCH (BODY[] {3}\na\nb)", b"* OK"]


def test_quirk_empty_lines() -> None:
    assert cut(b"\r\n\r\n* OK\r\n\n\0\r\na1 OK\r\n") == [b"* OK", b"a1 OK"]


@pytest.mark.parametrize("step", [1, None])
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"* OK " + b"x" * 100, "line"),
        (b"* OK " + b"x" * 100 + b"\r\n", "line"),
        (b"* 1 FETCH (BODY[1] {1}\r\na" + b" " * 30 + b"BODY[2] {1}\r\nb" + b" " * 30, "line"),
        (b"* 1 FETCH (BODY[] {101}\r\n", "octets"),
        (b"* 1 FETCH (BODY[] {99}\r\n" + b"x" * 99 + b" B[] {2}\r\n", "octets"),
        (b"* 1 FETCH (BODY[] {999999999999999999999999999999}\r\n", "octets"),
        (b"* X" + b" {0}\r\n" * 4, "literals"),
    ],
)
def test_what_passes_a_limit_ends_the_framing_for_good(data: bytes, why: str, step: int | None) -> None:
    limits = Limits(line=60, literal=100, literals=3)
    with pytest.raises(FramingError, match=why):
        cut(data, limits, step)
    framer = Framer(limits)
    framer.receive_data(data)
    for _ in range(2):
        with pytest.raises(FramingError, match=why):
            list(framer.responses())
        framer.receive_data(b"* OK\r\n")
        assert framer.buffered == 0


def test_responses_before_the_one_that_passes_a_limit_are_still_given() -> None:
    framer = Framer(Limits(line=10))
    framer.receive_data(b"* 1 EXISTS\r\n* OK a\r\n* OK this one is long\r\n")
    cutter = framer.responses()
    with pytest.raises(FramingError):
        next(cutter)
    framer = Framer(Limits(line=12))
    framer.receive_data(b"* 1 EXISTS\r\n* OK a\r\n* OK this one is long\r\n")
    cutter = framer.responses()
    assert [next(cutter), next(cutter)] == [b"* 1 EXISTS", b"* OK a"]
    with pytest.raises(FramingError):
        next(cutter)


def test_what_has_not_been_handed_out_is_counted() -> None:
    """STARTTLS must see whether anything came behind its OK."""
    framer = Framer()
    framer.receive_data(b"a1 OK go\r\na2 OK injected\r\n* 1 EX")
    assert next(framer.responses()) == b"a1 OK go"
    assert framer.buffered == len(b"a2 OK injected\r\n* 1 EX")
    assert list(framer.responses()) == [b"a2 OK injected"]
    assert framer.buffered == len(b"* 1 EX")


class CountingBuffer(bytearray):
    """A buffer that counts the octets in which a line end is looked for."""

    looked_at = 0

    def find(
        self,
        sub: ReadableBuffer | SupportsIndex,
        start: SupportsIndex | None = 0,
        end: SupportsIndex | None = None,
        /,
    ) -> int:
        assert isinstance(start, int)
        self.looked_at += max(0, len(self) - start)
        return super().find(sub, start, end)


@pytest.mark.parametrize(("line", "size"), [(b"* 1 FETCH (BODY[] {1048576}\r\n", 1 << 20), (b"* SEARCH ", 1 << 17)])
def test_each_octet_is_looked_at_once_even_if_they_come_one_by_one(line: bytes, size: int) -> None:
    framer = Framer()
    framer._buffer = buffer = CountingBuffer()
    for octet in line + b"x" * size:
        framer.receive_data(b"%c" % octet)
        assert next(framer.responses(), None) is None
    assert buffer.looked_at <= len(buffer)
    framer.receive_data(b")\r\n")
    assert [len(raw) for raw in framer.responses()] == [len(line) + size + 1]


def test_an_example_of_rfc_9051() -> None:
    data = b"* 12 FETCH (BODY[HEADER] {342}\r\n" + HEADER + b")\r\na004 OK FETCH completed\r\n"
    assert len(HEADER) == 342
    assert cut(data) == [data[: -len(b"\r\na004 OK FETCH completed\r\n")], b"a004 OK FETCH completed"]
