"""Over all rules: of flags the last word counts, copies are a set, and there is one ending."""

import pytest

from mailrules.rules.plan import CopyTo, Draft, Expunge, FlagChange, MoveTo, Plan, Target, Trash

SEEN, FLAGGED = "\\Seen", "\\Flagged"


def change(add: set[str] = frozenset(), remove: set[str] = frozenset(), replace: set[str] | None = None) -> FlagChange:  # type: ignore[assignment]
    return FlagChange(None if replace is None else frozenset(replace), frozenset(add), frozenset(remove), rule="r")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], None),
        ([("add", SEEN)], change(add={SEEN})),
        ([("remove", SEEN)], change(remove={SEEN})),
        ([("add", SEEN), ("add", FLAGGED)], change(add={SEEN, FLAGGED})),
        ([("add", SEEN), ("remove", SEEN)], change(remove={SEEN})),
        ([("remove", SEEN), ("add", SEEN)], change(add={SEEN})),
        ([("add", "$Label1"), ("remove", "$label1")], change(remove={"$label1"})),
        ([("add", "$Label1"), ("add", "$LABEL1")], change(add={"$Label1"})),
        ([("set", SEEN)], change(replace={SEEN})),
        ([("set", SEEN), ("set", FLAGGED)], change(replace={FLAGGED})),
        ([("add", FLAGGED), ("set", SEEN)], change(replace={SEEN})),
        ([("remove", SEEN), ("set", SEEN)], change(replace={SEEN})),
        ([("set", SEEN), ("add", FLAGGED)], change(replace={SEEN, FLAGGED})),
        ([("set", SEEN), ("remove", "\\seen")], change(replace=set())),
        ([("set", SEEN), ("add", "\\SEEN")], change(replace={SEEN})),
        ([("set", SEEN), ("remove", FLAGGED)], change(replace={SEEN})),
    ],
)
def test_the_last_word_on_a_flag_counts(steps: list[tuple[str, str]], expected: FlagChange | None) -> None:
    draft = Draft()
    for verb, flag in steps:
        {"add": draft.add_flags, "remove": draft.remove_flags, "set": draft.set_flags}[verb]((flag,), "r")

    assert draft.plan().flags == expected


def test_a_change_of_flags_names_the_rules_that_had_a_part_in_it() -> None:
    draft = Draft()
    draft.add_flags((SEEN,), "forgotten")
    draft.set_flags((SEEN,), "one")
    draft.add_flags((FLAGGED,), "two")
    draft.remove_flags(("$A",), "three")
    draft.add_flags((FLAGGED,), "one")

    assert draft.plan().flags == FlagChange(frozenset({SEEN, FLAGGED}), frozenset(), frozenset(), rule="one, two")


def test_a_change_of_flags_names_no_rule_that_was_wholly_overridden() -> None:
    draft = Draft()
    draft.add_flags((SEEN,), "overridden")
    draft.add_flags((FLAGGED, SEEN), "first")
    draft.remove_flags((SEEN,), "second")

    assert draft.plan().flags == FlagChange(None, frozenset({FLAGGED}), frozenset({SEEN}), rule="first, second")


def test_two_copies_to_one_mailbox_are_one() -> None:
    draft = Draft()
    for path in ("A", "Inbox", "INBOX", "A", "a", "Caf\u00e9", "Cafe\u0301", "\u0131nbox"):
        draft.copy(Target(path), "r")
    draft.copy(Target(special_use="\\Archive"), "s")
    draft.copy(Target(special_use="\\Archive"), "t")

    assert draft.plan().copies == (
        CopyTo(Target("A"), "r"),
        CopyTo(Target("Inbox"), "r"),
        CopyTo(Target("a"), "r"),
        CopyTo(Target("Caf\u00e9"), "r"),
        CopyTo(Target("\u0131nbox"), "r"),
        CopyTo(Target(special_use="\\Archive"), "s"),
    )


def test_a_move_absorbs_a_copy_to_the_same_mailbox() -> None:
    draft = Draft()
    for path in ("inbox", "B"):
        draft.copy(Target(path), "r")
    draft.end(MoveTo(Target("INBOX"), "m"))

    assert draft.plan() == Plan(copies=(CopyTo(Target("B"), "r"),), ending=MoveTo(Target("INBOX"), "m"))


def test_a_second_ending_cannot_happen() -> None:
    draft = Draft()
    draft.end(Trash("r"))

    with pytest.raises(AssertionError, match="ends the pipeline"):
        draft.end(Expunge("s"))


@pytest.mark.parametrize(
    ("plan", "steps"),
    [
        (Plan(), []),
        (Plan(flags=change(add={SEEN, "$A"})), [{"add_flags": ["$A", SEEN]}]),
        (Plan(flags=change(add={SEEN}, remove={FLAGGED})), [{"add_flags": [SEEN]}, {"remove_flags": [FLAGGED]}]),
        (Plan(flags=change(replace=set())), [{"set_flags": []}]),
        (
            Plan(change(replace={SEEN}), (CopyTo(Target("A/B"), "r"),), MoveTo(Target(special_use="\\Junk"), "r")),
            [{"set_flags": [SEEN]}, {"copy": "A/B"}, {"move": "\\Junk"}],
        ),
        (Plan(ending=Trash("r")), [{"trash": True}]),
        (Plan(ending=Expunge("r")), [{"expunge": True}]),
    ],
)
def test_a_plan_lists_its_steps_in_order(plan: Plan, steps: list[object]) -> None:
    assert plan.to_json() == steps
    assert bool(plan) is bool(steps)
