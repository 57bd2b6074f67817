"""Commands in flight get their own answers, news reaches the selected mailbox, and states forbid what has no place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import (
    INBOX,
    UID,
    Authenticate,
    Capabilities,
    Capability,
    ClientProtocol,
    Close,
    Closed,
    Completed,
    Compress,
    CopyUid,
    Echo,
    Event,
    Exists,
    Expunge,
    FetchAttribute,
    FramingError,
    Greeted,
    Idle,
    Idling,
    Items,
    Kind,
    Limits,
    Login,
    Logout,
    MailboxName,
    MessageData,
    Noop,
    Plain,
    ProtocolError,
    Select,
    SelectedMailbox,
    SeqNum,
    StartTLS,
    State,
    StateError,
    Status,
    StatusData,
    StatusItem,
    StatusResponse,
    StoreMode,
    UidCopy,
    UidExpunge,
    UidFetch,
    UidMove,
    UIDSet,
    UidStore,
    Unsolicited,
    header_fields,
)
from tests.imap.talking import ARCHIVE, Talk, in_inbox, result

SEEN = frozenset({"\\Seen"})
HEADER = header_fields(["FROM"])


def told(seq: int, uid: int, flags: frozenset[str] | None = None, size: int | None = None) -> MessageData:
    return MessageData(SeqNum(seq), UID(uid), flags, size=size)


@pytest.fixture
def inbox() -> Talk:
    """Three messages in the selected INBOX; the next tag is A2."""
    return in_inbox()


def test_many_commands_leave_in_one_flight_and_are_answered_in_any_order(inbox: Talk) -> None:
    sent = inbox.say(
        UidFetch(UIDSet([UID(1)]), (Items.FLAGS,)),
        UidFetch(UIDSet([UID(2)]), (Items.FLAGS,)),
        Status(ARCHIVE, (StatusItem.UIDNEXT,)),
    )
    assert sent == b"A2 UID FETCH 1 (FLAGS)\r\nA3 UID FETCH 2 (FLAGS)\r\nA4 STATUS Archive (UIDNEXT)\r\n"
    results = inbox.results(
        "* STATUS Archive (UIDNEXT 9)",
        "A4 OK",
        "* 2 FETCH (UID 2 FLAGS (\\Seen))",
        "A3 OK",
        "* 1 FETCH (FLAGS () UID 1)",
        "A2 OK",
    )
    assert results == [StatusData(ARCHIVE, uidnext=9), (told(2, 2, SEEN),), (told(1, 1, frozenset()),)]


def test_untagged_data_goes_to_the_oldest_command_that_claims_it(inbox: Talk) -> None:
    inbox.say(UidFetch(UIDSet([UID(1)]), (Items.FLAGS,)), UidFetch(UIDSet([UID(1)]), (Items.FLAGS,)))
    line = "* 1 FETCH (UID 1 FLAGS (\\Seen))"
    assert inbox.results(line, "A2 OK", line, "A3 OK") == [(told(1, 1, SEEN),)] * 2


@pytest.mark.parametrize("items", [(HEADER,), (Items.UID, HEADER)])
def test_flags_told_while_headers_are_fetched_are_news_and_not_the_answer(
    inbox: Talk, items: tuple[FetchAttribute, ...]
) -> None:
    inbox.say(UidFetch(UIDSet.after(0), items))
    news, answer = inbox.hear(
        "* 1 FETCH (UID 1 FLAGS (\\Seen))", '* 2 FETCH (UID 2 BODY[HEADER.FIELDS (FROM)] "x")', "A2 OK"
    )
    assert news == Unsolicited(told(1, 1, SEEN))
    messages = result(answer)
    assert isinstance(messages, tuple)
    assert [message.uid for message in messages] == [2]


def test_uids_alone_can_be_asked_for(inbox: Talk) -> None:
    inbox.say(UidFetch(UIDSet.after(0), (Items.UID,)))
    assert inbox.results("* 1 FETCH (UID 4)", "A2 OK") == [(told(1, 4),)]


def test_flags_told_in_a_second_line_are_merged_where_they_were_asked_for(inbox: Talk) -> None:
    inbox.say(UidFetch(UIDSet.after(0), (HEADER, Items.FLAGS)))
    (messages,) = inbox.results(
        '* 2 FETCH (UID 2 BODY[HEADER.FIELDS (FROM)] "x")', "* 2 FETCH (FLAGS (\\Seen))", "A2 OK"
    )
    assert isinstance(messages, tuple)
    (message,) = messages
    assert (message.uid, message.flags, message.header()) == (2, SEEN, b"x")


def test_flags_may_come_before_the_line_that_names_the_uid(inbox: Talk) -> None:
    inbox.say(UidFetch(UIDSet.after(0), (Items.SIZE, Items.FLAGS)))
    results = inbox.results("* 2 FETCH (FLAGS (\\Seen))", "* 2 FETCH (UID 8 RFC822.SIZE 5)", "A2 OK")
    assert results == [(told(2, 8, SEEN, size=5),)]


def test_a_line_that_names_no_uid_and_no_known_number_is_left_out(inbox: Talk) -> None:
    inbox.say(UidFetch(UIDSet.after(0), (Items.FLAGS,)))
    assert inbox.results("* 1 FETCH (UID 4 FLAGS ())", "* 3 FETCH (FLAGS (\\Seen))", "A2 OK") == [
        (told(1, 4, frozenset()),)
    ]


def test_an_expunge_between_two_lines_shifts_the_number_of_the_second(inbox: Talk) -> None:
    inbox.say(UidFetch(UIDSet.after(0), (Items.SIZE, Items.FLAGS)))
    events = inbox.hear(
        "* 3 FETCH (UID 30 RFC822.SIZE 5)", "* 2 FETCH (FLAGS ())", "* 1 EXPUNGE", "* 2 FETCH (FLAGS (\\Seen))",
        "* 1 FETCH (UID 20 RFC822.SIZE 6)", "A2 OK",
    )  # fmt: skip
    assert events[0] == Unsolicited(Expunge(SeqNum(1)))
    assert result(events[1]) == (
        told(1, 20, frozenset(), size=6),
        told(2, 30, SEEN, size=5),
    )


def test_the_last_message_in_answer_to_an_open_range_is_not_in_the_result(inbox: Talk) -> None:
    inbox.say(UidFetch(UIDSet.after(9), (HEADER,)))
    stray, answer = inbox.hear('* 3 FETCH (UID 9 BODY[HEADER.FIELDS (FROM)] "x")', "A2 OK")
    assert isinstance(stray, Unsolicited)
    assert result(answer) == ()


def test_a_store_sees_only_the_messages_that_it_meant(inbox: Talk) -> None:
    inbox.say(UidStore(UIDSet([UID(99)]), StoreMode.ADD, SEEN, Echo.FLAGS))
    stray, answer = inbox.hear("* 3 FETCH (UID 3 FLAGS (\\Seen))", "A2 OK")
    assert stray == Unsolicited(told(3, 3, SEEN))
    assert result(answer) == ()


def test_news_nobody_asked_for_is_unsolicited_and_reaches_the_mailbox(inbox: Talk) -> None:
    events = inbox.hear(
        "* 4 EXISTS", "* 1 EXPUNGE", "* 5 EXISTS", "* 2 RECENT", "* FLAGS (\\Seen)", "* OK [PERMANENTFLAGS ()] x"
    )
    assert all(isinstance(event, Unsolicited) for event in events)
    assert inbox.selected == SelectedMailbox(INBOX, 5, 2, 3, 7, None, SEEN, frozenset())


def test_a_smaller_exists_lowers_the_count_only(inbox: Talk) -> None:
    inbox.hear("* 1 EXISTS", "* 2 EXISTS", "* OK [UIDVALIDITY 8] changed", "* OK [READ-ONLY] now", "* OK [UIDNEXT 9] x")
    assert (inbox.selected.exists, inbox.selected.arrived, inbox.selected.uidvalidity) == (2, 1, 8)
    assert (inbox.selected.read_only, inbox.selected.uidnext) == (True, 9)


def test_claimed_news_reaches_the_mailbox_too(inbox: Talk) -> None:
    inbox.say(UidExpunge(UIDSet([UID(1)])))
    assert inbox.results("* 1 EXPUNGE", "A2 OK [HIGHESTMODSEQ 12] done") == [None]
    assert (inbox.selected.exists, inbox.selected.arrived, inbox.selected.highestmodseq) == (2, 0, 12)


def test_what_comes_before_the_answer_to_move_belongs_to_the_mailbox_moved_from(inbox: Talk) -> None:
    inbox.say(UidMove(UIDSet([UID(1)]), ARCHIVE), Select(ARCHIVE), UidFetch(UIDSet.after(0), (Items.FLAGS,)))
    moved, opened, fetched = inbox.results(
        "* OK [COPYUID 3 1 9] x", "* 1 EXPUNGE", "A2 OK",
        "* OK [CLOSED] x", "* 1 EXISTS", "* OK [UIDVALIDITY 3] x", "A3 OK [READ-WRITE] x",
        "* 1 FETCH (UID 9 FLAGS ())", "A4 OK",
    )  # fmt: skip
    assert moved == CopyUid(3, ((UID(1), UID(9)),))
    assert opened == SelectedMailbox(ARCHIVE, 1, uidvalidity=3)
    assert fetched == (told(1, 9, frozenset()),)


def test_copyuid_goes_to_the_command_that_meant_these_messages(inbox: Talk) -> None:
    inbox.say(UidCopy(UIDSet([UID(1)]), ARCHIVE), UidMove(UIDSet([UID(2)]), ARCHIVE))
    moved, copied = inbox.results("* OK [COPYUID 3 2 8] x", "* 2 EXPUNGE", "A3 OK", "A2 OK [COPYUID 3 1 9] x")
    assert moved == CopyUid(3, ((UID(2), UID(8)),))
    assert copied == CopyUid(3, ((UID(1), UID(9)),))


def test_exists_for_the_old_mailbox_is_not_taken_for_the_new_one(inbox: Talk) -> None:
    inbox.say(Noop(), Select(ARCHIVE))
    news = inbox.hear("* 9 EXISTS")
    assert news == [Unsolicited(Exists(9))]
    assert inbox.selected.arrived == 6
    inbox.hear("A2 OK", "* 1 EXISTS", "A3 OK")
    assert inbox.selected == SelectedMailbox(ARCHIVE, 1)


def test_a_select_that_fails_deselects_and_what_was_sent_behind_it_fails_by_itself(inbox: Talk) -> None:
    inbox.say(Select(ARCHIVE), UidFetch(UIDSet.after(0), (Items.FLAGS,)))
    failed, fetch = inbox.hear("A2 NO no such mailbox", "A3 BAD no mailbox selected")
    assert isinstance(failed, Completed)
    assert isinstance(fetch, Completed)
    assert (inbox.protocol.state, inbox.protocol.selected) == (State.AUTHENTICATED, None)
    with pytest.raises(StateError):
        inbox.say(UidExpunge(UIDSet([UID(1)])))


def test_the_state_that_counts_is_the_one_that_the_flight_leads_to() -> None:
    talk = Talk("* OK hi")
    talk.say(Login("a", "b"), Select(INBOX), Close())
    with pytest.raises(StateError):
        talk.say(UidExpunge(UIDSet([UID(1)])))
    with pytest.raises(StateError):
        talk.say(Login("a", "b"))
    talk.say(Logout())
    with pytest.raises(StateError):
        talk.say(Noop())
    assert talk.protocol.state is State.NOT_AUTHENTICATED


def test_a_login_that_fails_takes_the_rest_of_the_flight_along() -> None:
    talk = Talk("* OK hi")
    talk.say(Login("a", "b"), Select(INBOX))
    talk.hear("A1 NO [AUTHENTICATIONFAILED] no", "A2 BAD not signed in")
    assert talk.protocol.state is State.NOT_AUTHENTICATED
    assert talk.protocol.selected is None


def test_nothing_is_sent_before_the_greeting() -> None:
    with pytest.raises(StateError):
        ClientProtocol().send(Noop())


def test_idle_is_ended_before_the_next_command(inbox: Talk) -> None:
    inbox.say(Idle())
    with pytest.raises(StateError):
        inbox.say(Noop())
    assert inbox.hear("* 4 EXISTS", "+ idling") == [Unsolicited(Exists(4)), Idling(b"A2")]
    inbox.protocol.done()
    assert inbox.say(Noop(), Idle()) == b"DONE\r\nA3 NOOP\r\nA4 IDLE\r\n"
    inbox.hear("A2 OK", "A3 OK")
    assert inbox.hear("+") == [Idling(b"A4")]


def test_a_refused_idle_is_over(inbox: Talk) -> None:
    inbox.say(Idle())
    (refused,) = inbox.hear("A2 NO not here")
    assert isinstance(refused, Completed)
    assert refused.answer.tagged.kind is Kind.NO
    assert inbox.say(Noop()) == b"A3 NOOP\r\n"


def test_plus_without_anybody_waiting_is_unsolicited(inbox: Talk) -> None:
    (event,) = inbox.hear("+ what?")
    assert isinstance(event, Unsolicited)


def test_an_answer_to_an_unknown_tag_is_unsolicited(inbox: Talk) -> None:
    (event,) = inbox.hear("A99 OK what?")
    assert isinstance(event, Unsolicited)


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        (["A1 OK [CAPABILITY IMAP4rev1 MOVE] in"], {"IMAP4REV1", "MOVE"}),
        (["* CAPABILITY IMAP4rev1 MOVE", "A1 OK in"], {"IMAP4REV1", "MOVE"}),
        (["* OK [CAPABILITY IMAP4rev1 MOVE] in", "A1 OK in"], {"IMAP4REV1", "MOVE"}),
        (["A1 OK in"], None),
        (["A1 NO no"], {"IMAP4REV1", "STARTTLS"}),
    ],
)
def test_capabilities_are_forgotten_after_login_unless_told(lines: list[str], known: set[str] | None) -> None:
    talk = Talk("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi")
    talk.say(Login("a", "b"))
    talk.hear(*lines)
    assert (None if talk.protocol.capabilities is None else set(talk.protocol.capabilities)) == known


def test_capabilities_asked_for_before_login_do_not_count_behind_it() -> None:
    talk = Talk("* OK hi")
    talk.say(Capability(), Login("a", "b"), Capability())
    talk.hear("* CAPABILITY IMAP4rev1 STARTTLS", "A1 OK", "A2 OK")
    assert talk.protocol.capabilities is None
    talk.hear("* CAPABILITY IMAP4rev1 MOVE", "A3 OK")
    assert talk.protocol.capabilities == Capabilities(["IMAP4rev1", "MOVE"])


def test_tls_forgets_the_capabilities_and_lets_commands_pass_again() -> None:
    talk = Talk("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi")
    talk.say(StartTLS())
    with pytest.raises(StateError):
        talk.say(Login("a", "b"))
    talk.hear("A1 OK go ahead")
    with pytest.raises(StateError):
        talk.say(Login("a", "b"))
    talk.protocol.tls_started()
    assert talk.protocol.capabilities is None
    assert talk.say(Login("a", "b")) == b"A2 LOGIN a b\r\n"


@pytest.mark.parametrize("injected", ["* CAPABILITY IMAP4rev1\r\n", "A2 OK\r\n", "x"])
def test_what_comes_in_the_clear_behind_starttls_ends_the_connection(injected: str) -> None:
    talk = Talk("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi")
    talk.say(StartTLS())
    talk.protocol.receive_data(f"A1 OK go ahead\r\n{injected}".encode())
    with pytest.raises(ProtocolError):
        talk.protocol.tls_started()


def test_a_refused_starttls_leaves_the_connection_as_it_was() -> None:
    talk = Talk("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi")
    talk.say(StartTLS())
    talk.hear("A1 NO not today")
    with pytest.raises(StateError):
        talk.protocol.tls_started()
    assert talk.protocol.capabilities is not None
    assert talk.say(Noop()) == b"A2 NOOP\r\n"


@pytest.mark.parametrize("behind", [b"", b"\x00\x01", b"* OK looks like IMAP\r\n"])
def test_what_comes_behind_the_ok_of_compress_is_not_read_but_handed_over(behind: bytes) -> None:
    talk = Talk("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi")
    assert talk.say(Compress(), Noop()) == b"A1 COMPRESS DEFLATE\r\n"
    talk.protocol.receive_data(b"A1 OK DEFLATE active\r\n" + behind)
    assert [type(event) for event in talk.protocol.events()] == [Completed]
    assert talk.say(Noop()) == b""
    assert talk.protocol.compression_started() == behind
    assert talk.say() == b"A2 NOOP\r\nA3 NOOP\r\n"
    talk.hear("A2 OK", "A3 OK")


def test_compression_starts_only_where_it_was_agreed_upon() -> None:
    talk = Talk("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hi")
    talk.say(Compress(), Noop())
    with pytest.raises(StateError):
        talk.protocol.compression_started()
    talk.hear("A1 BAD already")
    with pytest.raises(StateError):
        talk.protocol.compression_started()
    assert talk.say() == b"A2 NOOP\r\n"


def test_bye_ends_the_conversation_at_any_time(inbox: Talk) -> None:
    inbox.say(Idle())
    (event,) = inbox.hear("* BYE see you")
    assert event == Unsolicited(StatusResponse(Kind.BYE, None, "see you"))
    assert (inbox.protocol.state, inbox.protocol.selected) == (State.LOGOUT, None)
    with pytest.raises(StateError):
        inbox.say(Noop())
    inbox.protocol.receive_eof()
    assert inbox.protocol.events() == [Closed()]


def test_a_greeting_tells_the_state() -> None:
    assert Talk("* OK hi").protocol.state is State.NOT_AUTHENTICATED
    assert Talk("* PREAUTH hi").protocol.state is State.AUTHENTICATED
    assert Talk("* BYE no").protocol.state is State.LOGOUT
    protocol = ClientProtocol()
    protocol.receive_data(b"* OK hi\r\n")
    assert protocol.events() == [Greeted(StatusResponse(Kind.OK, None, "hi"))]


@pytest.mark.parametrize("line", ["220 smtp.example.org ESMTP", "HTTP/1.1 400 Bad Request", "* NO go away", "+ hi"])
def test_a_server_that_is_none_is_told_at_once(line: str) -> None:
    with pytest.raises(ProtocolError):
        Talk(line)


def test_a_lost_frame_is_an_error_for_the_caller() -> None:
    protocol = ClientProtocol(Limits(line=100))
    with pytest.raises(FramingError):
        protocol.receive_data(b"* OK " + b"x" * 200)


def test_a_command_that_cannot_be_written_leaves_no_trace(inbox: Talk) -> None:
    with pytest.raises(ValueError, match="message set"):
        inbox.say(UidExpunge(UIDSet()))
    assert inbox.say(Noop()) == b"A2 NOOP\r\n"
    assert inbox.results("A2 OK") == [None]


def test_literals_follow_the_capabilities_known_when_they_leave() -> None:
    talk = Talk("* OK [CAPABILITY IMAP4rev1 LITERAL+] hi")
    assert talk.say(Login("a", "é")) == "A1 LOGIN a {2+}\r\né\r\n".encode()
    talk.hear("A1 OK in")
    assert talk.say(Select(MailboxName(b"\xff"))) == b"A2 SELECT {1}\r\n"


def test_what_waited_for_an_answer_leaves_by_the_capabilities_that_came_with_it() -> None:
    talk = Talk("* OK [CAPABILITY IMAP4rev1 LITERAL+] hi")
    talk.say(Authenticate(Plain("a", "b")), Select(MailboxName(b"\xff")))
    talk.hear("A1 OK [CAPABILITY IMAP4rev1] in")
    assert talk.protocol.data_to_send() == b"A2 SELECT {1}\r\n"


@given(st.lists(st.integers(1, 40), max_size=60))
def test_events_do_not_depend_on_how_the_octets_are_chopped_up(cuts: list[int]) -> None:
    said = (
        b"* OK hi\r\nA1 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n* 2 EXISTS\r\nA2 OK [READ-WRITE] x\r\n"
        b"* 1 FETCH (UID 5 BODY[HEADER.FIELDS (FROM)] {9}\r\nFrom: a\r\n)\r\n* 3 EXISTS\r\nA3 OK\r\n+ idling\r\n"
    )
    commands = (Login("a", "b"), Select(INBOX), UidFetch(UIDSet.after(0), (HEADER,)), Idle())

    def play(pieces: list[int]) -> list[Event]:
        protocol = ClientProtocol()
        protocol.receive_data(said[:9])
        for command in commands:
            protocol.send(command)
        rest = said[9:]
        for size in [*pieces, len(rest)]:
            protocol.receive_data(rest[:size])
            rest = rest[size:]
        return protocol.events()

    assert play(cuts) == play([])
