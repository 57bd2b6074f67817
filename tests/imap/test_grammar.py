"""Arguments become bytes in one place, where nothing can end a line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailrules.imap import grammar
from mailrules.imap.cursor import Cursor
from mailrules.imap.errors import ArgumentError
from mailrules.imap.grammar import Argument, Literal, Literal8, LiteralMode, check, line, segments
from mailrules.imap.names import MailboxName
from mailrules.imap.uidset import UIDSet

Writer = Callable[[str], grammar.Argument]

WRITERS: list[Writer] = [
    grammar.atom,
    grammar.quoted,
    grammar.string,
    grammar.astring,
    grammar.nstring,
    grammar.flag,
    grammar.keyword,
    grammar.field_name,
    lambda text: grammar.mailbox(MailboxName(text.encode("utf-8", "surrogateescape"))),
    lambda text: grammar.list_mailbox(MailboxName(text.encode("utf-8", "surrogateescape"))),
]


def wire(written: grammar.Argument) -> bytes:
    return b"".join(segments([written], LiteralMode.LITERAL_PLUS))


@given(st.text(), st.sampled_from("\r\n\0"), st.text())
def test_no_argument_with_a_line_end_or_nul_is_ever_written(before: str, bad: str, after: str) -> None:
    for write in WRITERS:
        with pytest.raises(ArgumentError):
            write(before + bad + after)


@given(st.text(), st.sampled_from(WRITERS))
def test_whatever_is_written_stays_within_its_line(text: str, write: Writer) -> None:
    try:
        written = wire(write(text))
    except ArgumentError:
        return
    literal = re.fullmatch(rb"\{(\d+)\+\}\r\n(.*)\r\n", written, re.DOTALL)
    if literal:
        assert len(literal[2]) == int(literal[1])
    else:
        assert not re.search(rb"[\r\n\0]", written.removesuffix(b"\r\n"))


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])))
@example("NIL")
@example("")
@example('a"\\b')
@example("]")
@example("{3}")
def test_every_astring_is_read_back_equal(text: str) -> None:
    cursor = Cursor(wire(grammar.astring(text)).removesuffix(b"\r\n").replace(b"+}\r\n", b"}\r\n"))
    assert cursor.astring() == text.encode()
    assert cursor.at_end


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])))
def test_every_mailbox_name_is_read_back_equal(text: str) -> None:
    name = MailboxName.from_text(text)
    assert Cursor(wire(grammar.mailbox(name)).removesuffix(b"\r\n")).mailbox() == name


def test_an_error_never_shows_the_argument() -> None:
    for write in WRITERS:
        with pytest.raises(ArgumentError) as raised:
            write("hunter2\r\n")
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("INBOX", b"INBOX"),
        ("a]b", b"a]b"),
        ("", b'""'),
        ("nil", b'"nil"'),
        ("a b", b'"a b"'),
        ('a"b\\', b'"a\\"b\\\\"'),
        ("100%", b'"100%"'),
        ("a*", b'"a*"'),
        ("\x7f", b'"\x7f"'),
        ("é", Literal("é".encode())),
    ],
)
def test_an_astring_is_an_atom_where_it_can_be(text: str, written: bytes | Literal) -> None:
    assert grammar.astring(text) == written


def test_wildcards_stay_unquoted_in_patterns_only() -> None:
    assert grammar.list_mailbox(MailboxName(b"a/%*")) == b"a/%*"
    assert grammar.list_mailbox(MailboxName(b"a b/%")) == b'"a b/%"'
    assert grammar.mailbox(MailboxName(b"a/%")) == b'"a/%"'
    assert grammar.mailbox(MailboxName.from_text("Entwürfe")) == b"Entw&APw-rfe"


@pytest.mark.parametrize("bad", ["", "a b", "(", "\\", "é", "\\*", "\\Recent", "\\recent", "a\\b", '"'])
def test_what_is_no_flag_is_refused(bad: str) -> None:
    with pytest.raises(ArgumentError):
        grammar.flag(bad)


def test_flags_are_written_in_a_stable_order() -> None:
    assert grammar.flag_list({"\\Seen", "$Junk", "Old[1]"}) == (b"$Junk", b"Old[1]", b"\\Seen")


def test_a_keyword_is_a_flag_without_a_backslash() -> None:
    assert grammar.keyword("$Invoice") == b"$Invoice"
    with pytest.raises(ArgumentError):
        grammar.keyword("\\Seen")


@pytest.mark.parametrize("bad", ["", "Subject:", "X Y", "é"])
def test_what_is_no_header_field_is_refused(bad: str) -> None:
    with pytest.raises(ArgumentError):
        grammar.field_name(bad)


def test_odd_header_fields_are_quoted() -> None:
    assert grammar.field_name("X-(odd)") == b'"X-(odd)"'
    assert grammar.field_name("nil") == b'"nil"'


def test_dates_are_written_as_the_rfc_has_them() -> None:
    assert grammar.search_date(date(1994, 2, 1)) == b"1-Feb-1994"
    assert grammar.date_time(datetime(1996, 7, 7, 2, 44, 25, tzinfo=UTC)) == b'" 7-Jul-1996 02:44:25 +0000"'
    zone = timezone(-timedelta(hours=3, minutes=30))
    assert grammar.date_time(datetime(2024, 12, 31, 23, 59, 59, tzinfo=zone)) == b'"31-Dec-2024 23:59:59 -0330"'


def test_a_moment_needs_a_zone_of_whole_minutes() -> None:
    with pytest.raises(ArgumentError):
        grammar.date_time(datetime(2024, 1, 1))  # noqa: DTZ001 - that is what is refused
    with pytest.raises(ArgumentError):
        grammar.date_time(datetime(2024, 1, 1, tzinfo=timezone(timedelta(seconds=30))))


@pytest.mark.parametrize("bad", [-1, 2**63])
def test_a_number_fits_in_63_bits(bad: int) -> None:
    with pytest.raises(ArgumentError):
        grammar.number(bad)


def test_no_command_names_no_message() -> None:
    assert grammar.sequence_set(UIDSet.after(5)) == b"6:*"
    with pytest.raises(ArgumentError):
        grammar.sequence_set(UIDSet())


def test_a_message_may_have_line_ends_but_no_nul() -> None:
    assert grammar.message(b"a\r\nb").data == b"a\r\nb"
    with pytest.raises(ArgumentError):
        grammar.message(b"a\0b")


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ArgumentError):
        grammar.astring("\udc80")


WORDS = (b"A1", b"X", (b"a", Literal(b"12"), (b"b",)), Literal8(b"\0"), b"z")


def test_synchronizing_literals_part_the_command() -> None:
    assert segments(WORDS, LiteralMode.SYNCHRONIZING) == (b"A1 X (a {2}\r\n", b"12 (b)) ~{1}\r\n", b"\0 z\r\n")


@pytest.mark.parametrize("mode", [LiteralMode.LITERAL_MINUS, LiteralMode.LITERAL_PLUS])
def test_other_literals_do_not(mode: LiteralMode) -> None:
    assert segments(WORDS, mode) == (b"A1 X (a {2+}\r\n12 (b)) ~{1+}\r\n\0 z\r\n",)


def test_a_long_literal_waits_unless_the_server_has_literal_plus() -> None:
    short, long = Literal(b"x" * 4096), Literal(b"x" * 4097)
    assert not LiteralMode.LITERAL_MINUS.waits(short)
    assert LiteralMode.LITERAL_MINUS.waits(long)
    assert not LiteralMode.LITERAL_PLUS.waits(long)


def test_a_word_that_did_not_come_from_here_cannot_end_the_line_either() -> None:
    with pytest.raises(ArgumentError):
        segments([b"A1", b"NOOP\r\nA2 DELETE x"], LiteralMode.SYNCHRONIZING)


def test_a_literal_hides_its_octets() -> None:
    assert "hunter2" not in repr(Literal(b"hunter2"))


_WORDS = st.recursive(
    st.binary(max_size=5) | st.builds(Literal, st.binary(max_size=5)),
    lambda words: st.lists(words, max_size=3).map(tuple),
    max_leaves=6,
)


def write(words: tuple[Argument, ...]) -> None:
    if line(words) is None:
        check(words)


@given(words=st.lists(_WORDS, min_size=1, max_size=4).map(tuple), mode=st.sampled_from(LiteralMode))
def test_a_command_without_a_literal_is_written_at_once_as_it_is_in_segments(
    words: tuple[Argument, ...], mode: LiteralMode
) -> None:
    try:
        expected = segments(words, mode)
    except ArgumentError:
        with pytest.raises(ArgumentError):
            write(words)
        return
    has_literal = "Literal" in repr(words)
    assert line(words) == (None if has_literal else expected[0])
    assert len(expected) == 1 or has_literal
