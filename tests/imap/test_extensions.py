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
    Tagged,
    UidSearch,
    UIDSet,
    Unknown,
    Vanished,
    parse_search,
    special_use,
)
from mailrules.imap.extensions.uidplus import CopyUidCode, copy_uid, is_copy_uid_of
from mailrules.imap.parser import parse
from mailrules.imap.registry import FETCH_ITEMS, RESPONSE_CODES, UNTAGGED


def pairs(*numbers: tuple[int, int]) -> tuple[tuple[UID, UID], ...]:
    return tuple((UID(here), UID(there)) for here, there in numbers)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("COPYUID 7 1,3:4 9:11", CopyUidCode(7, (range(1, 2), range(3, 5)), (range(9, 12),))),
        ("COPYUID 7 4,1 9,20", CopyUidCode(7, (range(4, 5), range(1, 2)), (range(9, 10), range(20, 21)))),
        ("copyuid 7  5  6", CopyUidCode(7, (range(5, 6),), (range(6, 7),))),
        ("COPYUID 7  ", CopyUidCode(7, (), ())),
        ("COPYUID 7 0 0", CopyUidCode(7, (), ())),
        ("COPYUID 0 5 6", CopyUidCode(0, (range(5, 6),), (range(6, 7),))),
        ("COPYUID 7 1:2 9", OtherCode("COPYUID", b"7 1:2 9")),
        ("COPYUID 7 1:* 9:*", OtherCode("COPYUID", b"7 1:* 9:*")),
        ("COPYUID 7 1:4294967295 1:4294967295", CopyUidCode(7, (range(1, 1 << 32),), (range(1, 1 << 32),))),
        ("COPYUID x", OtherCode("COPYUID", b"x")),
        ("APPENDUID 38505 3955", AppendUid(38505, UIDSet.parse(b"3955"))),
        ("APPENDUID 38505 3955:3956", AppendUid(38505, UIDSet.parse(b"3955:3956"))),
        ("APPENDUID 1", AppendUid(1, UIDSet())),
        ("APPENDUID 1 1:4294967295", AppendUid(1, UIDSet.parse(b"1:4294967295"))),
        ("APPENDUID 1 1:*", OtherCode("APPENDUID", b"1 1:*")),
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


@pytest.mark.parametrize(
    "lines",
    [
        ["ESEARCH UID ALL 1:*"],
        ["ESEARCH UID ALL 1:4294967295"],
        [f"ESEARCH UID ALL {start}:{start + 399_999}" for start in (1, 400_001, 800_001)],
        ["ESEARCH UID ALL 1:1000000", "SEARCH 1000001"],
    ],
)
def test_more_hits_than_a_mailbox_can_have_are_refused(lines: list[str]) -> None:
    """All lines of an answer count together, and none is written out beyond the limit."""
    untagged = tuple(parse(f"* {line}".encode()) for line in lines)
    with pytest.raises(ProtocolError, match="more hits"):
        UidSearch(parse_search("ALL")).result(Answer(Tagged(b"a", Kind.OK), untagged))


def copied(messages: UIDSet | SeqSet, *codes: str, tagged: str = "x") -> CopyUid | None:
    """Return what these untagged responses and the text of the tagged one say of these messages."""
    untagged = tuple(parse(f"* OK [COPYUID {code}]".encode()) for code in codes)
    end = parse(f"a OK {tagged}".encode())
    assert isinstance(end, Tagged)
    return copy_uid(Answer(end, untagged), messages)


def test_the_nth_message_became_the_nth_there_however_the_ranges_are_cut() -> None:
    messages = UIDSet.parse(b"1:9")
    assert copied(messages, "7 1,3:4 9:11") == CopyUid(7, pairs((1, 9), (3, 10), (4, 11)))
    assert copied(messages, "7 4,1 9,20") == CopyUid(7, pairs((4, 9), (1, 20)))
    assert copied(messages, "7 1:4 2,5:7") == CopyUid(7, pairs((1, 2), (2, 5), (3, 6), (4, 7)))
    assert copied(messages, "7  ") == CopyUid(7, ())


def test_several_copyuids_are_one() -> None:
    messages = UIDSet.parse(b"1:2")
    assert copied(messages, "7 1 9", tagged="[COPYUID 7 2,1 10,9] x") == CopyUid(7, pairs((1, 9), (2, 10)))


def test_a_copyuid_that_names_no_uidvalidity_is_none() -> None:
    assert copied(UIDSet.parse(b"1"), tagged="[COPYUID 0 1 9] x") is None
    assert copied(UIDSet.parse(b"1")) is None


def test_only_the_messages_that_were_meant_are_written_out() -> None:
    """A few octets of COPYUID can name four billion messages."""
    every = "1:4294967295"
    messages = UIDSet.parse(b"7,4294967290:4294967294")
    assert copied(messages, tagged=f"[COPYUID 7 {every} {every}] x") == CopyUid(
        7, pairs(*((uid, uid) for uid in messages))
    )
    for without_end in (UIDSet.all(), SeqSet.all()):
        with pytest.raises(ProtocolError, match="more messages"):
            copied(without_end, tagged=f"[COPYUID 7 {every} {every}] x")
    assert copied(SeqSet.parse(b"1"), tagged="[COPYUID 7 12 13] x") == CopyUid(7, pairs((12, 13)))


def test_an_untagged_copyuid_about_others_too_is_not_claimed() -> None:
    messages = UIDSet.parse(b"1:5,8")
    for source, meant in [("1:5", True), ("8,2", True), ("1:8", False), ("8:9", False), ("1:4294967295", False)]:
        assert is_copy_uid_of(parse(f"* OK [COPYUID 7 {source} {source}]".encode()), messages) is meant


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
