"""Search programs are written as the RFC has them, and a person's text is checked before any server sees it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import ArgumentError, SearchProgram, SeqSet, UIDSet, parse_search
from mailrules.imap.grammar import LiteralMode, segments
from mailrules.imap.search import KEYS, key, search_arguments, sequence, uid
from mailrules.imap.searchtext import MAX_DEPTH


def wire(program: SearchProgram) -> bytes:
    (line,) = segments(search_arguments(program, "UTF-8"), LiteralMode.LITERAL_PLUS)
    return line.removesuffix(b"\r\n")


@pytest.mark.parametrize(
    ("program", "written"),
    [
        (key("seen"), b"SEEN"),
        (key("FROM", "ann") & ~key("SEEN"), b"FROM ann NOT SEEN"),
        (key("FROM", "a b") | key("SUBJECT", 'x"y'), b'OR FROM "a b" SUBJECT "x\\"y"'),
        (~(key("SEEN") & key("FLAGGED")), b"NOT (SEEN FLAGGED)"),
        ((key("SEEN") & key("NEW")) | ~~key("OLD"), b"OR (SEEN NEW) NOT NOT OLD"),
        (key("SINCE", date(2024, 1, 31)), b"SINCE 31-Jan-2024"),
        (key("LARGER", 2**40), b"LARGER 1099511627776"),
        (key("HEADER", "List-Id", ""), b'HEADER List-Id ""'),
        (key("KEYWORD", "$Invoice"), b"KEYWORD $Invoice"),
        (key("BODY", "ключ"), b"CHARSET UTF-8 BODY {8+}\r\n" + "ключ".encode()),
        (uid(UIDSet.parse(b"1:3")) & sequence(SeqSet.parse(b"7")), b"UID 1:3 7"),
    ],
)
def test_a_program_is_written(program: SearchProgram, written: bytes) -> None:
    assert wire(program) == written


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("NOPE", ()),
        ("SEEN", ("x",)),
        ("FROM", ()),
        ("FROM", (3,)),
        ("FROM", ("a\r\nb",)),
        ("SINCE", ("1-Jan-2024",)),
        ("LARGER", (-1,)),
        ("KEYWORD", ("\\Seen",)),
        ("HEADER", ("a b", "c")),
        ("NOT", ("SEEN",)),
    ],
)
def test_a_key_with_wrong_operands_is_refused(name: str, operands: tuple[str | int, ...]) -> None:
    with pytest.raises(ArgumentError):
        key(name, *operands)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ALL", b"ALL"),
        ("seen Unflagged", b"SEEN UNFLAGGED"),
        ("  SEEN   FLAGGED ", b"SEEN FLAGGED"),
        ('FROM "Smith"', b"FROM Smith"),
        ('SUBJECT "a \\"b\\" \\\\"', b'SUBJECT "a \\"b\\" \\\\"'),
        ('SUBJECT ""', b'SUBJECT ""'),
        ("NOT NOT SEEN", b"NOT NOT SEEN"),
        ("OR SEEN OR NEW OLD", b"OR SEEN OR NEW OLD"),
        ("OR (SEEN NEW) (OLD)", b"OR (SEEN NEW) OLD"),
        ("NOT(SEEN)", b"NOT SEEN"),
        ("(SEEN (FLAGGED))", b"SEEN FLAGGED"),
        ("SINCE 1-Feb-1994", b"SINCE 1-Feb-1994"),
        ('BEFORE "01-feb-1994"', b"BEFORE 1-Feb-1994"),
        ("LARGER 1048576", b"LARGER 1048576"),
        ("KEYWORD $Junk UNKEYWORD NonJunk", b"KEYWORD $Junk UNKEYWORD NonJunk"),
        ("HEADER X-Spam-Flag YES", b"HEADER X-Spam-Flag YES"),
        ("FROM @example.org", b"FROM @example.org"),
        ('TEXT "Отчёт"', b"CHARSET UTF-8 TEXT {10+}\r\n" + "Отчёт".encode()),
        ('FROM "NIL"', b'FROM "NIL"'),
    ],
)
def test_a_text_is_read(text: str, written: bytes) -> None:
    assert wire(parse_search(text)) == written


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", 1, "a search key is wanted"),
        ("   ", 4, "a search key is wanted"),
        ("SEEM", 1, "did you mean SEEN?"),
        ("SEEN 1:5", 6, "sequence numbers"),
        ("*", 1, "sequence numbers"),
        ("NOT 7,9", 5, "sequence numbers"),
        ("UID 1:5", 1, "UID cannot be searched for"),
        ("OR SEEN $", 9, "$ cannot be searched for"),
        ("FROM", 5, "FROM wants a text"),
        ("NOT", 4, "NOT wants another search key"),
        ("(SEEN", 1, "nothing closes"),
        ("SEEN)", 5, "nothing opened"),
        ("()", 2, "a search key is wanted"),
        ("FROM (a)", 6, "FROM wants a text"),
        ('FROM "a', 6, "does not end"),
        ('FROM "a\\n"', 6, "does not end"),
        ('"SEEN"', 1, "a search key is wanted"),
        ("SUBJECT héllo", 9, "in quotes"),
        ("SUBJECT a*b", 9, "in quotes"),
        ("SUBJECT {3}", 9, "in quotes"),
        ("SINCE 31-Feb-2024", 7, "no such day"),
        ("SINCE 2024-02-01", 7, "day-month-year"),
        ("LARGER 1M", 8, "a number of octets"),
        ("LARGER -1", 8, "a number of octets"),
        ("LARGER 9223372036854775808", 8, "a number of octets"),
        ("KEYWORD \\Seen", 9, "a keyword"),
        ('HEADER "a b" c', 8, "the name of a header field"),
        ("SEEN\r\nA2 DELETE INBOX", 5, "only spaces"),
        ('SUBJECT "a\r\nb"', 9, "cannot be sent"),
        ("SEEN\tNEW", 5, "only spaces"),
        ("NOT " * MAX_DEPTH + "SEEN", 4 * MAX_DEPTH + 1, "nested deeper"),
        ("(" * 5000, MAX_DEPTH + 1, "nested deeper"),
        ("OLDER 3600", 1, "no search key is called 'OLDER'"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, place: int, why: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        parse_search(text)
    assert str(raised.value).startswith(f"character {place}: ")
    assert why in str(raised.value)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        program = parse_search(text)
    except ArgumentError:
        return
    assert program.keys


def test_every_key_can_be_written_in_a_text() -> None:
    operands = {
        "a text": "x",
        "the name of a header field": "X",
        "a keyword": "k",
        "a number of octets": "1",
        "a date such as 1-Feb-1994": "1-Feb-1994",
        "another search key": "SEEN",
    }
    for name, wanted in KEYS.items():
        assert parse_search(" ".join([name, *(operands[operand.value] for operand in wanted)])).keys
