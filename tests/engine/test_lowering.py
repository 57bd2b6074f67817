"""The lowering table, cell by cell."""

import pytest

from mailrules.engine.lowering import Destination, Discard, Lowering, Relocation, ResolvedPlan, lower, lowering_for
from mailrules.imap import Capabilities, MailboxName
from mailrules.rules.plan import FlagChange
from mailrules.store import Step, StepKind

STORE, COPY, MOVE = StepKind.STORE_FLAGS, StepKind.COPY, StepKind.MOVE
MARK, EXPUNGE = StepKind.MARK_DELETED, StepKind.UID_EXPUNGE
LISTS = Destination(MailboxName(b"Lists"), 7, 12)
BOXES = Destination(MailboxName(b"Boxes"), 8, 3)


def change(*add: str, remove: tuple[str, ...] = (), replace: tuple[str, ...] | None = None) -> FlagChange:
    return FlagChange(None if replace is None else frozenset(replace), frozenset(add), frozenset(remove), "r")


@pytest.mark.parametrize(
    ("capabilities", "move_refused", "expected"),
    [
        ("IMAP4rev1 MOVE UIDPLUS", False, Lowering.MOVE),
        ("IMAP4rev1 MOVE UIDPLUS", True, Lowering.UIDPLUS),
        ("IMAP4rev1 UIDPLUS", False, Lowering.UIDPLUS),
        ("IMAP4rev1", False, Lowering.NEITHER),
        ("IMAP4rev1 MOVE", True, Lowering.NEITHER),
        ("IMAP4rev2", False, Lowering.MOVE),
    ],
)
def test_the_row_is_what_the_server_has(capabilities: str, move_refused: bool, expected: Lowering) -> None:
    assert lowering_for(Capabilities(capabilities.split()), move_refused=move_refused) is expected


@pytest.mark.parametrize(
    ("lowering", "can_expunge", "move", "expunge"),
    [
        (Lowering.MOVE, True, [MOVE], [MARK, EXPUNGE]),
        (Lowering.UIDPLUS, True, [COPY, MARK, EXPUNGE], [MARK, EXPUNGE]),
        (Lowering.NEITHER, False, [COPY, MARK], [MARK]),
        (Lowering.MOVE, False, [MOVE], [MARK]),
    ],
)
def test_an_ending_becomes_what_the_row_says(
    lowering: Lowering, can_expunge: bool, move: list[StepKind], expunge: list[StepKind]
) -> None:
    def kinds(ending: Relocation | Discard) -> list[StepKind]:
        steps = lower(ResolvedPlan(None, (), ending), lowering, (), can_expunge=can_expunge)
        return [step.kind for step in steps]

    assert (kinds(Relocation(LISTS, "r")), kinds(Discard("r"))) == (move, expunge)


def test_flags_come_first_then_copies_then_the_ending() -> None:
    plan = ResolvedPlan(change("\\Seen"), ((BOXES, "r"),), Relocation(LISTS, "r"))

    steps = lower(plan, Lowering.MOVE, (), can_expunge=True)

    assert [step.kind for step in steps] == [STORE, COPY, MOVE]


def test_a_target_carries_what_was_known_of_it_before() -> None:
    (step,) = lower(ResolvedPlan(None, (), Relocation(LISTS, "r")), Lowering.MOVE, (), can_expunge=True)

    assert step == Step(kind=MOVE, rule="r", target=b"Lists", target_uidvalidity=7, target_uidnext=12)


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [
        (change("\\Seen", "$A"), ("\\seen",), [("$A",)]),
        (change("\\Seen"), ("\\SEEN",), []),
        (change(remove=("$A", "$B")), ("$a",), [("$A",)]),
        (change("$A", remove=("$B",)), ("$B",), [("$A",), ("$B",)]),
        (change(replace=("\\Seen",)), ("\\Seen", "\\Recent"), []),
        (change(replace=("\\Seen",)), ("\\Seen", "$A"), [("\\Seen",)]),
        (change(replace=()), ("$A",), [()]),
    ],
)
def test_only_flags_that_differ_are_stored(
    wanted: FlagChange, present: tuple[str, ...], expected: list[tuple[str, ...]]
) -> None:
    steps = lower(ResolvedPlan(wanted, (), None), Lowering.MOVE, present, can_expunge=True)

    assert [step.add or step.remove or step.replace or () for step in steps] == expected
