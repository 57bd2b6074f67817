"""What `then` says becomes the plan."""

import pytest

from mailrules.rules import CopyTo, Expunge, FlagChange, MoveTo, Plan, Target, Trash
from tests.rules.builders import decide, message, problems, rule, ruleset


def flags(
    *, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), replace: tuple[str, ...] | None = None
) -> FlagChange:
    return FlagChange(None if replace is None else frozenset(replace), frozenset(add), frozenset(remove), rule="r")


@pytest.mark.parametrize(
    ("then", "plan"),
    [
        ({"move": "A/B"}, Plan(ending=MoveTo(Target("A/B"), "r"))),
        ({"move": "\\junk"}, Plan(ending=MoveTo(Target(special_use="\\Junk"), "r"))),
        ({"move": "A", "create": False}, Plan(ending=MoveTo(Target("A", create=False), "r"))),
        ({"copy": "A"}, Plan(copies=(CopyTo(Target("A"), "r"),))),
        (
            {"copy": ["A", "\\Archive"], "create": False},
            Plan(copies=(CopyTo(Target("A", create=False), "r"), CopyTo(Target("", "\\Archive", create=False), "r"))),
        ),
        ({"trash": True}, Plan(ending=Trash("r"))),
        ({"expunge": True}, Plan(ending=Expunge("r"))),
        ({"add_flags": "\\SEEN"}, Plan(flags=flags(add=("\\Seen",)))),
        ({"add_flags": ["$A", "b"], "remove_flags": "c"}, Plan(flags=flags(add=("$A", "b"), remove=("c",)))),
        ({"set_flags": ["a"]}, Plan(flags=flags(replace=("a",)))),
        ({"stop": True}, Plan()),
        (
            {"copy": "A", "move": "B", "add_flags": "x"},
            Plan(flags(add=("x",)), (CopyTo(Target("A"), "r"),), MoveTo(Target("B"), "r")),
        ),
        ({"copy": ["A", "B"], "move": "A"}, Plan(copies=(CopyTo(Target("B"), "r"),), ending=MoveTo(Target("A"), "r"))),
    ],
)
def test_then_becomes_the_plan(then: object, plan: Plan) -> None:
    assert decide(ruleset(rule(then=then)), message()).plan == plan


def test_a_move_may_chain() -> None:
    verdict = decide(ruleset(rule(then={"move": "A"}, chain=True)), message())

    assert verdict.plan.ending == MoveTo(Target("A"), "r", chain=True)


@pytest.mark.parametrize(
    ("then", "ends"),
    [
        ({"move": "A"}, True),
        ({"trash": True}, True),
        ({"expunge": True}, True),
        ({"stop": True}, True),
        ({"copy": "A", "stop": True}, True),
        ({"copy": "A"}, False),
        ({"add_flags": "a", "remove_flags": "b"}, False),
        ({"set_flags": "a"}, False),
    ],
)
def test_only_endings_and_stop_end_the_pipeline(then: object, ends: bool) -> None:
    verdict = decide(ruleset(rule(then=then, name="first"), rule(name="second")), message())

    assert verdict.matched == (("first",) if ends else ("first", "second"))


def test_many_rules_make_one_plan() -> None:
    rules = ruleset(
        rule(then={"add_flags": ["a", "b"], "copy": "A"}, name="one"),
        rule({"subject": "never"}, {"set_flags": "never"}, name="no"),
        rule(then={"remove_flags": "a", "copy": ["A", "B"]}, name="two"),
        rule(then={"move": "B"}, name="three"),
        rule(then={"copy": "C"}, name="unreached"),
    )

    assert decide(rules, message()).plan == Plan(
        FlagChange(None, frozenset({"b"}), frozenset({"a"}), rule="one, two"),
        (CopyTo(Target("A"), "one"),),
        MoveTo(Target("B"), "three"),
    )


def test_set_flags_may_be_empty_and_leaves_no_flag() -> None:
    verdict = decide(ruleset(rule(then={"set_flags": []})), message())

    assert verdict.plan.to_json() == [{"set_flags": []}]


@pytest.mark.parametrize("key", ["add_flags", "remove_flags"])
def test_other_changes_of_flags_name_at_least_one(key: str) -> None:
    ((loc, text),) = problems(then={key: []})

    assert loc == ("then", key)
    assert text.startswith("an empty list changes nothing")
