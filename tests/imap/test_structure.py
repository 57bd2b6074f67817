"""ENVELOPE and BODYSTRUCTURE, as the RFC draws them and as servers write them."""

from __future__ import annotations

import pytest

from mailrules.imap import bodies
from mailrules.imap.cursor import MAX_DEPTH, Cursor
from mailrules.imap.errors import ParseError
from mailrules.imap.parser import parse
from mailrules.imap.responses import MessageData
from mailrules.imap.structure import Address, BodyStructure, Disposition, Envelope, MultiPart, SinglePart, walk
from tests.imap.corpus import ENVELOPE, MIXED_BODY, TEXT_BODY

TERRY = Address(b"Terry Gray", None, b"gray", b"cac.washington.edu")


def envelope(raw: bytes) -> Envelope:
    cursor = Cursor(raw)
    read = bodies.envelope(cursor)
    assert cursor.at_end
    return read


def body(raw: bytes) -> BodyStructure:
    cursor = Cursor(raw)
    read = bodies.body(cursor)
    assert cursor.at_end
    return read


def single(raw: bytes) -> SinglePart:
    read = body(raw)
    assert isinstance(read, SinglePart)
    return read


def test_the_envelope_of_rfc_9051() -> None:
    assert envelope(ENVELOPE) == Envelope(
        b"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)",
        b"IMAP4rev1 WG mtg summary and minutes",
        (TERRY,),
        (TERRY,),
        (TERRY,),
        (Address(None, None, b"imap", b"cac.washington.edu"),),
        (
            Address(None, None, b"minutes", b"CNRI.Reston.VA.US"),
            Address(b"John Klensin", None, b"KLENSIN", b"MIT.EDU"),
        ),
        (),
        None,
        b"<B27397-0100000@cac.washington.edu>",
    )


EMPTY = Envelope(None, None, (), (), (), (), (), (), None, None)


@pytest.mark.parametrize(
    "raw",
    [
        b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
        b"(nil nil nil nil nil nil nil nil nil nil )",
        b'(NIL NIL NIL "" NIL () NIL NIL NIL NIL)',
        b"((NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))",  # Domino
    ],
)
def test_quirk_domino_and_others_an_empty_envelope(raw: bytes) -> None:
    assert envelope(raw) == EMPTY


def test_strings_of_an_envelope_come_in_any_form() -> None:
    read = envelope(b'({3}\r\na"b "c \\"d\\" \\x" NIL NIL NIL NIL NIL NIL atom "gr\xc3\xbc\xdf")')
    assert (read.date, read.subject) == (b'a"b', b'c "d" \\x')
    assert (read.in_reply_to, read.message_id) == (b"atom", b"gr\xc3\xbc\xdf")


TEXT = SinglePart("text", "plain", (("charset", b"US-ASCII"),), None, None, "7bit", 3028, 92)


def test_a_single_part() -> None:
    assert body(TEXT_BODY) == TEXT


def test_several_parts() -> None:
    read = body(MIXED_BODY)
    assert isinstance(read, MultiPart)
    assert read.subtype == "mixed"
    assert [number for number, _ in walk(read)] == [(1,), (2,)]
    assert read.parts[1] == SinglePart(
        "text",
        "plain",
        (("charset", b"US-ASCII"), ("name", b"cc.diff")),
        b"<960723163407.20117h@cac.washington.edu>",
        b"Compiler diff",
        "base64",
        4554,
        73,
    )


def test_extension_data() -> None:
    read = single(
        b'("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" 4554 "d41d8cd9" '
        b'("ATTACHMENT" ("FILENAME" "a.pdf" "SIZE" "3000")) ("en" "de") "http://x/" ("future" (1 2)))'
    )
    assert read.disposition == Disposition("attachment", (("filename", b"a.pdf"), ("size", b"3000")))
    assert (read.size, read.lines) == (4554, None)
    multi = body(b"(" + TEXT_BODY + b' "MIXED" ("BOUNDARY" "x") ("INLINE" NIL) "en" NIL)')
    assert multi == MultiPart("mixed", (TEXT,), (("boundary", b"x"),), Disposition("inline"))


