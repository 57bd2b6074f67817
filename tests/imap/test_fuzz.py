"""Whatever a server sends, framing raises FramingError or nothing, and the parser nothing at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.imap.errors import FramingError
from mailrules.imap.framing import Limits
from mailrules.imap.parser import parse
from mailrules.imap.responses import Response
from tests.imap.corpus import SESSION
from tests.imap.reading import cut

REPEATED = [
    b"(",
    b"()",
    b'"',
    b'"" ',
    b" ",
    b"{",
    b"X[ ",
    b"X< ",
    b"X[]<1 ",
    b"X 1 ",
    b"UID ",
    b"FLAGS () ",
    b") UID 1",
    b"\\",
]
LIMITS = Limits(line=500, literal=500, literals=5)
PIECES = [
    *(b"* ", b"a1 ", b"+ ", b"1 ", b"OK", b"NO ", b"FETCH (", b"UID ", b"FLAGS ", b"BODY[", b"]", b"<0>", b"(", b")"),
    *(
        b'"',
        b"\\",
        b"{3}\r\n",
        b"~{0}\r\n",
        b"{99}\r\n",
        b"\r\n",
        b"\n",
        b"\0",
        b" ",
        b"NIL",
        b"\xff",
        b"*",
        b":",
        b",",
    ),
    *(b"ENVELOPE ", b"BODYSTRUCTURE ", b"INTERNALDATE ", b"[COPYUID ", b"[UIDNEXT ", b"LIST ", b"STATUS ", b"SEARCH "),
]

octets = st.binary(max_size=200)
sentences = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
streams = st.lists(st.sampled_from(SESSION), max_size=3).map(b"\r\n".join)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a valid response in which some places were cut out, doubled or replaced."""
    data = draw(st.sampled_from(SESSION))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        data = data[:start] + draw(st.sampled_from([b"", data[start:end] * 2, *PIECES])) + data[end:]
    return data


def lines(data: bytes, step: int | None) -> list[bytes] | None:
    try:
        return cut(data, LIMITS, step)
    except FramingError:
        return None


@given(octets | sentences | streams | mutated())
@settings(max_examples=400, deadline=None)
def test_framing_loses_the_framing_or_nothing(data: bytes) -> None:
    whole = lines(data + b"\r\n", None)
    for step in (1, 7):
        assert lines(data + b"\r\n", step) == whole
    for raw in whole or ():
        assert isinstance(parse(raw), Response)


@given(octets | sentences | mutated())
@settings(max_examples=800, deadline=None)
def test_the_parser_raises_nothing(data: bytes) -> None:
    assert isinstance(parse(data), Response)
    assert isinstance(parse(b"* " + data), Response)


@given(sentences)
@settings(max_examples=400, deadline=None)
def test_items_of_fetch_raise_nothing(data: bytes) -> None:
    assert isinstance(parse(b"* 1 FETCH (" + data + b" UID 7)"), Response)
    assert isinstance(parse(b"* OK [" + data + b"] text"), Response)


@pytest.mark.parametrize("piece", REPEATED)
def test_a_response_of_one_thing_repeated_takes_linear_time(piece: bytes) -> None:
    """Were any of it read again and again, this would seem to hang."""
    many = piece * ((1 << 18) // len(piece))
    for start in (
        b"* 1 FETCH (",
        b"* 1 FETCH (ENVELOPE (",
        b"* 1 FETCH (BODY[",
        b"* LIST () NIL ",
        b"* OK [",
        b"* SEARCH ",
    ):
        assert isinstance(parse(start + many), Response)
        assert isinstance(parse(start + many + b")"), Response)
