"""What one look at source and targets settles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mailrules.engine.flights import Work
from mailrules.engine.looking import Look, settle_by
from mailrules.engine.reckoning import Finding, Found
from mailrules.store import EntryState, Step, StepKind, StepState
from tests.store.builders import LISTS, entry, move

BEGUN, DONE = StepState.BEGUN, StepState.DONE
COPY, MOVE, MARK, EXPUNGE = StepKind.COPY, StepKind.MOVE, StepKind.MARK_DELETED, StepKind.UID_EXPUNGE
HERE = {5: "fingerprint-5"}
GONE: Mapping[int, str] = {}
ARRIVED, ABSENT = Found(Finding.ARRIVED, 9), Found(Finding.ABSENT)


def just(kind: StepKind, state: StepState = BEGUN) -> Step:
    return Step(kind=kind, rule="lists", state=state)


FLAGS = Step(kind=StepKind.STORE_FLAGS, rule="lists", add=("$Work",))


def work(*steps: Step) -> Work:
    """Build the work of message 5, which the journal knows as entry 1."""
    return Work(replace(entry(5, *steps), id=1), list(steps), shareable=False)


def look(source: Mapping[int, str], *found: Found | None, uidvalidity: int = 7, changed: bytes | None = None) -> Look:
    """Build a look that found this of the work's steps, one by one."""
    known = {index: one for index, one in enumerate(found) if one is not None}
    return Look(
        uidvalidity,
        source,
        {(1, index): one for index, one in known.items()},
        frozenset([changed] if changed else []),
        {LISTS: 7},
        {LISTS: 40},
        flags={},
    )


def settled(seen: Look, *steps: Step, can_expunge: bool = True) -> tuple[list[tuple[StepKind, StepState]], Work]:
    """Settle by a look; return the steps as they are then, and the work."""
    one = work(*steps)
    settle_by(seen, [one], can_expunge=can_expunge)
    return [(step.kind, step.state) for step in one.steps], one


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (look(HERE, uidvalidity=8), "UIDVALIDITY changed while it was worked on"),
        (look({5: "somebody else's"}), "its UID names another message now"),
        (look(HERE, changed=LISTS), "its target's UIDVALIDITY changed while it was worked on"),
        (look(HERE, Found(Finding.UNDECIDABLE)), Finding.UNDECIDABLE.value),
    ],
)
def test_what_can_not_be_decided_is_held_as_it_is(seen: Look, reason: str) -> None:
    steps, one = settled(seen, move())

    assert (one.verdict, one.reason) == (EntryState.HELD, reason)
    assert steps == [(MOVE, BEGUN)]


def test_a_target_that_changed_after_its_step_was_done_does_not_matter() -> None:
    _, one = settled(look(GONE, changed=LISTS), move(state=DONE), FLAGS)

    assert one.verdict is None


@pytest.mark.parametrize(
    ("seen", "steps", "expected"),
    [
        pytest.param(look(GONE, ARRIVED), [move()], [(MOVE, DONE)], id="moved"),
        pytest.param(look(HERE, ABSENT), [move()], [(MOVE, BEGUN)], id="not moved"),
        pytest.param(
            look(HERE, ARRIVED),
            [move()],
            [(COPY, DONE), (MARK, BEGUN), (EXPUNGE, BEGUN)],
            id="it stands in both",
        ),
        pytest.param(look(HERE, ARRIVED), [move(kind=COPY)], [(COPY, DONE)], id="copied"),
        pytest.param(look(HERE, ABSENT), [move(kind=COPY)], [(COPY, BEGUN)], id="not copied"),
        pytest.param(
            look(GONE, None, ARRIVED),
            [FLAGS, move()],
            [(FLAGS.kind, BEGUN), (MOVE, DONE)],
            id="without its flags",
        ),
        pytest.param(
            look(GONE),
            [move(kind=COPY, state=DONE), just(MARK), just(EXPUNGE)],
            [(COPY, DONE), (MARK, DONE), (EXPUNGE, DONE)],
            id="expunged",
        ),
        pytest.param(
            look(HERE),
            [move(kind=COPY, state=DONE), just(MARK, DONE), just(EXPUNGE)],
            [(COPY, DONE), (MARK, BEGUN), (EXPUNGE, BEGUN)],
            id="marked, perhaps unmarked since",
        ),
        pytest.param(look(HERE), [FLAGS], [(FLAGS.kind, BEGUN)], id="flags are simply stored again"),
    ],
)
def test_what_is_certain_is_written_into_the_steps(
    seen: Look, steps: list[Step], expected: list[tuple[StepKind, StepState]]
) -> None:
    found, one = settled(seen, *steps)

    assert (found, one.verdict) == (expected, None)


def test_without_uidplus_a_move_that_stands_in_both_ends_with_the_mark() -> None:
    found, _ = settled(look(HERE, ARRIVED), move(), can_expunge=False)

    assert found == [(COPY, DONE), (MARK, BEGUN)]


@pytest.mark.parametrize(
    ("seen", "steps"),
    [
        pytest.param(look(GONE, ABSENT), [move()], id="in neither"),
        pytest.param(look(GONE, ARRIVED, ABSENT), [move(b"A", kind=COPY), move()], id="only its copy was made"),
        pytest.param(look(GONE), [FLAGS], id="before its flags were set"),
    ],
)
def test_a_message_that_is_nowhere_was_taken_away_by_somebody_else(seen: Look, steps: list[Step]) -> None:
    _, one = settled(seen, *steps)

    assert (one.verdict, one.reason) == (EntryState.GONE, "somebody else moved or expunged it first")


def test_the_uid_in_the_target_is_kept_and_an_absent_one_is_looked_for_from_here_on() -> None:
    _, arrived = settled(look(GONE, ARRIVED), move(uidnext=3))
    _, absent = settled(look(HERE, ABSENT), move(uidnext=3))

    assert arrived.steps[0].target_uid == 9
    assert absent.steps[0].target_uidnext == 40


@pytest.mark.parametrize(
    ("seen", "steps", "expected"),
    [
        pytest.param(look(HERE, ABSENT), [move()], True, id="a move that may still come"),
        pytest.param(look(HERE, ARRIVED), [move()], True, id="a move that may still take it from here"),
        pytest.param(look(GONE, ARRIVED), [move()], False, id="a move at its end"),
        pytest.param(look(HERE, ARRIVED), [move(kind=COPY)], False, id="a copy at its end"),
        pytest.param(
            look(HERE, ARRIVED, ABSENT), [move(kind=COPY), move(kind=COPY)], True, id="the second of two copies"
        ),
        pytest.param(look(HERE), [FLAGS], False, id="nothing to look for"),
        pytest.param(look(HERE), [move(state=DONE)], False, id="answered before"),
    ],
)
def test_a_later_look_may_see_more_of_what_is_not_at_its_end(seen: Look, steps: list[Step], expected: bool) -> None:
    assert seen.is_open(work(*steps)) is expected


def test_two_looks_are_equal_if_only_others_mail_came_between() -> None:
    before, after = look(HERE, ABSENT), replace(look(HERE, ABSENT), uidnexts={LISTS: 41})

    assert before == after != look(HERE, ARRIVED)
