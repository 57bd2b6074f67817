"""What is written down about a message after the executor, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailrules.engine.flights import Work
from mailrules.engine.journal import conclude, draft, outcome_of, postponed, would_be
from mailrules.engine.outcome import ActionDone, ActionKind, OutcomeState
from mailrules.engine.reading import Fetched
from mailrules.rules import CopyTo, Expunge, FlagChange, Message, MoveTo, Plan, Target, Trash, Verdict
from mailrules.store import Entry, EntryState, Step, StepKind, StepState
from tests.store.builders import NOW, entry

DONE, FAILED = StepState.DONE, StepState.FAILED
COPY, MOVE = StepKind.COPY, StepKind.MOVE
PATHS = {b"A": "A", b"&APY-": "ö"}
MAIL = b"From: Bob <bob@example.com>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@example.com>\r\n\r\n"


def fetched() -> Fetched:
    """Build a message as it was read."""
    message = Message(header=MAIL, size=7, received=NOW, flags=frozenset())
    return Fetched(5, frozenset({"\\Seen", "$A"}), NOW, 7, message, "print", "<1@example.com>")


def to(kind: StepKind, target: bytes = b"A", state: StepState = DONE) -> Step:
    return Step(kind=kind, rule="r", target=target, state=state)


def just(kind: StepKind, state: StepState = DONE) -> Step:
    return Step(kind=kind, rule="r", state=state)


def flags(*add: str, remove: tuple[str, ...] = (), all_: tuple[str, ...] | None = None) -> Step:
    return Step(kind=StepKind.STORE_FLAGS, rule="r", add=add, remove=remove, replace=all_, state=DONE)


MARK, UID_EXPUNGE = just(StepKind.MARK_DELETED), just(StepKind.UID_EXPUNGE)


def concluded(verdict: EntryState | None, *, begun: timedelta = timedelta(), attempts: int = 0) -> Entry:
    """Conclude a work that was begun so long ago."""
    work = Work(replace(entry(5), begun=NOW - begun, attempts=attempts), [to(MOVE)], shareable=True)
    if verdict is not None:
        work.finish(verdict, "why")
    return conclude(work, NOW)


def actions(*steps: Step, state: EntryState = EntryState.DONE) -> list[tuple[ActionKind, str | None, tuple[str, ...]]]:
    """What is told of an entry with these steps."""
    due = NOW if state is EntryState.PENDING else None
    told = outcome_of(entry(5, *steps, state=state, due=due), "INBOX", PATHS).actions
    return [(action.kind, action.target, action.flags) for action in told]


def test_a_draft_knows_the_message_and_decides_nothing() -> None:
    drafted = draft("work", b"INBOX", 7, fetched())

    assert (drafted.message_id, drafted.fingerprint, drafted.size) == ("<1@example.com>", "print", 7)
    assert drafted.prior_flags == ("$A", "\\Seen")
    assert (drafted.steps, drafted.state) == ((), EntryState.BEGUN)


@pytest.mark.parametrize("verdict", [EntryState.DONE, EntryState.HELD, EntryState.GONE])
def test_an_end_is_written_down_with_its_steps_and_its_reason(verdict: EntryState) -> None:
    ended = concluded(verdict)

    assert (ended.state, ended.reason, ended.due, ended.steps) == (verdict, "why", None, (to(MOVE),))


def test_a_work_without_an_end_stays_begun_for_recovery() -> None:
    assert concluded(None).state is EntryState.BEGUN


@pytest.mark.parametrize(
    ("attempts", "wait"), [(0, timedelta(minutes=1)), (3, timedelta(minutes=8)), (50, timedelta(hours=1))]
)
def test_a_pending_one_is_due_later_the_more_often_it_was_tried(attempts: int, wait: timedelta) -> None:
    pending = concluded(EntryState.PENDING, attempts=attempts)

    assert (pending.state, pending.due, pending.reason) == (EntryState.PENDING, NOW + wait, "why")


def test_what_is_pending_for_more_than_a_day_is_held() -> None:
    day = timedelta(days=1)

    assert concluded(EntryState.PENDING, begun=day).state is EntryState.PENDING
    late = concluded(EntryState.PENDING, begun=day + timedelta(seconds=1))
    assert (late.state, late.reason, late.due) == (EntryState.HELD, "given up after 1 day: why", None)


def test_the_day_begins_anew_when_a_person_has_it_tried_again() -> None:
    entry = replace(concluded(EntryState.PENDING), begun=NOW - timedelta(days=9), retried=NOW - timedelta(hours=23))

    assert postponed(entry, "why", NOW).state is EntryState.PENDING


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([flags("$A", "$B")], [(ActionKind.ADD_FLAGS, None, ("$A", "$B"))], id="flags"),
        pytest.param([flags(remove=("$A",))], [(ActionKind.REMOVE_FLAGS, None, ("$A",))], id="flags away"),
        pytest.param([flags(all_=("$A",))], [(ActionKind.SET_FLAGS, None, ("$A",))], id="all flags"),
        pytest.param([flags(all_=())], [(ActionKind.SET_FLAGS, None, ())], id="no flags at all"),
        pytest.param([to(MOVE, b"&APY-")], [(ActionKind.MOVE, "ö", ())], id="a move"),
        pytest.param([to(COPY), MARK, UID_EXPUNGE], [(ActionKind.MOVE, "A", ())], id="a lowered move"),
        pytest.param([to(COPY), MARK], [(ActionKind.MOVE, "A", ())], id="a move as far as the server goes"),
        pytest.param([MARK, UID_EXPUNGE], [(ActionKind.EXPUNGE, None, ())], id="an expunge"),
        pytest.param([MARK], [(ActionKind.EXPUNGE, None, ())], id="an expunge as far as the server goes"),
        pytest.param(
            [to(COPY, b"&APY-"), to(COPY), MARK, UID_EXPUNGE],
            [(ActionKind.COPY, "ö", ()), (ActionKind.MOVE, "A", ())],
            id="a copy and a lowered move",
        ),
        pytest.param([to(COPY), to(MOVE)], [(ActionKind.COPY, "A", ()), (ActionKind.MOVE, "A", ())], id="copy, move"),
    ],
)
def test_steps_are_told_as_the_actions_of_the_rule_file(
    steps: list[Step], expected: list[tuple[ActionKind, str | None, tuple[str, ...]]]
) -> None:
    assert actions(*steps) == expected


def test_a_copy_before_another_rule_s_expunge_is_told_as_both() -> None:
    """Where one rule does both they are told as the move that they come to."""
    steps = [replace(to(COPY), rule="copy"), replace(MARK, rule="away"), replace(UID_EXPUNGE, rule="away")]

    told = outcome_of(entry(5, *steps, state=EntryState.DONE), "INBOX", PATHS).actions

    assert told == (ActionDone(ActionKind.COPY, "copy", target="A"), ActionDone(ActionKind.EXPUNGE, "away"))


def test_of_a_message_that_is_done_only_what_was_done_is_told() -> None:
    assert actions(replace(flags("$A"), state=FAILED), to(MOVE)) == [(ActionKind.MOVE, "A", ())]


@pytest.mark.parametrize("state", [EntryState.PENDING, EntryState.HELD, EntryState.GONE])
def test_of_others_it_is_told_what_was_to_be_done(state: EntryState) -> None:
    assert actions(to(MOVE, state=StepState.BEGUN), state=state) == [(ActionKind.MOVE, "A", ())]


def test_sender_and_subject_are_told_as_people_see_them() -> None:
    told = outcome_of(draft("work", b"INBOX", 7, fetched()), "INBOX", PATHS)

    assert (told.sender, told.subject) == ("Bob <bob@example.com>", "Grüße")


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (
            Plan(flags=FlagChange(None, frozenset({"$B", "$A"}), frozenset({"$C"}), "r")),
            [
                ActionDone(ActionKind.ADD_FLAGS, "r", flags=("$A", "$B")),
                ActionDone(ActionKind.REMOVE_FLAGS, "r", flags=("$C",)),
            ],
        ),
        (
            Plan(flags=FlagChange(frozenset({"$B"}), frozenset(), frozenset(), "r")),
            [ActionDone(ActionKind.SET_FLAGS, "r", flags=("$B",))],
        ),
        (
            Plan(copies=(CopyTo(Target("A/B"), "c"),), ending=MoveTo(Target(special_use="\\Junk"), "m")),
            [ActionDone(ActionKind.COPY, "c", target="A/B"), ActionDone(ActionKind.MOVE, "m", target="\\Junk")],
        ),
        (Plan(ending=Trash("t")), [ActionDone(ActionKind.TRASH, "t")]),
        (Plan(ending=Expunge("e")), [ActionDone(ActionKind.EXPUNGE, "e")]),
        (Plan(), []),
    ],
)
def test_a_plan_is_told_before_it_is_fitted_to_the_server(plan: Plan, expected: list[ActionDone]) -> None:
    told = would_be("work", "INBOX", fetched(), Verdict(plan, ("r",), ("o",), ("u",)))

    assert (told.state, list(told.actions)) == (OutcomeState.OBSERVED, expected)
    assert (told.rules, told.observed, told.unknown) == (("r",), ("o",), ("u",))


def test_a_plan_that_can_not_be_made_is_told_as_held() -> None:
    told = would_be("work", "INBOX", fetched(), Verdict(error="no value"))

    assert (told.state, told.reason) == (OutcomeState.HELD, "no value")


def test_what_an_entry_takes_back_is_told() -> None:
    one = entry(5, to(MOVE), state=EntryState.DONE)
    assert [outcome_of(replace(one, undoes=each), "INBOX", PATHS).undoes for each in (None, 3)] == [None, 3]
