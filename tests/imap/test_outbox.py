"""What waits for the server waits, what need not leaves at once, and a tagged answer ends every waiting."""

from __future__ import annotations

import pytest

from mailrules.imap import (
    INBOX,
    Append,
    ArgumentError,
    Authenticate,
    Command,
    Create,
    Fetch,
    Idle,
    Items,
    Kind,
    Login,
    MailboxName,
    NewMessage,
    Noop,
    Plain,
    SeqNum,
    SeqSet,
    StartTLS,
    UidSearch,
    UidSearchNamed,
)
from mailrules.imap.grammar import LiteralMode
from mailrules.imap.outbox import Outbox, Plus
from mailrules.imap.search import key
from mailrules.values import value

APPEND = Append(INBOX, NewMessage(b"hello"))
FETCH = Fetch(SeqSet([SeqNum(1)]), (Items.FLAGS,))


def outbox(*commands: Command[object]) -> Outbox:
    """Make an outbox with these commands put, tagged a, b, c, ..."""
    made = Outbox()
    for letter, command in zip("abcdefgh", commands, strict=False):
        made.put(letter.encode(), command)
    return made


def test_commands_leave_together() -> None:
    box = outbox(Noop(), Create(MailboxName(b"x")), Noop())
    assert box.take() == b"a NOOP\r\nb CREATE x\r\nc NOOP\r\n"
    assert box.take() == b""


def test_a_literal_holds_back_itself_and_what_follows() -> None:
    box = outbox(APPEND, Noop())
    assert box.take() == b"a APPEND INBOX () {5}\r\n"
    assert box.continuation(b"go on") is Plus.LITERAL
    assert box.take() == b"hello\r\nb NOOP\r\n"


def test_literal_plus_holds_back_nothing() -> None:
    box = Outbox()
    box.literal_mode = LiteralMode.LITERAL_PLUS
    box.put(b"a", APPEND)
    box.put(b"b", Noop())
    assert box.take() == b"a APPEND INBOX () {5+}\r\nhello\r\nb NOOP\r\n"


@pytest.mark.parametrize("kind", [Kind.NO, Kind.BAD, Kind.OK])
def test_a_tagged_answer_instead_of_plus_ends_the_command(kind: Kind) -> None:
    box = outbox(APPEND, Noop())
    box.take()
    box.answered(b"a", kind)
    assert box.take() == b"b NOOP\r\n"
    assert box.continuation(b"too late") is Plus.UNEXPECTED
    assert box.take() == b""


def test_several_literals_wait_one_after_the_other() -> None:
    box = outbox(Login("é", "ü"))
    assert box.take() == b"a LOGIN {2}\r\n"
    box.continuation(b"")
    assert box.take() == "é {2}\r\n".encode()
    box.continuation(b"")
    assert box.take() == "ü\r\n".encode()
    assert box.continuation(b"") is Plus.UNEXPECTED


def test_authenticate_answers_each_challenge_and_lets_nothing_pass() -> None:
    box = outbox(Authenticate(Plain("a", "b")), Noop())
    assert box.take() == b"a AUTHENTICATE PLAIN\r\n"
    assert box.continuation(b"") is Plus.CHALLENGE
    assert box.take() == b"AGEAYg==\r\n"
    box.answered(b"a", Kind.OK)
    assert box.take() == b"b NOOP\r\n"


def test_a_challenge_that_is_not_base64_ends_the_exchange() -> None:
    box = outbox(Authenticate(Plain("a", "b")))
    box.take()
    assert box.continuation(b"!") is Plus.CHALLENGE
    assert box.take() == b"*\r\n"


@pytest.mark.parametrize("initial", [None, b"\0a\0b"])
def test_the_password_is_told_once_however_often_the_server_asks(initial: bytes | None) -> None:
    box = outbox(Authenticate(Plain("a", "b"), initial))
    box.take()
    for _ in range(3):
        assert box.continuation(b"") is Plus.CHALLENGE
    assert box.take() == b"AGEAYg==\r\n*\r\n*\r\n"


