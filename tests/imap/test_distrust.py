"""A server that says too much, or what nobody asked for, is not believed."""

from __future__ import annotations

import pytest

from mailrules.engine.deciding import _TOGETHER
from mailrules.imap import (
    INBOX,
    UID,
    Append,
    AppendUid,
    Enable,
    Fetch,
    Items,
    Kind,
    Limits,
    MessageData,
    NewMessage,
    Noop,
    ProtocolError,
    Select,
    SeqNum,
    SeqSet,
    Status,
    StatusData,
    StatusItem,
    Tagged,
    UidFetch,
    UIDSet,
    Unknown,
    Unsolicited,
)
from mailrules.imap.cursor import MAX_VALUES
from mailrules.imap.framing import weight
from mailrules.imap.parser import parse_counting
from mailrules.imap.uidset import MAX_COUNT
from mailrules.rules.mime.bodies import MAX_OCTETS_READ
from tests.imap.talking import ARCHIVE, Talk, in_inbox

LINE = "* STATUS Archive (UIDNEXT 9)"
STATUS = Status(ARCHIVE, (StatusItem.UIDNEXT,))


@pytest.mark.parametrize("limits", [Limits(responses=3), Limits(memory=3 * weight(len(LINE), 1))])
def test_an_answer_that_does_not_end_is_an_error(limits: Limits) -> None:
    talk = Talk(limits=limits)
    talk.say(STATUS)
    assert talk.hear(LINE, LINE, LINE) == []
    with pytest.raises(ProtocolError, match=f"STATUS: .* than {limits.responses} responses or {limits.memory} octets"):
        talk.hear(LINE)


def test_expunges_that_a_command_has_to_see_count_too() -> None:
    talk = Talk(limits=Limits(responses=2))
    talk.say(Select(INBOX))
    talk.hear("* 9 EXISTS", "A1 OK")
    talk.say(UidFetch(UIDSet.after(0), (Items.FLAGS,)))
    assert len(talk.hear("* 9 EXPUNGE", "* 8 EXPUNGE")) == 2
    with pytest.raises(ProtocolError, match="UID FETCH"):
        talk.hear("* 7 EXPUNGE")


def test_answers_that_are_under_way_share_the_memory_and_give_it_back() -> None:
    each = weight(len(LINE), 1)
    talk = Talk(limits=Limits(memory=2 * each))
    talk.say(STATUS, STATUS)
    talk.hear(LINE, LINE, "A1 OK", LINE, LINE)
    with pytest.raises(ProtocolError, match="STATUS"):
        talk.hear(LINE)


def test_each_command_has_its_own_limits_and_news_has_none() -> None:
    talk = Talk(limits=Limits(responses=1))
    talk.say(STATUS, STATUS)
    assert talk.results(LINE, "A1 OK", LINE, "A2 OK") == [StatusData(ARCHIVE, uidnext=9)] * 2
    assert len(talk.hear(*["* 9 EXISTS"] * 5)) == 5


def test_large_answers_fit_by_default() -> None:
    """LIST and STATUS of 100,000 mailboxes, the bodies that are asked for together, a million hits of a search."""
    limits = Limits()
    listed = rb'* LIST (\HasNoChildren) "/" "Archive/2024/some mailbox of a great account"'
    status = b'* STATUS "Archive/2024/some mailbox of a great account" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)'
    hits = b"* SEARCH " + b" ".join(b"%d" % uid for uid in range((1 << 32) - MAX_COUNT, 1 << 32))
    assert limits.responses >= 2 * 100_000
    assert limits.memory >= 100_000 * (heavy(listed) + heavy(status))
    assert limits.memory >= 4 * (_TOGETHER + MAX_OCTETS_READ)
    assert limits.memory >= heavy(hits)
    assert limits.line >= len(hits)


def heavy(raw: bytes) -> int:
    """What a response weighs."""
    response, values = parse_counting(raw)
    assert not isinstance(response, Unknown)
    return weight(len(raw), values)


def test_a_tag_that_was_not_written_yet_is_answered_by_nobody() -> None:
    """Tags can be foreseen. Taken for an answer, one would end a command that still has to leave."""
    talk = Talk()
    append = Append(ARCHIVE, NewMessage(b"hello"))
    assert talk.say(append, append, Noop()) == b"A1 APPEND Archive () {5}\r\n"
    for tag in (b"A2", b"A3", b"A4"):
        assert talk.hear(f"{tag.decode()} OK done") == [Unsolicited(Tagged(tag, Kind.OK, None, "done"))]
    talk.hear("+")
    assert talk.protocol.data_to_send() == b"hello\r\nA2 APPEND Archive () {5}\r\n"
    assert talk.results("A1 OK", "A2 OK [APPENDUID 3 7] done") == [None, AppendUid(3, UIDSet([UID(7)]))]
    assert talk.protocol.data_to_send() == b"A3 NOOP\r\n"


def test_a_command_by_number_that_waits_cannot_be_answered() -> None:
    inbox = in_inbox()
    inbox.say(Noop(), Fetch(SeqSet([SeqNum(1)]), (Items.FLAGS,)))
    assert len(inbox.hear("A3 OK")) == 1
    inbox.hear("A2 OK")
    assert inbox.protocol.data_to_send() == b"A3 FETCH 1 (FLAGS)\r\n"
    assert inbox.results("* 1 FETCH (FLAGS ())", "A3 OK") == [(MessageData(SeqNum(1), flags=frozenset()),)]


def test_extensions_that_nobody_enabled_are_not_enabled() -> None:
    talk = Talk()
    talk.hear("* ENABLED QRESYNC")
    assert talk.protocol.enabled == frozenset()
    talk.say(Enable(("CONDSTORE",)))
    talk.hear("* ENABLED CONDSTORE", "A1 OK")
    assert talk.protocol.enabled == {"CONDSTORE"}


@pytest.mark.parametrize(
    ("first", "unit", "last"),
    [
        (b"* FLAGS (", b"%x ", b")"),
        (b"* LIST (", b"%x ", b') "/" x'),
        (b"* OK [PERMANENTFLAGS (", b"%x ", b")] so"),
        (b"* CAPABILITY ", b"%x ", b""),
        (b"* 1 FETCH (UID 1 FLAGS (", b"%x ", b"))"),
        (b'* ESEARCH (TAG "A1") UID ALL 1', b",%d", b""),
        (b"* OK [COPYUID 1 1", b",%d", b" 1] so"),
        (b'* LIST () "', rb"\\", b'" x'),
        (b'* 1 FETCH (UID 1 BODYSTRUCTURE ("A" "B" (', b'"a" "b" ', b") NIL NIL NIL 1))"),
        (b"* 1 FETCH (UID 1 BODYSTRUCTURE (", b'("A" "B" NIL NIL NIL NIL 1)', b' "mixed"))'),
        (b"* 1 FETCH (UID 1 BODYSTRUCTURE ", b"(", b""),
        (b"* OK ", b"x", b""),
    ],
)
def test_a_response_is_read_into_so_many_values_at_most(first: bytes, unit: bytes, last: bytes) -> None:
    """A list of a million flags, believed, takes forty times its octets."""
    octets = 2 << 20
    many = b"".join(unit % number if b"%" in unit else unit for number in range(octets // len(unit)))[:octets]
    assert parse_counting(first + many + last)[1] <= MAX_VALUES
