"""What a refusal means, by its status and response code and never by its text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailrules.engine.answers import RETRY_FOR, Temper, is_passing, retry_after, temper
from mailrules.imap import Answer, Bad, No, Refused, Tagged
from mailrules.imap.parser import parse
from mailrules.store import StepKind

STORE, COPY, MOVE = StepKind.STORE_FLAGS, StepKind.COPY, StepKind.MOVE
MARK, EXPUNGE = StepKind.MARK_DELETED, StepKind.UID_EXPUNGE
AGAIN, HOLD = Temper.TRY_AGAIN, Temper.HOLD
CREATE, FALL_BACK = Temper.CREATE_TARGET, Temper.FALL_BACK


def refused(line: str) -> Refused:
    """A command was answered by this line."""
    tagged = parse(f"a1 {line}\r\n".encode())
    assert isinstance(tagged, Tagged)
    return (Bad if line.startswith("BAD") else No)("UID COPY", Answer(tagged))


@pytest.mark.parametrize(
    ("line", "kind", "expected"),
    [
        ("NO [TRYCREATE] Mailbox doesn't exist", COPY, CREATE),
        ("NO [trycreate] Mailbox doesn't exist", MOVE, CREATE),
        ("NO [NONEXISTENT] Mailbox doesn't exist", MOVE, CREATE),
        ("NO [NONEXISTENT] Mailbox doesn't exist", STORE, AGAIN),
        ("NO Mailbox doesn't exist", COPY, AGAIN),
        ("NO [NOPERM] Permission denied", COPY, HOLD),
        ("NO [NOPERM] Permission denied", MOVE, HOLD),
        ("NO [CANNOT] Not in a public mailbox", STORE, HOLD),
        ("NO [CLIENTBUG] Too many errors", EXPUNGE, HOLD),
        ("NO [TOOBIG] Message is too big", MOVE, HOLD),
        ("NO [INUSE] Mailbox is locked", MOVE, AGAIN),
        ("NO [UNAVAILABLE] Not now", COPY, AGAIN),
        ("NO [LIMIT] Too many messages", COPY, AGAIN),
        ("NO [OVERQUOTA] Quota exceeded", MOVE, AGAIN),
        ("NO [SERVERBUG] Internal error", STORE, AGAIN),
        ("NO [CONTACTADMIN] Ask somebody", MARK, AGAIN),
        ("NO [EXPUNGEISSUED] Some are gone", COPY, AGAIN),
        ("BAD [SERVERBUG] Internal error", COPY, AGAIN),
        ("NO MOVE extension not supported", MOVE, FALL_BACK),
        ("BAD Unknown command", MOVE, FALL_BACK),
        ("NO [X-MYSTERY 7] Who knows", MOVE, FALL_BACK),
        ("BAD Command Argument Error. 11", STORE, HOLD),
        ("NO Permission denied, quota exceeded", COPY, AGAIN),
        ("NO [ALERT] All dreams are but another reality", STORE, AGAIN),
    ],
)
def test_a_refusal_is_weighed_by_its_code(line: str, kind: StepKind, expected: Temper) -> None:
    assert temper(refused(line), kind) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("NO [INUSE] Mailbox is locked", True),
        ("BAD [UNAVAILABLE] Not now", True),
        ("NO [NOPERM] Permission denied", False),
        ("NO Mailbox is locked", False),
    ],
)
def test_only_a_code_says_that_a_refusal_will_pass(line: str, expected: bool) -> None:
    assert is_passing(refused(line)) is expected


def test_the_wait_doubles_from_a_minute_to_an_hour() -> None:
    minutes = [retry_after(attempts) // timedelta(minutes=1) for attempts in range(8)]

    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]


def test_however_many_attempts_there_were_the_wait_is_an_hour() -> None:
    assert retry_after(10**9) == timedelta(hours=1) < RETRY_FOR