def test_done_never_goes_before_plus() -> None:
    box = outbox(Idle())
    assert box.take() == b"a IDLE\r\n"
    box.done()
    box.put(b"b", Noop())
    assert box.take() == b""
    assert box.continuation(b"idling") is Plus.IDLING
    assert box.take() == b"DONE\r\nb NOOP\r\n"


def test_what_follows_done_leaves_in_its_flight_and_may_be_idle_again() -> None:
    box = outbox(Idle())
    box.continuation(b"idling")
    box.take()
    box.done()
    box.put(b"b", Noop())
    box.put(b"c", Idle())
    assert box.take() == b"DONE\r\nb NOOP\r\nc IDLE\r\n"
    box.answered(b"a", Kind.OK)
    box.answered(b"b", Kind.OK)
    assert box.continuation(b"idling") is Plus.IDLING
    box.done()
    assert box.take() == b"DONE\r\n"


def test_an_idle_behind_an_idle_waits_for_the_first_ones_plus() -> None:
    box = outbox(Idle())
    box.done()
    box.put(b"b", Idle())
    box.done()
    assert box.take() == b"a IDLE\r\n"
    box.continuation(b"")
    assert box.take() == b"DONE\r\nb IDLE\r\n"
    box.continuation(b"")
    assert box.take() == b"DONE\r\n"


def test_a_refused_idle_gets_no_done() -> None:
    box = outbox(Idle())
    box.done()
    box.put(b"b", Noop())
    box.take()
    box.answered(b"a", Kind.NO)
    assert box.take() == b"b NOOP\r\n"


def test_done_without_idle_is_nothing() -> None:
    box = outbox(Noop())
    box.take()
    box.done()
    assert box.take() == b""


def test_a_second_plus_during_idle_is_unexpected() -> None:
    box = outbox(Idle())
    assert box.continuation(b"") is Plus.IDLING
    assert box.continuation(b"") is Plus.UNEXPECTED


def test_nothing_may_be_put_behind_idle_and_starttls() -> None:
    def is_open(box: Outbox) -> bool:
        return box.closed_because is None

    idle = outbox(Idle())
    assert not is_open(idle)
    idle.answered(b"a", Kind.BAD)
    assert is_open(idle)
    tls = outbox(StartTLS())
    tls.answered(b"a", Kind.OK)
    assert not is_open(tls)
    tls.go_on()
    assert is_open(tls)
    refused = outbox(StartTLS())
    refused.answered(b"a", Kind.NO)
    assert is_open(refused)


def test_sequence_numbers_wait_until_nobody_can_shift_them() -> None:
    box = outbox(Noop(), FETCH, Noop())
    assert box.take() == b"a NOOP\r\n"
    box.answered(b"a", Kind.OK)
    assert box.take() == b"b FETCH 1 (FLAGS)\r\nc NOOP\r\n"


def test_a_search_whose_answer_names_no_command_waits_for_another_such_one() -> None:
    box = outbox(UidSearch(key("SEEN")), Noop(), UidSearch(key("TEXT", "x")), UidSearchNamed(key("SEEN")), Noop())
    assert box.take() == b"a UID SEARCH SEEN\r\nb NOOP\r\n"
    box.answered(b"b", Kind.OK)
    assert box.take() == b""
    box.answered(b"a", Kind.OK)
    assert box.take() == b"c UID SEARCH TEXT x\r\nd UID SEARCH RETURN (ALL) SEEN\r\ne NOOP\r\n"


def test_what_cannot_be_written_is_not_queued() -> None:
    @value(frozen=True, slots=True)
    class Bad(Noop):
        name = b"NOOP\r\nx DELETE y"

    box = Outbox()
    with pytest.raises(ArgumentError):
        box.put(b"a", Bad())
    box.put(b"b", Noop())
    assert box.take() == b"b NOOP\r\n"


def test_an_outbox_shows_no_secret() -> None:
    box = outbox(Authenticate(Plain("ann", "hunter2")), Login("ann", "hunter2"))
    shown = repr(box) + repr([getattr(box, name) for name in Outbox.__slots__])
    assert "hunter2" not in shown
