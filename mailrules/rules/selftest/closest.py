"""Says which rule came closest to what a test expects, and what kept it from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailrules.rules.plan import flag_key
from mailrules.rules.text import printable
from mailrules.rules.truth import Truth
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from mailrules.rules.rule import Rule
    from mailrules.rules.selftest.differences import Effect
    from mailrules.rules.targets import TargetText
    from mailrules.rules.trace import ConditionTrace, RuleTrace
    from mailrules.rules.verdict import Facts, Verdict


@value(frozen=True, slots=True)
class Closest:
    """The rule that came closest."""

    rule: str
    reason: str
    """Why it did nothing, in words: ``subject.contains "invoice" – saw hello``."""


def closest(
    rules: Iterable[Rule], explained: Verdict, facts: Facts, missed: Collection[Effect], expected: Sequence[str]
) -> Closest | None:
    """Look among the rules expected to match, else those that would do what was missed, else all if none matched.

    ``explained`` is a verdict with the trace of every rule in scope.
    """
    traces = {trace.rule: trace for trace in explained.trace}
    if expected and expected[0] not in traces:
        return Closest(expected[0], f"it is not for mailbox {facts.mailbox!r} of account {facts.account!r}")
    able = [rule.name for rule in rules if any(_could(rule, effect) for effect in missed)]
    everyone = [] if explained.matched else list(traces)
    for names in (expected, able, everyone):
        open_ones = [traces[name] for name in names if name in traces and _did_nothing(traces[name])]
        if open_ones:
            nearest = max(open_ones, key=_nearness)
            return Closest(nearest.rule, _reason(nearest))
    return None


def _did_nothing(trace: RuleTrace) -> bool:
    return trace.result is not Truth.TRUE or not trace.reached


def _could(rule: Rule, effect: Effect) -> bool:
    key, *values = effect.key
    for action in rule.then.actions():
        if action.key == key and action.targets():
            return any(_could_be(target, values[0]) for target in action.targets())
        if action.key == key:
            return not isinstance(action.root, tuple) or set(values) <= set(map(flag_key, action.root))
    return False


def _could_be(target: TargetText, path: str) -> bool:
    if target.template is None:
        return target.special_use == path
    levels = (
        "".join(re.escape(part) if isinstance(part, str) else ".*" for part in level)
        for level in target.template.levels
    )
    return re.fullmatch("/".join(levels), path, re.DOTALL) is not None


def _nearness(trace: RuleTrace) -> float:
    """The share of its conditions that hold."""
    leaves = [leaf.result is Truth.TRUE for leaf in trace.conditions]
    return sum(leaves) / len(leaves) if leaves else 1.0


def _reason(trace: RuleTrace) -> str:
    if trace.result is Truth.TRUE:
        return "it matches, but an earlier rule had ended the run"
    return next(_failing("", trace.conditions, Truth.TRUE), "it does not match")


def _failing(path: str, conditions: Iterable[ConditionTrace], wanted: Truth) -> Iterator[str]:
    """Give the conditions that are not as wanted, down to those that look at the message."""
    for condition in conditions:
        if condition.result is wanted:
            continue
        here = f"{path}[{condition.key}]" if condition.key.isdecimal() else f"{path}.{condition.key}".lstrip(".")
        if condition.children:
            turned = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}[wanted] if condition.key == "not" else wanted
            yield from _failing(here, condition.children, turned)
        else:
            unknown = " (unknown)" if condition.result is Truth.UNKNOWN and "unknown" not in condition.seen else ""
            yield printable(f"{here} {condition.wanted} – saw {condition.seen}".replace("  ", " ")) + unknown
