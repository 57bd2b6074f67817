"""One response, one value; what makes no sense is Unknown."""

from __future__ import annotations

import pytest

from mailrules.imap.capability import Capabilities
from mailrules.imap.codes import (
    BadCharset,
    CapabilityCode,
    OtherCode,
    PermanentFlags,
    SimpleCode,
    UidNext,
    UidValidity,
    Unseen,
)
from mailrules.imap.parser import parse
from mailrules.imap.responses import (
    Continuation,
    Exists,
    Expunge,
    Kind,
    Recent,
    Response,
    StatusResponse,
    Tagged,
    Unknown,
)
from mailrules.imap.uidset import SeqNum
from tests.imap.corpus import SESSION
from tests.imap.reading import response, responses


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"* OK IMAP4rev1 Service Ready", StatusResponse(Kind.OK, None, "IMAP4rev1 Service Ready")),
        (b"* PREAUTH hello", StatusResponse(Kind.PREAUTH, None, "hello")),
        (b"* BYE Autologout", StatusResponse(Kind.BYE, None, "Autologout")),
        (b"* BAD Empty command line", StatusResponse(Kind.BAD, None, "Empty command line")),
        (b"* OK [ALERT] Soon down", StatusResponse(Kind.OK, SimpleCode("ALERT"), "Soon down")),
        (b"* OK [UNSEEN 12] first", StatusResponse(Kind.OK, Unseen(12), "first")),
        (b"* OK [UIDVALIDITY 3857529045] valid", StatusResponse(Kind.OK, UidValidity(3857529045), "valid")),
        (b"* OK [UIDNEXT 4392] next", StatusResponse(Kind.OK, UidNext(4392), "next")),
        (
            b"* OK [PERMANENTFLAGS (\\Deleted \\Seen \\*)] Limited",
            StatusResponse(Kind.OK, PermanentFlags(frozenset({"\\Deleted", "\\Seen", "\\*"})), "Limited"),
        ),
        (b"* OK [PERMANENTFLAGS ()] none", StatusResponse(Kind.OK, PermanentFlags(frozenset()), "none")),
        (
            b"* OK [CAPABILITY IMAP4rev1 IDLE] hi",
            StatusResponse(Kind.OK, CapabilityCode(Capabilities(["IMAP4REV1", "IDLE"])), "hi"),
        ),
        (b"* NO [BADCHARSET] what", StatusResponse(Kind.NO, BadCharset(), "what")),
        (b'* NO [BADCHARSET (UTF-8 "X Y")] what', StatusResponse(Kind.NO, BadCharset(("UTF-8", "X Y")), "what")),
        (b"* NO [BADCHARSET ({5}\r\nUTF-8)] what", StatusResponse(Kind.NO, BadCharset(("UTF-8",)), "what")),
        (b"* OK [X-NEW a b] text", StatusResponse(Kind.OK, OtherCode("X-NEW", b"a b"), "text")),
        (b"A001 OK LOGIN completed", Tagged(b"A001", Kind.OK, None, "LOGIN completed")),
        (b"A003 NO [TRYCREATE] No", Tagged(b"A003", Kind.NO, SimpleCode("TRYCREATE"), "No")),
        (b"A443 BAD Expunge command unknown", Tagged(b"A443", Kind.BAD, None, "Expunge command unknown")),
        (b"* 23 EXISTS", Exists(23)),
        (b"* 0 EXISTS", Exists(0)),
        (b"* 5 RECENT", Recent(5)),
        (b"* 44 EXPUNGE", Expunge(SeqNum(44))),
        (b"+ YGgG", Continuation(b"YGgG")),
        (b"+ ", Continuation(b"")),
    ],
)
def test_known_answers(line: bytes, expected: Response) -> None:
    assert response(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"*",
        b"* ",
        b"* X-UNHEARD-OF 1 2",
        b"* 5 UNHEARD",
        b"* 5",
        b"* 0 EXPUNGE",
        b"* 99999999999999999999999999 EXISTS",
        b"* LIST",
        b"* STATUS",
        b"* SEARCH 1 x",
        b"* SEARCH 99999999999999999999",
        b"* FLAGS",
        b"* FLAGS (\\Seen",
        b"* FLAGS (\\Seen) and more",
        b"* 1 FETCH",
        b"* [UNHEARD 5] text",
        b"[]",
        b"A1 OKAY",
        b"A1",
        b"I like bananas",
        b"\xff\xfe",
    ],
)
def test_what_makes_no_sense_is_unknown(line: bytes) -> None:
    assert response(line) == Unknown(line)


@pytest.mark.parametrize("line", SESSION)
def test_an_ordinary_session_has_only_one_unknown_response(line: bytes) -> None:
    assert isinstance(response(line), Unknown) is (b"X-UNHEARD-OF" in line)


@pytest.mark.parametrize(
    "line", [line for line in SESSION if b"{" not in line and b'"' not in line and b"+" not in line]
)
def test_keywords_are_read_in_any_case(line: bytes) -> None:
    assert type(parse(line.lower())) is type(parse(line))


