"""What a refusal means for the message: try again later, ask a person, or another way; pure.

Texts are anybody's ("All dreams are but another reality" came with an OK): only the status and
the response code count.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from mailrules.imap import Bad, No, Refused
from mailrules.store import StepKind

__all__ = ["RETRY_FOR", "Temper", "is_passing", "may_be_of_one", "may_pass", "retry_after", "temper"]

RETRY_FOR = timedelta(days=1)
"""How long a refused message is tried again before it is held."""

_FIRST_RETRY = timedelta(minutes=1)
_LONGEST_RETRY = timedelta(hours=1)

_HOPELESS = frozenset({"NOPERM", "CANNOT", "CLIENTBUG", "TOOBIG"})
_PASSING = frozenset({"INUSE", "UNAVAILABLE", "LIMIT", "SERVERBUG", "OVERQUOTA", "EXPUNGEISSUED", "CONTACTADMIN"})
_NEVER_ANSWERED = _HOPELESS | {"BADCHARSET", "NONEXISTENT", "UNKNOWN-CTE"}
_OF_ALL = frozenset({"INUSE", "UNAVAILABLE", "LIMIT"})
_MISSING_TARGET = frozenset({"TRYCREATE", "NONEXISTENT"})


class Temper(Enum):
    """What to do about a refusal."""

    TRY_AGAIN = "again later"
    HOLD = "held"
    CREATE_TARGET = "create the target, then again"
    FALL_BACK = "the next row of the lowering table"


def temper(refused: Refused, kind: StepKind) -> Temper:
    """What to do about a NO or BAD to a step sent for a single message.

    Response codes: RFC 9051 §7.1. A MOVE that is refused with no telling code may be one that is
    advertised and not there (goimap: "NO MOVE extension not supported").
    """
    code = _code(refused)
    if code in _MISSING_TARGET and kind in {StepKind.COPY, StepKind.MOVE}:
        return Temper.CREATE_TARGET
    if code in _HOPELESS:
        return Temper.HOLD
    if code in _PASSING:
        return Temper.TRY_AGAIN
    if kind is StepKind.MOVE:
        return Temper.FALL_BACK
    return Temper.HOLD if isinstance(refused, Bad) else Temper.TRY_AGAIN


def is_passing(refused: Refused) -> bool:
    """Whether the server says that it is busy or out of room: later it may be otherwise."""
    return _code(refused) in _PASSING


def may_pass(refused: Refused) -> bool:
    """Whether a question that was refused may be answered later: so says the code, or a NO that tells no reason."""
    return is_passing(refused) or not (isinstance(refused, Bad) or _code(refused) in _NEVER_ANSWERED)


def may_be_of_one(refused: Refused) -> bool:
    """Whether one message may be why a question about many was refused, so that the others are better asked alone."""
    return isinstance(refused, No) and _code(refused) not in _OF_ALL


def _code(refused: Refused) -> str:
    tagged = refused.answer.tagged
    return tagged.code.name if tagged.code else ""


def retry_after(attempts: int) -> timedelta:
    """How long to wait before the next attempt: a minute at first, doubled each time, an hour at most."""
    return min(_FIRST_RETRY * (1 << min(attempts, 10)), _LONGEST_RETRY)
