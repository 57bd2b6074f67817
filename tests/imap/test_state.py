"""The states follow the table, and the table follows the RFC's drawing."""

from __future__ import annotations

import re

import pytest

from mailrules.imap import state
from mailrules.imap.errors import ProtocolError
from mailrules.imap.state import TRANSITIONS, State, Step, after


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        ([Step.GREET, Step.AUTHENTICATE, Step.SELECT, Step.SELECT, Step.DESELECT, Step.LOGOUT], State.LOGOUT),
        ([Step.GREET, Step.LOGOUT], State.LOGOUT),
        ([Step.PREAUTHENTICATE, Step.SELECT], State.SELECTED),
        ([Step.PREAUTHENTICATE, Step.DESELECT], State.AUTHENTICATED),
        ([Step.LOGOUT, Step.LOGOUT, Step.SELECT], State.LOGOUT),
    ],
)
def test_the_states_follow_each_other(steps: list[Step], end: State) -> None:
    now = State.AWAITING_GREETING
    for step in steps:
        now = after(now, step)
    assert now is end


def test_a_command_without_a_step_leaves_the_state() -> None:
    assert after(State.SELECTED, None) is State.SELECTED


@pytest.mark.parametrize("step", [Step.AUTHENTICATE, Step.GREET])
def test_what_the_table_does_not_have_is_the_servers_error(step: Step) -> None:
    with pytest.raises(ProtocolError):
        after(State.SELECTED, step)


def test_every_state_ends_in_logout() -> None:
    assert all(TRANSITIONS[each, Step.LOGOUT] is State.LOGOUT for each in State)


def test_the_drawing_names_every_state() -> None:
    drawing = re.sub(r"\s+", "", state.__doc__ or "")
    assert all(each.name in drawing for each in State)
