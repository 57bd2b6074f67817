r"""The connection's states and what leads from one to the next, as a table.

RFC 9051 §3 draws it so, and the table below has the numbers of the drawing::

              the connection is there: AWAITING_GREETING
                 (1) OK     (2) PREAUTH     (3) BYE
                    |             |            |
                    v             |            |
           NOT_AUTHENTICATED      |            |
              |     | (4)         |            |
              |     v             v            |
              |  AUTHENTICATED <------+        |
              |     |     | (5)       | (6)    |
              |     |     v           |        |
              |     |  SELECTED ------+        |
              |     |     |                    |
          (7) | (7) | (7) |                    |
              v     v     v                    v
              L      O       G      O      U   T

1 greeting OK; 2 greeting PREAUTH; 3 greeting BYE; 4 LOGIN or AUTHENTICATE answered OK; 5 SELECT or EXAMINE answered
OK; 6 CLOSE or UNSELECT answered OK, SELECT or EXAMINE answered otherwise; 7 LOGOUT, a BYE of the server, or the end
of the connection.

The rule of this file: whatever changes a state is a row of TRANSITIONS. A command names its step and knows no states
but those it may be sent in.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from mailrules.imap.errors import ProtocolError


class State(Enum):
    """Where the conversation is (RFC 9051 §3)."""

    AWAITING_GREETING = "waiting for the greeting"
    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logged out"

    __hash__ = object.__hash__  # there is one of each, and Enum's own is written in Python


class Step(Enum):
    """What can change the state."""

    GREET = "greeting OK"
    PREAUTHENTICATE = "greeting PREAUTH"
    AUTHENTICATE = "authenticated"
    SELECT = "mailbox selected"
    DESELECT = "no mailbox selected any more"
    LOGOUT = "conversation over"


TRANSITIONS: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        (State.AWAITING_GREETING, Step.GREET): State.NOT_AUTHENTICATED,  # (1)
        (State.AWAITING_GREETING, Step.PREAUTHENTICATE): State.AUTHENTICATED,  # (2)
        (State.AWAITING_GREETING, Step.LOGOUT): State.LOGOUT,  # (3)
        (State.NOT_AUTHENTICATED, Step.AUTHENTICATE): State.AUTHENTICATED,  # (4)
        (State.AUTHENTICATED, Step.SELECT): State.SELECTED,  # (5)
        (State.SELECTED, Step.SELECT): State.SELECTED,  # (5) again: another mailbox
        (State.SELECTED, Step.DESELECT): State.AUTHENTICATED,  # (6)
        (State.AUTHENTICATED, Step.DESELECT): State.AUTHENTICATED,  # a SELECT that failed when none was selected
        (State.NOT_AUTHENTICATED, Step.DESELECT): State.NOT_AUTHENTICATED,  # the same behind a LOGIN that failed
        (State.NOT_AUTHENTICATED, Step.LOGOUT): State.LOGOUT,  # (7)
        (State.AUTHENTICATED, Step.LOGOUT): State.LOGOUT,  # (7)
        (State.SELECTED, Step.LOGOUT): State.LOGOUT,  # (7)
        (State.LOGOUT, Step.LOGOUT): State.LOGOUT,  # Yandex repeats its BYE
        # What was still in flight when BYE came may yet be answered, and changes nothing any more.
        (State.LOGOUT, Step.AUTHENTICATE): State.LOGOUT,
        (State.LOGOUT, Step.SELECT): State.LOGOUT,
        (State.LOGOUT, Step.DESELECT): State.LOGOUT,
    }
)

ANY_STATE = frozenset({State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED})
"""Where a command of RFC 9051 §6.1 may be sent."""

NOT_AUTHENTICATED = frozenset({State.NOT_AUTHENTICATED})
"""Where a command of RFC 9051 §6.2 may be sent."""

AUTHENTICATED = frozenset({State.AUTHENTICATED, State.SELECTED})
"""Where a command of RFC 9051 §6.3 may be sent."""

SELECTED = frozenset({State.SELECTED})
"""Where a command of RFC 9051 §6.4 may be sent."""


def after(state: State, step: Step | None) -> State:
    """Return the state that follows. Raises ProtocolError where the table has no such row."""
    if step is None:
        return state
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise ProtocolError(f"{step.value}: cannot happen when {state.value}") from None
