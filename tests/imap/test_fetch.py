"""What FETCH says of one message, in the usual way and in the ways of many servers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailrules.imap.commands.fetch import FetchAttribute, UidFetch
from mailrules.imap.cursor import Cursor
from mailrules.imap.dates import _day, _moment
from mailrules.imap.fetch import MAX_ITEMS
from mailrules.imap.parser import parse
from mailrules.imap.registry import FETCH_ITEMS, fetch_item
from mailrules.imap.responses import Answer, FetchItem, Kind, MessageData, Section, SectionData, Tagged, Unknown
from mailrules.imap.sections import section_of
from mailrules.imap.uidset import UID, SeqNum, UIDSet
from mailrules.imap.usual import _flags_of
from tests.imap.corpus import ENVELOPE, HEADER, MIXED_BODY
from tests.imap.reading import response

USUAL = (
    b'* 3 FETCH (UID 12 FLAGS (\\Seen $Work) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286 MODSEQ (99) '
    b"BODY[HEADER.FIELDS (FROM TO)] {8}\r\nFrom: a\n)"
)
FROM_TO = Section(specifier="HEADER.FIELDS", fields=frozenset({"FROM", "TO"}))
JULY = datetime(1996, 7, 17, 2, 44, 25, tzinfo=timezone(timedelta(hours=-7)))


def message(line: bytes) -> MessageData:
    read = response(line)
    assert isinstance(read, MessageData)
    return read


def items(text: bytes) -> MessageData:
    return message(b"* 3 FETCH (" + text + b")")


def test_the_usual_response() -> None:
    assert message(USUAL) == MessageData(
        SeqNum(3),
        UID(12),
        frozenset({"\\Seen", "$Work"}),
        JULY,
        4286,
        modseq=99,
        sections=(SectionData(FROM_TO, None, b"From: a\n"),),
    )
    assert message(USUAL).header() == b"From: a\n"


def test_a_response_cut_short_raises_nothing() -> None:
    for end in range(len(USUAL)):
        assert isinstance(parse(USUAL[:end]), MessageData | Unknown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"RFC822 {2}\r\nab", SectionData(Section(), None, b"ab")),
        (b"RFC822.HEADER {2}\r\nab", SectionData(Section(specifier="HEADER"), None, b"ab")),
        (b"RFC822.TEXT {2}\r\nab", SectionData(Section(specifier="TEXT"), None, b"ab")),
        (b"BODY[]<5> {2}\r\nab", SectionData(Section(), 5, b"ab")),
        (b'BODY[1.2] "ab"', SectionData(Section((1, 2)), None, b"ab")),
        (b"BODY[1.2.MIME] {2}\r\nab", SectionData(Section((1, 2), "MIME"), None, b"ab")),
        (
            b"BODY[3.HEADER.FIELDS.NOT (Subject)] {2}\r\nab",
            SectionData(Section((3,), "HEADER.FIELDS.NOT", frozenset({"SUBJECT"})), None, b"ab"),
        ),
    ],
)
def test_sections(text: bytes, expected: SectionData) -> None:
    assert items(text).sections == (expected,)


@pytest.mark.parametrize("nothing", [b"NIL", b'""', b"{0}\r\n", b"~{0}\r\n"])
def test_quirk_an_empty_header_in_four_spellings(nothing: bytes) -> None:
    read = items(b"BODY[HEADER] " + nothing + b" UID 12")
    assert read.header() == b""
    assert read.section("HEADER") == (None if nothing == b"NIL" else b"")
    assert read.uid == 12


def test_quirk_dovecot_literal8_for_a_section() -> None:
    assert items(b"BODY[TEXT] ~{3}\r\na\0b UID 12").section("TEXT") == b"a\0b"


def test_quirk_greenmail_missing_space_before_the_literal() -> None:
    read = items(b"BODY[]<99999>{0}\r\n UID 12")
    assert read.sections == (SectionData(Section(), 99999, b""),)
    assert read.uid == 12


@pytest.mark.parametrize(
    "echo",
    [
        b"BODY[HEADER.FIELDS (FROM TO)]",
        b"BODY[HEADER.FIELDS (from To)]",
        b'BODY[HEADER.FIELDS ("FROM" "To")]',
        b"BODY[Header.Fields (To From)]",
        b"body[header.fields ( to from )]",
        b"BODY[HEADER.FIELDS ({4}\r\nFROM TO)]",
        b"BODY.PEEK[HEADER.FIELDS (FROM TO)]",
    ],
)
def test_quirk_the_section_is_echoed_in_many_spellings(echo: bytes) -> None:
    read = items(echo + b" {8}\r\nFrom: a\n UID 12")
    assert read.sections == (SectionData(FROM_TO, None, b"From: a\n"),)
    assert read.header() == b"From: a\n"


def test_two_headers_that_differ_are_no_header() -> None:
    assert items(b"BODY[HEADER] {1}\r\na BODY[HEADER.FIELDS (TO)] {1}\r\na").header() == b"a"
    assert items(b"BODY[HEADER] {1}\r\na BODY[HEADER.FIELDS (TO)] {1}\r\nb").header() is None
    assert items(b"BODY[1.HEADER] {1}\r\na").header() is None
    assert items(b"UID 12").section("TEXT") is None


def test_envelope_and_bodystructure_stand_among_other_items() -> None:
    read = items(b"UID 12 ENVELOPE " + ENVELOPE + b" BODYSTRUCTURE " + MIXED_BODY + b" RFC822.SIZE 4286")
    assert read.envelope is not None
    assert read.envelope.message_id == b"<B27397-0100000@cac.washington.edu>"
    assert read.bodystructure is not None
    assert (read.uid, read.size) == (12, 4286)


def test_quirk_qq_space_before_the_end() -> None:
    assert items(b"UID 12 FLAGS (\\Seen ) ") == MessageData(SeqNum(3), UID(12), frozenset({"\\Seen"}))


def test_quirk_courier_message_number_0() -> None:
    assert message(b"* 0 FETCH (UID 12 FLAGS ())") == MessageData(SeqNum(0), UID(12), frozenset())


def test_quirk_zoho_negative_modseq() -> None:
    assert items(b"MODSEQ (-1) UID 12") == MessageData(SeqNum(3), UID(12))


def test_quirk_mail_ru_rounded_size() -> None:
    assert items(b"RFC822.SIZE 9.3736e+06 UID 12") == MessageData(SeqNum(3), UID(12), size=9373600)
    assert items(b"RFC822.SIZE 9e99 UID 12") == MessageData(SeqNum(3), UID(12))


@pytest.mark.parametrize("text", [b"RFC822.SIZE UID 12", b"UID 12 RFC822.SIZE", b"X-FOO UID 12", b"X-FOO[1]<2> UID 12"])
def test_quirk_yandex_item_without_a_value(text: bytes) -> None:
    assert items(text) == MessageData(SeqNum(3), UID(12))


@pytest.mark.parametrize("value", [b"5", b"NIL", b'"a b"', b"{3}\r\na b", b'(1 (2 {1}\r\n3) ")")', b"a]b"])
@pytest.mark.parametrize("name", [b"XAOL.SPAM", b"X[1.2]", b"BINARY[1]<0>", b"BODY[NEW]"])
def test_quirk_unknown_items_are_left_out(name: bytes, value: bytes) -> None:
    assert items(b"UID 12 %b %b FLAGS ()" % (name, value)) == MessageData(SeqNum(3), UID(12), frozenset())


def test_quirk_gmail_nil_flags() -> None:
    assert items(b"FLAGS NIL UID 12") == MessageData(SeqNum(3), UID(12), frozenset())


def test_quirk_gmail_brackets_in_flags() -> None:
    assert items(b"FLAGS (a]b [c] \\*)").flags == frozenset({"a]b", "[c]", "\\*"})


def test_unquoted_octets_above_ascii_in_flags() -> None:
    assert items("FLAGS (größe)".encode()).flags == frozenset({"größe"})


def test_a_date_that_no_calendar_has_is_missing() -> None:
    assert items(b'INTERNALDATE "31-Feb-2024 10:00:00 +0000" UID 12') == MessageData(SeqNum(3), UID(12))
    assert items(b'INTERNALDATE  " 3-Mar-2024 10:00:00"').internaldate == datetime(2024, 3, 3, 10, tzinfo=UTC)


BROKEN_ENVELOPE = b'ENVELOPE ("x" "a "quoted" word" NIL NIL NIL NIL NIL NIL NIL "<id>")'


def test_quirk_icloud_unescaped_quotes_in_envelope_cost_the_envelope_only() -> None:
    read = items(b"UID 12 " + BROKEN_ENVELOPE + b" FLAGS (\\Seen)")
    assert read == MessageData(SeqNum(3), UID(12), frozenset({"\\Seen"}))
    odd = BROKEN_ENVELOPE.replace(b"word", b'w"rd')
    assert items(odd + b" FLAGS (\\Seen) UID 12") == read
    assert items(b"UID 12 " + odd + b" " + USUAL[11:-1]).uid == 12


def test_a_subject_cannot_pass_for_an_item() -> None:
    """Where a server does not escape quotes, a stranger could name the UID of another message."""
    forged = b'ENVELOPE ("x" "") UID 666 FLAGS (\\Deleted) X ("" NIL NIL NIL NIL NIL NIL NIL "<id>")'
    assert isinstance(response(b"* 3 FETCH (UID 12 " + forged + b")"), Unknown)
    assert isinstance(response(b"* 3 FETCH (" + forged + b" UID 12)"), Unknown)
    assert isinstance(response(b"* 3 FETCH (UID 12 UID 13)"), Unknown)
    assert items(b"UID 12 UID 12").uid == 12
    odd = b'ENVELOPE ("x" """) UID 666 FLAGS (\\Deleted)" NIL NIL NIL NIL NIL NIL NIL "<id>")'
    assert items(odd + b" FLAGS () UID 12") == MessageData(SeqNum(3), UID(12), frozenset())


