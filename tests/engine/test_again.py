"""Which copies are left out when the rules are applied once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailrules.engine.again import without_old_copies
from mailrules.store import EntryState, Step, StepKind
from tests.store.builders import entry, move

COPY_A = move(b"A", kind=StepKind.COPY)
COPY_B = move(b"B", kind=StepKind.COPY)
MOVE_A = move(b"A")
MARK = Step(kind=StepKind.MARK_DELETED, rule="r")
FLAGS = Step(kind=StepKind.STORE_FLAGS, rule="r", add=("$Work",))


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        pytest.param([FLAGS, COPY_A, COPY_B], [FLAGS, COPY_B], id="one of two"),
        pytest.param([COPY_A, COPY_B, MARK], [COPY_B, MARK], id="before a move in two halves"),
        pytest.param([COPY_A, MARK], [COPY_A, MARK], id="the first half of a move"),
        pytest.param([MOVE_A], [MOVE_A], id="a move"),
        pytest.param([FLAGS], [FLAGS], id="no copy"),
    ],
)
def test_copies_to_a_made_before_are_left_out(steps: list[Step], left: list[Step]) -> None:
    (kept,) = without_old_copies([entry(1, *steps)], {1: frozenset([b"A"])})

    assert list(kept.steps) == left


def test_an_entry_with_nothing_left_to_do_is_left_out_whole() -> None:
    assert without_old_copies([entry(1, COPY_A)], {1: frozenset([b"A"])}) == []


def test_copies_of_other_messages_are_no_copies_of_this_one() -> None:
    entries = [entry(2, COPY_A)]

    assert without_old_copies(entries, {1: frozenset([b"A"])}) == entries


def test_a_message_that_is_held_is_told_of_although_it_has_no_steps() -> None:
    held = replace(entry(1), steps=(), state=EntryState.HELD)

    assert without_old_copies([held], {1: frozenset([b"A"])}) == [held]
