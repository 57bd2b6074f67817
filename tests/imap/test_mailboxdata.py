"""What servers say of mailboxes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap.capability import Capabilities
from mailrules.imap.names import INBOX, MailboxName
from mailrules.imap.responses import (
    CapabilityData,
    FlagsData,
    ListData,
    LsubData,
    Response,
    SearchData,
    StatusData,
    Unknown,
)
from tests.imap.reading import response


def name(raw: bytes) -> MailboxName:
    return MailboxName(raw)


NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'* LIST (\\Noselect) "/" ~/Mail/foo', ListData(frozenset({"\\Noselect"}), "/", name(b"~/Mail/foo"))),
        (b'* LIST () "/" "inbox"', ListData(NOTHING, "/", INBOX)),
        (b'* LIST (\\Noselect) "/" ""', ListData(frozenset({"\\Noselect"}), "/", name(b""))),
        (b'* LIST () "\\\\" Backup', ListData(NOTHING, "\\", name(b"Backup"))),
        (b'* LIST () "/" "a \\"b\\" \\\\c"', ListData(NOTHING, "/", name(b'a "b" \\c'))),
        (b'* LIST () "/" {5}\r\na"b\\c', ListData(NOTHING, "/", name(b'a"b\\c'))),
        (b"* LIST () NIL INBOX", ListData(NOTHING, None, INBOX)),
        (
            b'* LIST () "/" Foo ("CHILDINFO" ("SUBSCRIBED"))',
            ListData(NOTHING, "/", name(b"Foo"), child_info=frozenset({"SUBSCRIBED"})),
        ),
        (
            b'* LIST (\\NonExistent) "/" "x" ("OLDNAME" ("y z"))',
            ListData(frozenset({"\\NonExistent"}), "/", name(b"x"), old_name=name(b"y z")),
        ),
        (b'* LIST () "/" "x" ("X-NEW" (1 ("2") {1}\r\n3) )', ListData(NOTHING, "/", name(b"x"))),
        (b'* LSUB () "." #news.comp.mail.mime', LsubData(NOTHING, ".", name(b"#news.comp.mail.mime"))),
        (b"* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)", StatusData(name(b"blurdybloop"), 231, uidnext=44292)),
        (
            b'* STATUS "a b" (MESSAGES 1 RECENT 2 UIDNEXT 3 UIDVALIDITY 4 UNSEEN 5 DELETED 6 SIZE 7 HIGHESTMODSEQ 8 '
            b"MAILBOXID (F9))",
            StatusData(name(b"a b"), 1, 2, 3, 4, 5, 6, 7, 8, "F9"),
        ),
        (b"* STATUS INBOX (APPENDLIMIT NIL X-NEW (1 2) MESSAGES 3)", StatusData(INBOX, 3)),
        (b"* SEARCH 2 3 6", SearchData((2, 3, 6))),
        (b"* SEARCH", SearchData(())),
        (b"* SEARCH 2 5 (MODSEQ 917162500)", SearchData((2, 5), 917162500)),
        (b"* FLAGS (\\Answered $Work)", FlagsData(frozenset({"\\Answered", "$Work"}))),
        (b"* FLAGS ()", FlagsData(NOTHING)),
        (b"* CAPABILITY IMAP4rev1 IDLE", CapabilityData(Capabilities(["IMAP4REV1", "IDLE"]))),
    ],
)
def test_known_answers(line: bytes, expected: Response) -> None:
    assert response(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        b'* LIST (\\Noselect "/" x',
        b"* LIST ()",
        b'* LIST () "/" "x" (',
        b'* LIST () "/" "x" ("OLDNAME" ())',
        b'* LIST () "/" x" y',
        b"* STATUS INBOX",
        b"* STATUS INBOX (MESSAGES)",
        b"* STATUS INBOX (MESSAGES 1",
        b"* SEARCH 1 (MODSEQ)",
        b"* SEARCH " + b"9" * 19,
    ],
)
def test_broken_data_is_unknown(line: bytes) -> None:
    read = response(line)
    # An unquoted name may hold a quote; the rest cannot mean anything.
    assert read == Unknown(line) or read == ListData(NOTHING, "/", name(b'x" y'))


def test_attributes_are_found_in_any_case() -> None:
    """Cyrus writes special uses in lower case."""
    read = response(b'* LIST (\\HasNoChildren \\trash) "/" Trash')
    assert isinstance(read, ListData)
    assert read.has("\\Trash")
    assert not read.has("\\Junk")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"* SEARCH 2 3  ", SearchData((2, 3))),
        (b"* STATUS INBOX (MESSAGES 3 ) ", StatusData(INBOX, 3)),
        (b"* CAPABILITY IMAP4rev1  IDLE ", CapabilityData(Capabilities(["IMAP4REV1", "IDLE"]))),
        (b"* FLAGS (\\Seen ) ", FlagsData(frozenset({"\\Seen"}))),
        (b'* LIST ( \\Noselect )  "/"  x ', ListData(frozenset({"\\Noselect"}), "/", name(b"x"))),
    ],
)
def test_quirk_trailing_and_doubled_spaces(line: bytes, expected: Response) -> None:
    assert response(line) == expected


def test_quirk_163_and_courier_status_without_items() -> None:
    assert response(b'* STATUS "INBOX" ()') == StatusData(INBOX)


def test_quirk_zoho_star_in_flags() -> None:
    assert response(b"* FLAGS (\\Seen \\*)") == FlagsData(frozenset({"\\Seen", "\\*"}))


def test_quirk_gmail_atom_with_brackets_as_a_mailbox() -> None:
    assert response(b'* LIST (\\All) "/" [Gmail]/All') == ListData(frozenset({"\\All"}), "/", name(b"[Gmail]/All"))


def test_quirk_exchange_unquoted_tab_in_a_mailbox() -> None:
    assert response(b'* LIST () "/" a\tb c') == ListData(NOTHING, "/", name(b"a\tb c"))
    assert response(b"* STATUS a\tb c (MESSAGES 3)") == StatusData(name(b"a\tb c"), 3)


def test_quirk_mailutils_raw_utf_8_in_a_mailbox() -> None:
    grosse = name("Größe".encode())
    assert response('* LIST () "/" Größe'.encode()) == ListData(NOTHING, "/", grosse)
    assert response('* LIST () "/" "Größe"'.encode()) == ListData(NOTHING, "/", grosse)


def test_quirk_uw_delimiter_nil() -> None:
    assert response(b"* LIST (\\NoInferiors) nil INBOX") == ListData(frozenset({"\\NoInferiors"}), None, INBOX)
    assert response(b'* LIST () "" INBOX') == ListData(NOTHING, None, INBOX)


def test_a_mailbox_may_be_called_nil() -> None:
    assert response(b'* LIST () "/" NIL') == ListData(NOTHING, "/", name(b"NIL"))


@given(st.dictionaries(st.sampled_from(("Messages", "UIDNEXT", "uidvalidity", "UNSEEN")), st.integers(0, 10**18 - 1)))
def test_the_usual_status_is_read_as_any_other(numbers: dict[str, int]) -> None:
    items = [f"{item} {number}" for item, number in numbers.items()]
    usual = f'* STATUS "a b" ({" ".join(items)})'.encode()
    other = f'* STATUS "a b" ({"  ".join(items)} )'.encode()
    assert response(other) == response(usual)