def test_literals_do_not_disturb_what_follows() -> None:
    read = responses(b"* NO [BADCHARSET ({5}\r\nUTF-8)] no\r\n* 1 EXISTS\r\na1 OK\r\n")
    assert read[1:] == [Exists(1), Tagged(b"a1", Kind.OK)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"A1 OK", Tagged(b"A1", Kind.OK)),
        (b"A1 OK ", Tagged(b"A1", Kind.OK)),
        (b"A1 no", Tagged(b"A1", Kind.NO)),
        (b"* BYE", StatusResponse(Kind.BYE)),
        (b"*  OK  hi ", StatusResponse(Kind.OK, None, "hi")),
        (b"+", Continuation()),
        (b"+go on", Continuation(b"go on")),
    ],
)
def test_quirk_twisted_missing_text(line: bytes, expected: Response) -> None:
    assert response(line) == expected


def test_quirk_gmail_response_code_without_text() -> None:
    assert response(b"* OK [UIDNEXT 7]") == StatusResponse(Kind.OK, UidNext(7))
    assert response(b"* OK [READ-ONLY") == StatusResponse(Kind.OK, SimpleCode("READ-ONLY"))
    assert response(b"* OK [UIDNEXT 7") == StatusResponse(Kind.OK, UidNext(7))


def test_quirk_gmail_brackets_in_permanentflags() -> None:
    flags = frozenset({"\\Seen", "[Imap]/Sent", "a]b", "\\*"})
    assert response(b"* OK [PERMANENTFLAGS (\\Seen [Imap]/Sent a]b \\*)] Flags permitted.") == StatusResponse(
        Kind.OK, PermanentFlags(flags), "Flags permitted."
    )


@pytest.mark.parametrize("value", [b"UIDVALIDITY 0", b"UIDVALIDITY 1721919919123"])
def test_quirk_wildduck_uidvalidity_that_is_no_nz_number(value: bytes) -> None:
    read = response(b"* OK [%s] valid" % value)
    assert read == StatusResponse(Kind.OK, UidValidity(int(value.split()[1])), "valid")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (b"UIDNEXT", OtherCode("UIDNEXT", b"")),
        (b"UIDNEXT soon", OtherCode("UIDNEXT", b"soon")),
        (b"UIDNEXT 99999999999999999999", OtherCode("UIDNEXT", b"99999999999999999999")),
        (b"PERMANENTFLAGS (\\Seen", OtherCode("PERMANENTFLAGS", b"(\\Seen")),
        (b'BADCHARSET ("', OtherCode("BADCHARSET", b'("')),
        (b"X-\xff", SimpleCode("X-\ufffd")),
    ],
)
def test_a_broken_response_code_leaves_the_status_alone(code: bytes, expected: SimpleCode | OtherCode) -> None:
    assert response(b"A7 OK [%s] done" % code) == Tagged(b"A7", Kind.OK, expected, "done")


def test_brackets_that_are_no_code_are_text() -> None:
    assert response(b"A7 OK [] done") == Tagged(b"A7", Kind.OK, None, "[] done")


def test_text_in_any_octets_is_text() -> None:
    assert response("* OK Grüße".encode()) == StatusResponse(Kind.OK, None, "Grüße")
    assert response(b"* OK gr\xfc\xdfe") == StatusResponse(Kind.OK, None, "gr\ufffd\ufffde")


def test_quirk_mailutils_code_behind_the_name_of_the_command() -> None:
    read = response(b"A7 NO UID COPY [TRYCREATE] failed")
    assert isinstance(read, Tagged)
    assert read.code_is("TRYCREATE")
    assert not read.code_is("ALERT")


def test_quirk_mailutils_expunged() -> None:
    assert response(b"* 3 EXPUNGED") == Expunge(SeqNum(3))


@pytest.mark.parametrize("start", [b"[", b"* ["])
def test_quirk_exchange_and_home_pl_code_without_ok(start: bytes) -> None:
    assert response(start + b"UIDNEXT 52] next") == StatusResponse(Kind.OK, UidNext(52), "next")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"[COPYUID 52 86 1146]", "COPYUID"),
        (b"* [COPYUID 52 86 1146] Moved", "COPYUID"),
        (b"* OK [COPYUID 14  ]", "COPYUID"),
        (b"* OK [COPYUID 0 35 41] done", "COPYUID"),
        (b"* OK [HIGHESTMODSEQ 7011231777]", "HIGHESTMODSEQ"),
    ],
)
def test_quirk_odd_codes_of_extensions_keep_their_name(line: bytes, name: str) -> None:
    read = response(line)
    assert isinstance(read, StatusResponse)
    assert read.kind is Kind.OK
    assert read.code_is(name)


def test_quirk_go_imap_answer_within_an_answer() -> None:
    read = response(b"a290 OK [COPYUID 4 a291 NO [SERVERBUG] Internal server error")
    assert isinstance(read, Tagged)
    assert read.kind is Kind.OK
    assert read.code == OtherCode("COPYUID", b"4 a291 NO [SERVERBUG")


def test_quirk_exchange_server_unavailable() -> None:
    assert response(b"Server Unavailable. 15") == Unknown(b"Server Unavailable. 15")


def test_the_name_of_a_code_can_be_asked_for_whatever_the_code() -> None:
    read = response(b"* OK [UIDNEXT 7] x")
    assert isinstance(read, StatusResponse)
    assert read.code_is("UIDNEXT")
    assert not StatusResponse(Kind.OK).code_is("UIDNEXT")
