"""What extensions read: known answers, broken ones, and nothing that a server may say raises an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import (
    UID,
    Answer,
    AppendUid,
    CopyUid,
    EnabledData,
    ESearchData,
    HighestModSeq,
    IdData,
    Kind,
    ListData,
    MailboxName,
    Modified,
    NamespaceData,
    NamespaceEntry,
    OtherCode,
    ProtocolError,
    Response,
    ResponseCode,
    SeqSet,
    StatusResponse,
    Tagged,
    UIDSet,
    Unknown,
    Vanished,
    special_use,
)
from mailrules.imap.extensions.uidplus import copy_uid
from mailrules.imap.parser import parse
from mailrules.imap.registry import FETCH_ITEMS, RESPONSE_CODES, UNTAGGED


def pairs(*numbers: tuple[int, int]) -> tuple[tuple[UID, UID], ...]:
    return tuple((UID(here), UID(there)) for here, there in numbers)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("COPYUID 7 1,3:4 9:11", CopyUid(7, pairs((1, 9), (3, 10), (4, 11)))),
        ("COPYUID 7 4,1 9,20", CopyUid(7, pairs((4, 9), (1, 20)))),
        ("copyuid 7  5  6", CopyUid(7, pairs((5, 6)))),
        ("COPYUID 7  ", CopyUid(7, ())),
        ("COPYUID 7 0 0", CopyUid(7, ())),
        ("COPYUID 0 5 6", CopyUid(0, pairs((5, 6)))),
        ("COPYUID 7 1:2 9", OtherCode("COPYUID", b"7 1:2 9")),
        ("COPYUID 7 1:* 9:*", OtherCode("COPYUID", b"7 1:* 9:*")),
        ("COPYUID 7 1:4294967295 1:4294967295", OtherCode("COPYUID", b"7 1:4294967295 1:4294967295")),
        ("COPYUID x", OtherCode("COPYUID", b"x")),
        ("APPENDUID 38505 3955", AppendUid(38505, (UID(3955),))),
        ("APPENDUID 38505 3955:3956", AppendUid(38505, (UID(3955), UID(3956)))),
        ("APPENDUID 1", AppendUid(1, ())),
        ("HIGHESTMODSEQ 18446744073709551615", OtherCode("HIGHESTMODSEQ", b"18446744073709551615")),
        ("HIGHESTMODSEQ 9", HighestModSeq(9)),
        ("MODIFIED 7,9", Modified(UIDSet.parse(b"7,9"))),
    ],
)
def test_response_codes(written: str, code: ResponseCode) -> None:
    assert parse(f"a OK [{written}] done".encode()) == Tagged(b"a", Kind.OK, code, "done")


@pytest.mark.parametrize(
    ("written", "data"),
    [
        ("ENABLED condstore UTF8=ACCEPT", EnabledData(frozenset({"CONDSTORE", "UTF8=ACCEPT"}))),
        ("ENABLED ", EnabledData(frozenset())),
        ("VANISHED 1:3,7", Vanished(UIDSet.parse(b"1:3,7"))),
        ("VANISHED (EARLIER) 7", Vanished(UIDSet.parse(b"7"), earlier=True)),
        ("VANISHED 1:*", Unknown(b"* VANISHED 1:*")),
        ("VANISHED", Unknown(b"* VANISHED")),
        ("ID nil", IdData()),
        ('ID ("Name" "x" "os" NIL)', IdData((("name", "x"), ("os", None)))),
        ('ID ("name")', Unknown(b'* ID ("name")')),
        ("NAMESPACE NIL NIL nil", NamespaceData()),
        ('NAMESPACE ((""  "/" )) NIL NIL', NamespaceData((NamespaceEntry(MailboxName(b""), "/"),))),
        ("NAMESPACE (", Unknown(b"* NAMESPACE (")),
        ("ESEARCH", ESearchData()),
        ('ESEARCH (TAG "a1") UID COUNT 0', ESearchData(b"a1", uid=True, count=0)),
        ("ESEARCH UID ALL 3:5 MODSEQ 9", ESearchData(None, uid=True, all=UIDSet.parse(b"3:5"), modseq=9)),
        ("ESEARCH ALL 3:5 PARTIAL (1:2 7)", ESearchData(all=SeqSet.parse(b"3:5"))),
        ("ESEARCH MIN x", Unknown(b"* ESEARCH MIN x")),
    ],
)
def test_untagged_data(written: str, data: Response) -> None:
    assert parse(f"* {written}".encode()) == data


NAMES = sorted(UNTAGGED) + [b"OK [" + name for name in sorted(RESPONSE_CODES)]


@given(st.sampled_from(NAMES), st.binary(max_size=60) | st.text('0123456789:,*()[]" NILUDMAX', max_size=60))
def test_no_reader_raises_whatever_the_server_says(name: bytes, rest: bytes | str) -> None:
    octets = rest if isinstance(rest, bytes) else rest.encode()
    assert isinstance(parse(b"* " + name + b" " + octets), Response)


def test_more_hits_than_a_mailbox_can_have_are_refused() -> None:
    for hits in (b"1:4294967295", b"1:*"):
        with pytest.raises(ProtocolError):
            ESearchData(all=UIDSet.parse(hits)).listed()


def test_several_copyuids_are_one() -> None:
    codes = [CopyUid(7, pairs((1, 9))), CopyUid(7, pairs((2, 10), (1, 9)))]
    untagged = tuple(StatusResponse(Kind.OK, code) for code in codes)
    assert copy_uid(Answer(Tagged(b"a", Kind.OK), untagged)) == CopyUid(7, pairs((1, 9), (2, 10)))


def test_a_copyuid_that_names_no_uidvalidity_is_none() -> None:
    assert copy_uid(Answer(Tagged(b"a", Kind.OK, CopyUid(0, pairs((1, 9)))))) is None
    assert copy_uid(Answer(Tagged(b"a", Kind.OK))) is None


@pytest.mark.parametrize(
    ("attributes", "use"),
    [({"\\Trash"}, "\\Trash"), ({"\\trash", "\\Marked"}, "\\Trash"), ({"\\HasNoChildren"}, None), (set(), None)],
)
def test_a_special_use_is_found_in_any_case(attributes: set[str], use: str | None) -> None:
    assert special_use(ListData(frozenset(attributes), "/", MailboxName(b"x"))) == use


def test_no_extension_takes_the_name_of_another_ones_data() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert {b"ENABLED", b"ESEARCH", b"ID", b"NAMESPACE", b"VANISHED"} <= set(UNTAGGED)
    assert {b"APPENDUID", b"COPYUID", b"HIGHESTMODSEQ", b"MODIFIED"} <= set(RESPONSE_CODES)
    assert all(name == name.upper() for name in (*UNTAGGED, *RESPONSE_CODES, *FETCH_ITEMS))
