"""The small words of IMAP."""

from __future__ import annotations

import pytest

from mailrules.imap.cursor import MAX_DEPTH, Cursor
from mailrules.imap.errors import ArgumentError, ParseError
from mailrules.imap.uidset import UIDSet


@pytest.mark.parametrize(
    ("raw", "expected", "rest"),
    [
        (b'"" x', b"", b" x"),
        (b'"a b"x', b"a b", b"x"),
        (b'"a\\"b\\\\" x', b'a"b\\', b" x"),
        (b'"C:\\temp" x', b"C:\\temp", b" x"),
        (b"{3}\r\na\r\n x", b"a\r\n", b" x"),
        (b"{3}\na\r\n x", b"a\r\n", b" x"),
        (b"~{1}\r\n\0 x", b"\0", b" x"),
        (b"{1+}\r\na x", b"a", b" x"),
        (b"INBOX)", b"INBOX", b")"),
        (b"a]b c", b"a]b", b" c"),
        (b"~peter x", b"~peter", b" x"),
        (b"nil", b"nil", b""),
    ],
)
def test_astring(raw: bytes, expected: bytes, rest: bytes) -> None:
    cursor = Cursor(raw)
    assert cursor.astring() == expected
    assert cursor.raw[cursor.pos :] == rest


@pytest.mark.parametrize(
    "raw", [b"", b" a", b"(", b'"a', b"{5}\r\nab", b"{x}\r\n", b"{5}", b"{" + b"9" * 30 + b"}\r\n"]
)
def test_what_is_no_astring(raw: bytes) -> None:
    with pytest.raises(ParseError):
        Cursor(raw).astring()


@pytest.mark.parametrize(
    ("raw", "expected"), [(b"NIL x", None), (b"nil)", None), (b"NILS", b"NILS"), (b'"NIL"', b"NIL")]
)
def test_nstring(raw: bytes, expected: bytes | None) -> None:
    assert Cursor(raw).nstring() == expected


def test_numbers() -> None:
    assert Cursor(b"0 ").number() == 0
    assert Cursor(b"9223372036854775807)").number() == 9223372036854775807
    for raw in (b"", b"-1", b"x", b"12x", b"9.5", b"9223372036854775808", b"9" * 5000):
        with pytest.raises(ParseError):
            Cursor(raw).number()
    with pytest.raises(ParseError):
        Cursor(b"0").nz_number()


def test_words_are_in_upper_case() -> None:
    cursor = Cursor(b"uidnext]")
    assert cursor.word() == "UIDNEXT"
    assert cursor.peek() == b"]"


def test_lists() -> None:
    assert Cursor(b"()").list_of(Cursor.number) == ()
    assert Cursor(b"(1 2 3)").list_of(Cursor.number) == (1, 2, 3)
    assert Cursor(b'( "a"{1}\r\nb  c )').list_of(Cursor.astring) == (b"a", b"b", b"c")
    for raw in (b"", b"1", b"(1", b"(x)", b"(1 (2))"):
        with pytest.raises(ParseError):
            Cursor(raw).list_of(Cursor.number)


def test_lists_in_lists_have_a_limit() -> None:
    def nested(cursor: Cursor) -> int:
        return max(cursor.list_of(nested), default=0) + 1

    assert nested(Cursor(b"(" * MAX_DEPTH + b")" * MAX_DEPTH)) == MAX_DEPTH
    with pytest.raises(ParseError, match="deeper"):
        nested(Cursor(b"(" * 1000 + b")" * 1000))


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        (b"5 x", b" x"),
        (b"NIL)", b")"),
        (b'"a)" x', b" x"),
        (b"{2}\r\n)) x", b" x"),
        (b'(1 (2 {1}\r\n() ")" NIL) ) x', b" ) x"),
        (b"((a)))) x", b")) x"),
        (b"(a{5}b {x) x", b" x"),
        (b"() x", b" x"),
        (b"a{b x", b"{b x"),
        (b"(~ a{b ]) x", b" x"),
        (b"(" * 5000 + b")" * 5000 + b" x", b" x"),
    ],
)
def test_any_value_can_be_skipped(raw: bytes, rest: bytes) -> None:
    cursor = Cursor(raw)
    cursor.skip_value()
    assert cursor.raw[cursor.pos :] == rest


@pytest.mark.parametrize("raw", [b"", b")", b"(", b'"a', b'(1 "a)', b"({9}\r\na)"])
def test_what_is_no_value_cannot_be_skipped(raw: bytes) -> None:
    with pytest.raises(ParseError):
        Cursor(raw).skip_value()


def test_sets_of_uids() -> None:
    assert Cursor(b"3:5,9 x").uid_set() == UIDSet.parse(b"3:5,9")
    assert Cursor(b"1:*").uid_set() == UIDSet.all()
    with pytest.raises(ArgumentError):
        Cursor(b"1::2").uid_set()


def test_ranges_in_the_order_in_which_they_are_listed() -> None:
    assert Cursor(b"9,5:3,1,0:2]").ranges_in_order() == (range(9, 10), range(3, 6), range(1, 2), range(1, 3))
    assert Cursor(b"1:4294967295").ranges_in_order() == (range(1, 1 << 32),)
    for raw in (b"1:*", b"*"):
        with pytest.raises(ParseError, match="ends"):
            Cursor(raw).ranges_in_order()


@pytest.mark.parametrize("raw", [b"", b" ", b"]", b"0", b"0]"])
def test_quirk_greenmail_outlook_and_uw_sets_without_uids(raw: bytes) -> None:
    assert Cursor(raw).uid_set() == UIDSet()
    assert Cursor(raw).ranges_in_order() == ()


def test_an_error_says_what_was_wanted_and_where() -> None:
    with pytest.raises(ParseError, match=r"a number expected at octet 2: b'x'"):
        Cursor(b"1 x", 2).number()
    with pytest.raises(ParseError, match="a space expected"):
        Cursor(b"x").sp()


def test_mailboxes_flags_and_dates() -> None:
    assert str(Cursor(b'"Entw&APw-rfe"').mailbox()) == "Entwürfe"
    assert Cursor(b"(\\Seen $x)").flag_list() == {"\\Seen", "$x"}
    assert Cursor(b"NIL").date_time() is None
    assert Cursor(b"  all the rest ").text() == b"all the rest"
