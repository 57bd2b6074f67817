"""The reasons for what was done to a message, as the journal keeps them: JSON text, written and read here."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from json.encoder import encode_basestring as _quoted
from typing import NotRequired, TypedDict

from mailrules.rules import ConditionTrace, RuleTrace, Truth, Verdict
from mailrules.rules.ready import Proof
from mailrules.rules.trace import Form

__all__ = ["read_reasons", "reasons_of"]


class _Condition(TypedDict):
    """A condition in JSON; a group has children, the others what they wanted and saw."""

    key: str
    result: str
    wanted: NotRequired[str]
    seen: NotRequired[str]
    children: NotRequired[list[_Condition]]


class _Rule(TypedDict):
    """A rule in JSON."""

    rule: str
    conditions: list[_Condition]


def reasons_of(verdict: Verdict, rules: Collection[str]) -> str:
    """Why these rules matched."""
    trace = verdict.trace
    if isinstance(trace, Proof) and (form := trace.form) is not None and form.rule in rules:
        return _filled_in(form, trace.seen())
    return f"[{', '.join([_written(trace) for trace in verdict.trace if trace.rule in rules])}]" if rules else "[]"


def read_reasons(text: str) -> tuple[RuleTrace, ...]:
    """Read what ``reasons_of`` wrote; nothing, if no reason was kept."""
    rules: list[_Rule] = json.loads(text or "[]")
    return tuple(RuleTrace(rule["rule"], Truth.TRUE, tuple(map(_read, rule["conditions"]))) for rule in rules)


def _filled_in(form: Form, seen: Sequence[str]) -> str:
    """Write the reasons of one rule, nearly all of which is written beforehand."""
    pieces = _pieces(form)
    if len(seen) == 1:  # as most have it
        return f"{pieces[0]}{_quoted(seen[0])}{pieces[1]}"
    return "".join(chain.from_iterable(zip(pieces, [*map(_quoted, seen), ""], strict=True)))


@lru_cache(maxsize=4096)
def _pieces(form: Form) -> Sequence[str]:
    """What stands before, between and behind what the conditions have seen."""
    open_ends = [
        _written_condition(ConditionTrace(key, wanted, "", Truth.TRUE)).removesuffix('""}')
        for key, wanted in form.conditions
    ]
    before, behind = _written(RuleTrace(form.rule, Truth.TRUE, ())).removesuffix("]}"), "]}]"
    if not open_ends:
        return [f"[{before}{behind}"]
    return [f"[{before}{open_ends[0]}", *(f"}}, {each}" for each in open_ends[1:]), f"}}{behind}"]


def _written(trace: RuleTrace) -> str:
    """Write JSON by hand: it is done for every message, and a tree of dictionaries takes five times as long."""
    return f'{{"rule": {_quoted(trace.rule)}, "conditions": [{_conditions(trace.conditions)}]}}'


def _conditions(traces: Iterable[ConditionTrace]) -> str:
    return ", ".join([_written_condition(trace) for trace in traces])


def _written_condition(trace: ConditionTrace) -> str:
    result = "true" if trace.result is Truth.TRUE else trace.result.value  # an enum's value takes as long as all else
    start = f'{{"key": {_quoted(trace.key)}, "result": "{result}"'
    if trace.children:
        return f'{start}, "children": [{_conditions(trace.children)}]}}'
    return f'{start}, "wanted": {_quoted(trace.wanted)}, "seen": {_quoted(trace.seen)}}}'


def _read(condition: _Condition) -> ConditionTrace:
    children = tuple(map(_read, condition.get("children", ())))
    seen = condition.get("seen", "")
    return ConditionTrace(condition["key"], condition.get("wanted", ""), seen, Truth(condition["result"]), children)
