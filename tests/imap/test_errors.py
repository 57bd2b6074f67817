"""Errors say whose fault it is, and never a password."""

from __future__ import annotations

import pytest

from mailrules.imap.codes import SimpleCode
from mailrules.imap.errors import (
    ArgumentError,
    Bad,
    FramingError,
    ImapError,
    No,
    ParseError,
    ProtocolError,
    Refused,
    StateError,
)
from mailrules.imap.responses import Answer, Kind, Tagged


def test_one_tree_holds_all_errors() -> None:
    for error in (ArgumentError, StateError, ProtocolError, FramingError, ParseError, Refused, No, Bad):
        assert issubclass(error, ImapError)
    assert issubclass(ArgumentError, ValueError)


def test_a_refusal_carries_the_answer_and_shows_it() -> None:
    answer = Answer(Tagged(b"a1", Kind.NO, SimpleCode("TRYCREATE"), "No such mailbox"))
    error = No("UID COPY", answer)
    assert error.answer is answer
    assert str(error) == "UID COPY was answered NO [TRYCREATE] No such mailbox"
    assert str(Bad("NOOP", Answer(Tagged(b"a1", Kind.BAD)))) == "NOOP was answered BAD"


@pytest.mark.parametrize("command", ["LOGIN", "AUTHENTICATE", "login"])
def test_a_server_that_echoes_the_password_does_not_get_it_into_an_error(command: str) -> None:
    error = Bad(command, Answer(Tagged(b"a1", Kind.BAD, None, "Unknown command LOGIN ann hunter2")))
    assert "hunter2" not in str(error)
    assert "hunter2" not in repr(error)
