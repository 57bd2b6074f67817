"""Compares what a test expects with what the rules would do."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING

from mailrules.rules.plan import CopyTo, Expunge, FlagChange, MoveTo, Target, Trash, flag_key
from mailrules.rules.text import printable
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.rules.plan import Plan
    from mailrules.rules.selftest.expected import Expected
    from mailrules.rules.verdict import Verdict


class Sort(Enum):
    """Effects that stand for each other: where one is missed, another of its sort may have come instead."""

    ENDING = "no move, trash or expunge"
    COPY = "no copy"
    ADD_FLAGS = "no flag added"
    REMOVE_FLAGS = "no flag removed"
    SET_FLAGS = "no flags set"


@value(frozen=True, slots=True)
class Effect:
    """One thing that happens to a message."""

    sort: Sort
    key: tuple[str, ...]
    """What two effects have in common that are the same: the action, and the mailbox or flags."""
    shown: str
    rule: str | None = None
    """The rule that wants it, or several with commas between them; None for what a test expects."""


@value(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected, in words, and the rule whose doing it is."""

    want: str
    got: str
    rule: str | None = None
    missed: Effect | None = None
    """What was expected and did not happen."""


def differences(expected: Expected, verdict: Verdict, mailbox: str) -> Iterator[Difference]:
    """Give all that is not as expected, for a message in this mailbox."""
    if expected.actions():
        yield from _of_plan(expected, verdict, mailbox)
    matching = (*verdict.matched, *verdict.observed)
    for name in expected.matched or ():
        if name not in matching:
            yield Difference(f"rule {_quoted(name)} to match", "unknown" if name in verdict.unknown else "no match")
    for name in expected.not_matched or ():
        if name in matching:
            yield Difference(f"rule {_quoted(name)} not to match", "a match", name)


def _of_plan(expected: Expected, verdict: Verdict, mailbox: str) -> Iterator[Difference]:
    if verdict.error is not None:
        if not expected.held:
            erring = next((name for name in verdict.matched if verdict.error.startswith(f"rule '{name}': ")), None)
            what = verdict.error if erring is None else verdict.error.removeprefix(f"rule '{erring}': ")
            yield Difference("no error" if expected.stay else _all(expected), f"an error, {what},", erring)
        return
    if expected.held:
        yield Difference("an error, so that the message is held", "none")
        return
    wanted = [effect for effect in _wanted(expected) if not _leads_to(effect, mailbox)]
    planned = [effect for effect in _planned(verdict.plan) if not _leads_to(effect, mailbox)]
    for sort in Sort:
        want = {effect.key: effect for effect in wanted if effect.sort is sort}
        plan = {effect.key: effect for effect in planned if effect.sort is sort}
        missing = [effect for key, effect in want.items() if key not in plan]
        extra = [effect for key, effect in plan.items() if key not in want]
        none = "none" if planned else "nothing"
        for missed, came in zip_longest(missing, extra):
            yield Difference(
                missed.shown if missed else _unwanted(sort, expected),
                came.shown if came else none,
                came.rule if came else None,
                missed,
            )


def _unwanted(sort: Sort, expected: Expected) -> str:
    return "nothing" if expected.stay else sort.value


def _all(expected: Expected) -> str:
    return ", ".join(effect.shown for effect in _wanted(expected))


def _wanted(expected: Expected) -> Iterator[Effect]:
    yield from _flags(Sort.ADD_FLAGS, expected.add_flags or ())
    yield from _flags(Sort.REMOVE_FLAGS, expected.remove_flags or ())
    if expected.set_flags is not None:
        yield _all_flags(expected.set_flags)
    for target in expected.copy_ or ():
        yield _to(Sort.COPY, "copy", target)
    if expected.move is not None:
        yield _to(Sort.ENDING, "move", expected.move)
    if expected.trash:
        yield Effect(Sort.ENDING, ("trash",), "trash")
    if expected.expunge:
        yield Effect(Sort.ENDING, ("expunge",), "expunge")


def _planned(plan: Plan) -> Iterator[Effect]:
    match plan.flags:
        case FlagChange(replace=None, add=add, remove=remove, rule=rule):
            yield from _flags(Sort.ADD_FLAGS, sorted(add), rule)
            yield from _flags(Sort.REMOVE_FLAGS, sorted(remove), rule)
        case FlagChange(replace=replace, rule=rule) if replace is not None:
            yield _all_flags(sorted(replace), rule)
    for copy in plan.copies:
        yield _copy(copy)
    match plan.ending:
        case MoveTo(target=target, rule=rule):
            yield _to(Sort.ENDING, "move", str(target), rule)
        case Trash(rule=rule):
            yield Effect(Sort.ENDING, ("trash",), "trash", rule)
        case Expunge(rule=rule):
            yield Effect(Sort.ENDING, ("expunge",), "expunge", rule)


def _copy(copy: CopyTo) -> Effect:
    return _to(Sort.COPY, "copy", str(copy.target), copy.rule)


def _to(sort: Sort, action: str, target: str, rule: str | None = None) -> Effect:
    return Effect(sort, (action, Target(path=target).key), f"{action} {_quoted(target)}", rule)


def _flags(sort: Sort, flags: list[str] | tuple[str, ...], rule: str | None = None) -> Iterator[Effect]:
    action = sort.name.lower()
    yield from (Effect(sort, (action, flag_key(flag)), f"{action} {flag}", rule) for flag in flags)


def _all_flags(flags: list[str] | tuple[str, ...], rule: str | None = None) -> Effect:
    return Effect(Sort.SET_FLAGS, ("set_flags", *sorted(map(flag_key, flags))), f"set_flags [{', '.join(flags)}]", rule)


def _leads_to(effect: Effect, mailbox: str) -> bool:
    """Tell what does nothing: a copy or a move to where the message is."""
    here = Target(path=mailbox).key
    return effect.key in {("copy", here), ("move", here)}


def _quoted(text: str) -> str:
    return f'"{printable(text)}"'