def test_a_message_within_a_message() -> None:
    read = single(
        b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9000 ' + ENVELOPE + b" " + MIXED_BODY + b' 120 NIL ("ATTACHMENT" NIL))'
    )
    assert read.envelope == envelope(ENVELOPE)
    assert (read.size, read.lines) == (9000, 120)
    assert read.disposition == Disposition("attachment")
    assert [number for number, _ in walk(read)] == [(1,), (1, 1), (1, 2)]
    holder = MultiPart("mixed", (TEXT, read, SinglePart("message", "rfc822", (), None, None, "", 1, body=TEXT)))
    assert [number for number, _ in walk(holder)] == [(1,), (2,), (2, 1), (2, 2), (3,), (3, 1)]
    assert [number for number, _ in walk(MultiPart("mixed", (MultiPart("alternative", (TEXT, TEXT)), TEXT)))] == [
        (1, 1),
        (1, 2),
        (2,),
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # mail.ru: a boundary that is NIL (duesee/imap-codec#700)
        (b"(" + TEXT_BODY + b' "MIXED" ("boundary" NIL) NIL NIL)', MultiPart("mixed", (TEXT,), (("boundary", b""),))),
        (b"(" + TEXT_BODY + b" NIL NIL)", MultiPart("", (TEXT,))),
        (b'("text" "plain" NIL NIL NIL NIL NIL NIL)', SinglePart("text", "plain", (), None, None, "", None)),
        (b'("text" "plain" ("x") NIL NIL "7bit" -1 -1)', SinglePart("text", "plain", (), None, None, "7bit", None)),
        (b'("text" "plain" () NIL NIL "7bit" 5)', SinglePart("text", "plain", (), None, None, "7bit", 5)),
        (b'("text" "plain" NIL NIL NIL "7bit" 5 1 NIL "inline")', None),
        (b'("message" "rfc822" NIL NIL NIL "7bit" 5)', SinglePart("message", "rfc822", (), None, None, "7bit", 5)),
        (b'(NIL NIL NIL NIL NIL "7bit" 5)', SinglePart("", "", (), None, None, "7bit", 5)),
        (b'( "text" "plain"  NIL NIL NIL "7bit" 5 1 )', SinglePart("text", "plain", (), None, None, "7bit", 5, 1)),
    ],
)
def test_quirk_odd_values_cost_that_value_only(raw: bytes, expected: BodyStructure | None) -> None:
    inline = SinglePart("text", "plain", (), None, None, "7bit", 5, 1, disposition=Disposition("inline"))
    assert body(raw) == (expected or inline)


@pytest.mark.parametrize(
    "raw", [b"", b"NIL", b"()", b"(", b'("text")', b'("text" "plain" x', b"(" + TEXT_BODY, b"((x))"]
)
def test_what_is_no_body_is_an_error_of_the_reader(raw: bytes) -> None:
    with pytest.raises(ParseError):
        body(raw)


def test_a_body_may_be_nested_up_to_the_limit() -> None:
    deep = MAX_DEPTH - 2
    read = body(b"(" * deep + TEXT_BODY + b' "mixed")' * deep)
    assert [number for number, _ in walk(read)] == [(1,) * deep]


@pytest.mark.parametrize("opening", [b"(", b'("message" "rfc822" NIL NIL NIL "7bit" 5 ((NIL', b"( "])
@pytest.mark.parametrize("item", [b"BODYSTRUCTURE", b"ENVELOPE", b"BODY", b"FLAGS", b"MODSEQ", b"X-FOO"])
def test_a_body_nested_deeper_costs_that_item_only(item: bytes, opening: bytes) -> None:
    read = parse(b"* 3 FETCH (UID 12 " + item + b" " + opening * 10_000 + b")" * 10_000 + b" RFC822.SIZE 7)")
    assert isinstance(read, MessageData)
    assert read.uid == 12
    assert read.bodystructure is None
    if opening == b"(":
        assert read.size == 7