def test_a_message_with_too_many_items_is_unknown() -> None:
    assert isinstance(response(b"* 3 FETCH (" + b"UID 12 X 5 " * MAX_ITEMS + b")"), Unknown)


def test_broken_beyond_repair_keeps_what_came_before() -> None:
    assert items(b'UID 12 ENVELOPE ("x" "') == MessageData(SeqNum(3), UID(12))


@pytest.mark.parametrize("text", [b"UID", b"UID 0 FLAGS ()", b"UID x FLAGS ()", b"UID (12) FLAGS ()"])
def test_a_uid_that_is_none_is_missing(text: bytes) -> None:
    assert items(text).uid is None


@pytest.mark.parametrize("line", [b"* 3 FETCH", b"* 3 FETCH UID 12", b"* 3 FETCH ([) UID 12)"])
def test_what_is_no_list_of_items_is_unknown(line: bytes) -> None:
    assert response(line) == Unknown(line)


def test_only_what_is_short_is_remembered() -> None:
    """What a server makes as long as it likes is read all the same, and forgotten."""
    remembered = (_flags_of, _day, _moment, section_of)
    before = [each.cache_info().currsize for each in remembered]
    long = b"x" * 10_000
    assert items(b"FLAGS (\\Seen " + long + b")").flags == frozenset({"\\Seen", long.decode()})
    assert items(b'UID 12 INTERNALDATE "' + long + b'"') == MessageData(SeqNum(3), UID(12))
    fields = b"BODY[HEADER.FIELDS (FROM " + long + b")] {8}\r\nFrom: a\n"
    assert items(fields).sections[0].section.fields == {"FROM", long.decode().upper()}
    assert [each.cache_info().currsize for each in remembered] == before


@dataclass(frozen=True, slots=True)
class Colour(FetchItem):
    name: bytes


def test_an_extension_adds_an_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(FETCH_ITEMS, b"X-COLOUR", raising=False)

    @fetch_item(b"X-COLOUR")
    def colour(cursor: Cursor) -> Colour:
        return Colour(cursor.quoted())

    try:
        red = items(b'X-COLOUR "red" UID 12')
        assert red.extensions == (Colour(b"red"),)
        asking = UidFetch(UIDSet.all(), (FetchAttribute(b"X-COLOUR", lambda data: bool(data.extensions)),))
        assert [asking.claims(red), asking.claims(items(b"FLAGS () UID 12"))] == [True, False]
        assert asking.result(Answer(Tagged(b"a", Kind.OK), (red,))) == (red,)
        assert items(b"X-COLOUR red UID 12") == MessageData(SeqNum(3), UID(12))
        assert colour(Cursor(b'"blue"')) == Colour(b"blue")
    finally:
        del FETCH_ITEMS[b"X-COLOUR"]


def test_a_whole_header_of_rfc_9051() -> None:
    assert message(b"* 12 FETCH (BODY[HEADER] {342}\r\n" + HEADER + b")").header() == HEADER
