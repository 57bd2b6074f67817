"""The short way through the answers of a quiet connection says what the long way says, within the same limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import Capability, ClientProtocol, Completed, Event, Exists, Limits, StartTLS, Tagged
from mailrules.imap.brief import read
from mailrules.imap.framing import weight
from mailrules.imap.parser import parse, parse_counting
from tests.imap.reading import cut

LIMITS = Limits()
USUAL = [
    b"A12 OK Idle completed (0.001 + 0.000 secs).",
    b"A12 OK done {5}",
    b"A12 OK [CLIENTBUG] STATUS on selected mailbox.",
    b"A1 OK \xff\xc3\xa9 ",
    b"+ idling",
    b"+",
    b"+   ",
    b"+ text {3}",
    b'* STATUS "INBOX" (MESSAGES 0 UIDNEXT 1)',
    b'* STATUS "a/b" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1767225600)',
    b"* STATUS inbox (MESSAGES 7 UIDNEXT 123456789012345678)",
    b'* STATUS "a \xc3\xa9 (b" (MESSAGES 3 UIDNEXT 8)',
    b"* STATUS &2D8-/x (MESSAGES 3 UIDNEXT 8)",
    b"* 5 EXISTS",
    b"* 0 RECENT",
    b"* OK Still here",
]
UNUSUAL = [
    b"A12 OK",
    b"A12 OK [READ-ONLY] done",
    b"A12 OK [CLIENTBUG]",
    b"A12 OK  two spaces",
    b"A12 ok done",
    b"A12 NO done",
    b"* OK [UIDNEXT 7] next",
    b"* OK",
    b"* BYE",
    b'* STATUS "a\\"b" (MESSAGES 3 UIDNEXT 8)',
    b"* STATUS x (MESSAGES 1234567890123456789 UIDNEXT 8)",
    b"* STATUS x (MESSAGES 3 UIDNEXT 8 UNSEEN 1)",
    b"* STATUS x ()",
    b"* 1 EXPUNGE",
    b"* 1 FETCH (FLAGS ())",
]


@pytest.mark.parametrize("line", USUAL)
def test_the_short_way_says_what_the_long_way_says(line: bytes) -> None:
    assert ([(parse(line), len(line))], len(line) + 2) == read(bytearray(line + b"\r\n"), LIMITS)


@pytest.mark.parametrize("line", UNUSUAL)
def test_what_is_unusual_goes_the_long_way(line: bytes) -> None:
    assert ([], 0) == read(line + b"\r\n", LIMITS)


PIECES = st.sampled_from(
    [
        *(
            b"A1",
            b"A",
            b"OK",
            b"*",
            b"+",
            b" ",
            b"  ",
            b"STATUS",
            b'"',
            b"INBOX",
            b"(",
            b")",
            b"MESSAGES 1",
            b"UIDNEXT 2",
        ),
        *(
            b" (MESSAGES 1 UIDNEXT 2)",
            b"UIDVALIDITY 3",
            b"5",
            b"EXISTS",
            b"RECENT",
            b"[",
            b"]",
            b"{3}",
            b"\xe9",
            b"\0",
            b"\t",
            b"\r",
            b"x~",
        ),
        *(b"\x85", b"\x1c", b"* OK x", b"A1 OK x", b"[CLIENTBUG] ", b"* STATUS "),
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=2)), max_size=8).map(b"".join))
def test_whatever_it_reads_the_long_way_reads_too(line: bytes) -> None:
    run, end = read(line + b"\r\n", LIMITS)
    if run and end == len(line) + 2:
        assert [line] == cut(line + b"\r\n")
        assert [(parse(line), len(line))] == run
        assert parse_counting(line)[1] == 0, weight(len(line), 0)


def test_what_is_not_all_there_is_left() -> None:
    whole = b'* STATUS "INBOX" (MESSAGES 0 UIDNEXT 1)\r\n'
    for end in range(len(whole)):
        assert ([], 0) == read(whole[:end], LIMITS)


def test_what_is_too_long_is_left_to_the_framing_which_refuses_it() -> None:
    assert len(read(b"* 5 EXISTS\r\n", Limits(line=12))[0]) == 1
    assert ([], 0) == read(b"* 5 EXISTS\r\n", Limits(line=11))


def test_the_answers_to_several_commands_are_read_at_once() -> None:
    octets = b"* 1 EXISTS\r\nA1 OK done\r\n* 2 EXISTS\r\nA2 OK done\r\n"
    run, end = read(octets, LIMITS)
    assert [Exists, Tagged, Exists, Tagged] == [type(response) for response, _ in run]
    assert len(octets) == end


def test_what_comes_behind_the_answer_to_starttls_is_no_imap() -> None:
    protocol = ClientProtocol()
    protocol.receive_data(b"* OK ready\r\n")
    protocol.send(StartTLS())
    protocol.data_to_send()
    protocol.events()
    protocol.receive_data(b"A1 OK begin\r\n* OK slipped in\r\n")
    assert ["Completed"] == [type(event).__name__ for event in protocol.events()]


def test_an_answer_means_the_same_in_whatever_pieces_it_comes() -> None:
    def told(step: int) -> list[Event]:
        protocol = ClientProtocol()
        protocol.receive_data(b"* OK ready\r\n")
        protocol.send(Capability())
        protocol.data_to_send()
        octets = b"* OK Still here\r\n* 3 EXISTS\r\n* CAPABILITY IMAP4rev1\r\nA1 OK done\r\n"
        for start in range(0, len(octets), step):
            protocol.receive_data(octets[start : start + step])
        return protocol.events()

    at_once = told(1000)
    assert any(isinstance(event, Completed) for event in at_once)
    assert at_once == told(1)
