"""The short way through what a server writes alike says what the long way says, within the same limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.imap import (
    INBOX,
    ClientProtocol,
    Event,
    Expunge,
    Items,
    Limits,
    MessageData,
    ProtocolError,
    Response,
    Select,
    SeqNum,
    StoreMode,
    UidFetch,
    UidMove,
    UIDSet,
    UidStore,
    Unsolicited,
    header_fields,
)
from mailrules.imap.framing import weight
from mailrules.imap.parser import parse
from mailrules.imap.usual import MAX_SHAPES, Run, Usual
from tests.imap.reading import cut
from tests.imap.test_fuzz import PIECES

HEADER = b"BODY[HEADER.FIELDS (FROM TO)] {9}\r\nFrom: a\r\n"
USUAL = (
    b'* 3 FETCH (UID 12 FLAGS (\\Seen $Work) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286 MODSEQ (99) '
    + HEADER
    + b")"
)
ITEMS = [
    *(b"UID 7", b"UID 8", b"FLAGS (\\Seen $x)", b"FLAGS ()", b"RFC822.SIZE 99", b"MODSEQ (5)", b"BODY[] {3}\r\na)b"),
    *(b'INTERNALDATE " 3-Mar-2024 10:00:00 +0100"', b"BODY[HEADER.FIELDS (FROM)]<0> {2}\r\nab", b"BODY[X] {1}\r\na"),
    *(
        b'INTERNALDATE "31-Dec-2016 23:59:60 +0000"',
        b'INTERNALDATE "31-Feb-2016 99:59:60 +9999"',
        b"BODY[TEXT] {0}\r\n",
    ),
]
LIMITS = Limits()


def short(raw: bytes, like: bytes = b"", limits: Limits = LIMITS) -> Run:
    """Read a response by the short way, after one that was written like it."""
    usual = Usual()
    usual.learn(like or raw, parse(like or raw))
    return usual.read(bytearray(raw + b"\r\n"), limits)


def long(*lines: bytes) -> Run:
    """Read responses by the long way, and weigh them by their flags."""
    if not lines:
        return Run()
    responses = [parse(line) for line in lines]
    values = [len(each.flags or ()) if isinstance(each, MessageData) else 0 for each in responses]
    return Run(responses, list(map(weight, map(len, lines), values)), sum(len(line) + 2 for line in lines))


@pytest.mark.parametrize(
    "line",
    [
        USUAL,
        b"* 1 FETCH (FLAGS ())",
        b"* 1 FETCH (FLAGS (\\Seen) UID 1)",
        b"* 4294967295 FETCH (MODSEQ (8))",
        b"* 1 FETCH (BODY[] {0}\r\n UID 7)",
        b"* 1 FETCH (BODY[TEXT]<100> {2}\r\n)) UID 7 FLAGS ())",
        b'* 1 FETCH (INTERNALDATE "31-Feb-1996 02:44:25 -0700" UID 7)',
        b"* 17 EXPUNGE",
    ],
)
def test_the_short_way_says_what_the_long_way_says(line: bytes) -> None:
    assert short(line) == long(line)


@pytest.mark.parametrize(
    "line",
    [
        b"* 1 FETCH (UID 7 UID 7)",
        b"* 1 FETCH (BODY[1.2.MIME] {1}\r\nx BODY[1] {1}\r\ny)",
        b"* 1 FETCH (UID 7 X-GM-MSGID 5)",
        b"* 0 FETCH (UID 7)",
        b"* 5 EXISTS",
        b"A1 OK done",
    ],
)
def test_what_is_unusual_goes_the_long_way(line: bytes) -> None:
    assert short(line) == Run()


def test_many_that_are_alike_are_read_at_once_up_to_the_first_that_is_not() -> None:
    lines = [b"* %d FETCH (UID %d FLAGS ())" % (seq, seq + 7) for seq in range(1, 100)]
    usual = Usual()
    usual.learn(lines[0], parse(lines[0]))
    octets = b"\r\n".join([*lines, b"* 5 EXPUNGE", *lines, b""])
    assert usual.read(octets, LIMITS) == long(*lines)


def test_a_response_that_is_not_all_there_is_left() -> None:
    for end in range(len(USUAL) + 2):
        usual = Usual()
        usual.learn(USUAL, parse(USUAL))
        assert usual.read((USUAL + b"\r\n")[:end], LIMITS) == Run()


@pytest.mark.parametrize("limits", [Limits(line=100), Limits(literal=8), Limits(literals=0)])
def test_what_is_too_long_is_left_to_the_framing_which_refuses_it(limits: Limits) -> None:
    assert len(short(USUAL).responses) == 1
    assert short(USUAL, limits=limits) == Run()


def test_no_server_has_more_than_so_many_ways_of_writing_learnt() -> None:
    usual = Usual()
    for size in range(1, 6):
        for start in range(5):
            names = (b"UID 7", b"FLAGS ()", b"RFC822.SIZE 9", b"MODSEQ (5)", b"BODY[] {0}\r\n")
            line = b"* 1 FETCH (" + b" ".join((names * 2)[start : start + size]) + b")"
            usual.learn(line, parse(line))
    assert len(usual._shapes) == MAX_SHAPES


@given(
    st.lists(st.lists(st.sampled_from(ITEMS), max_size=5).map(b" ".join), min_size=1, max_size=4),
    st.sampled_from([b"", *PIECES]),
    st.integers(0, 80),
)
@settings(max_examples=500, deadline=None)
def test_whatever_was_learnt_the_long_way_says_the_same(many: list[bytes], piece: bytes, place: int) -> None:
    usual = Usual()
    for items in many:
        raw = b"* 3 FETCH (" + items + b")"
        usual.learn(raw, parse(raw))
        changed = raw[:place] + piece + raw[place:] + b"\r\n"
        for octets in (raw + b"\r\n", changed):
            run = usual.read(octets, LIMITS)
            assert run == long(*cut(octets)[: len(run.responses)])


@given(
    st.lists(
        st.lists(st.sampled_from(ITEMS), max_size=5).map(lambda items: b"* 3 FETCH (" + b" ".join(items) + b")")
        | st.sampled_from([b"* 2 EXPUNGE", b"* 5 EXISTS", USUAL]),
        max_size=8,
    ),
    st.integers(1, 400),
)
@settings(max_examples=300, deadline=None)
def test_a_conversation_hears_what_the_parser_reads(lines: list[bytes], step: int) -> None:
    protocol = ClientProtocol()
    protocol.receive_data(b"* PREAUTH hi\r\n")
    protocol.events()
    octets = b"".join(line + b"\r\n" for line in lines)
    heard: list[Event] = []
    for start in range(0, len(octets), step):
        protocol.receive_data(octets[start : start + step])
        heard += protocol.events()
    assert heard == [Unsolicited(parse(raw)) for raw in cut(octets)]


class Unlearned(Usual):
    """Learns nothing, so that all goes the long way."""

    def learn(self, raw: bytes, response: Response) -> None:
        """Take note of nothing."""


@given(
    st.lists(
        st.builds(b"* %d FETCH (UID %d FLAGS (a))".__mod__, st.tuples(st.integers(1, 9), st.integers(1, 9)))
        | st.builds(b"* %d FETCH (%b)".__mod__, st.tuples(st.integers(1, 9), st.sampled_from(ITEMS)))
        | st.builds(b"* %d EXPUNGE".__mod__, st.integers(1, 9))
        | st.sampled_from([b"* OK [COPYUID 3 5,7:8 1:3] moved", b"* 8 EXISTS", b"A2 OK", b"A3 OK", b"A4 OK", b"A5 OK"]),
        max_size=50,
    ),
    st.integers(1, 4000),
)
@settings(max_examples=300, deadline=None)
def test_the_commands_in_flight_get_the_same_on_both_ways(lines: list[bytes], step: int) -> None:
    heard: list[tuple[list[Event], int]] = []
    for usual in (Usual(), Unlearned()):
        protocol = ClientProtocol()
        protocol._usual = usual
        protocol.receive_data(b"* PREAUTH hi\r\n")
        protocol.send(Select(INBOX))
        protocol.receive_data(b"* 9 EXISTS\r\nA1 OK\r\n")
        protocol.send(UidFetch(UIDSet.parse(b"1:3,5"), (Items.UID, Items.FLAGS)))
        protocol.send(UidMove(UIDSet.parse(b"5,7:8"), INBOX))
        protocol.send(UidFetch(UIDSet.after(3), (Items.SIZE, header_fields(["FROM"]))))
        protocol.send(UidStore(UIDSet.all(), StoreMode.ADD, frozenset({"a"})))
        protocol.data_to_send()
        octets = b"".join(line + b"\r\n" for line in lines)
        for start in range(0, len(octets), step):
            protocol.receive_data(octets[start : start + step])
        assert protocol.selected is not None
        heard.append((protocol.events(), protocol.selected.exists))
    assert heard[0] == heard[1]


def test_usual_responses_weigh_what_others_weigh() -> None:
    """The limits of an answer hold: its responses and its memory are counted on both ways."""
    line = b"* 3 FETCH (UID 12 FLAGS ())\r\n"
    for limits in (Limits(responses=5), Limits(memory=5 * 4 * len(line) + 5 * 256)):
        protocol = ClientProtocol(limits)
        protocol.receive_data(b"* PREAUTH hi\r\n")
        protocol.send(Select(INBOX))
        protocol.receive_data(b"A1 OK\r\n")
        protocol.send(UidFetch(UIDSet.all(), (Items.FLAGS,)))
        with pytest.raises(ProtocolError, match="UID FETCH"):
            protocol.receive_data(line * 8)


def test_flags_weigh_what_they_take() -> None:
    line = b"* 3 FETCH (UID 12 FLAGS (%s))\r\n" % b" ".join(b"a%d" % number for number in range(100))
    protocol = ClientProtocol(Limits(memory=4 * 256 * 100))
    protocol.receive_data(b"* PREAUTH hi\r\n")
    protocol.send(Select(INBOX))
    protocol.receive_data(b"A1 OK\r\n")
    protocol.send(UidFetch(UIDSet.all(), (Items.FLAGS,)))
    with pytest.raises(ProtocolError, match="UID FETCH"):
        protocol.receive_data(line * 4)


def test_expunges_come_as_they_are() -> None:
    usual = Usual()
    usual.learn(b"* 9 EXPUNGE", Expunge(SeqNum(9)))
    assert usual.read(b"* 9 EXPUNGE\r\n* 0 EXPUNGE\r\n", LIMITS) == long(b"* 9 EXPUNGE")
    assert usual.read(b"* 9 EXPUNGE\r\n", Limits(line=9)) == Run()
    usual.learn(USUAL, MessageData(SeqNum(3)))
    assert usual.read(b"* 9 EXPUNGE\r\n", LIMITS) == Run()
