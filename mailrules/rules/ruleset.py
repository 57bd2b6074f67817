"""Every rule over one message: who matches, and what they want done together.

Rules run in order, each sees the message as it came, and an ending (`move`, `trash`, `expunge`, `stop`) ends the run.
There is one evaluator: `evaluate` and `explain` walk the same rules in the same way.
"""

from __future__ import annotations

import json
from dataclasses import field, replace
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING

from mailrules.rules.conditions.named import Named
from mailrules.rules.definitions import NOTHING, Definitions
from mailrules.rules.headers import MAX_OCTETS
from mailrules.rules.index import Index
from mailrules.rules.match import Groups
from mailrules.rules.placeholders import TemplateError
from mailrules.rules.plan import Draft, Ending, Expunge, Trash
from mailrules.rules.ready import Proof, ReadyRule
from mailrules.rules.scopes import Scope, Scopes
from mailrules.rules.trace import RuleTrace, Traces
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN, Truth
from mailrules.rules.verdict import NO_PLAN, Needs, Verdict
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from mailrules.rules.conditions.base import Condition, Marking
    from mailrules.rules.message import Message
    from mailrules.rules.plan import Plan
    from mailrules.rules.questions import Mark, Question
    from mailrules.rules.rule import Rule
    from mailrules.rules.verdict import Facts

_WRITER = json.JSONEncoder(sort_keys=True)


@value(frozen=True, slots=True)
class Ruleset:
    """The rules of one file, ready to run. Names have to be unique."""

    rules: tuple[Rule, ...]
    definitions: Definitions = NOTHING
    scheduled: bool = False
    """Which of the rules run: those with `every`, or those for new mail."""
    digest: str = field(default="", compare=False)
    """A hash of the rules, and of what they refer to, that is the same wherever and whenever they are loaded.

    It is worked out where it is not given.
    """
    header_fields: frozenset[str] = field(init=False, compare=False)
    """The header fields that some rule asks for, in upper case: what to fetch."""
    _enabled: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    _ready: list[ReadyRule | None] = field(init=False, repr=False, compare=False)
    """Those rules made ready to run, as far as some message has asked for them: of many rules it does so for few."""
    _index: Index = field(init=False, repr=False, compare=False)
    _marking: tuple[tuple[Scope | None, Marking], ...] = field(init=False, repr=False, compare=False)
    """What makes the marks that conditions ask for, with the scopes of their rules."""
    _scopes: Scopes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        enabled = tuple(rule for rule in self.rules if rule.enabled and (rule.every is not None) == self.scheduled)
        every = [*_with_named((rule.match for rule in enabled if isinstance(rule.match, Groups)), self.definitions)]
        fields = frozenset().union(*(each.header_fields() for each in every), *map(_fields_of_targets, enabled))
        object.__setattr__(self, "header_fields", fields)
        object.__setattr__(self, "digest", self.digest or _digest(self.rules, self.definitions))
        object.__setattr__(self, "_enabled", enabled)
        object.__setattr__(self, "_ready", [None] * len(enabled))
        object.__setattr__(self, "_scopes", Scopes())
        guards = [each.match.guard(self.definitions) if isinstance(each.match, Groups) else None for each in enabled]
        object.__setattr__(self, "_index", Index(guards))
        marking = list(self._markings()) if any(each.marking() is not None for each in every) else []
        object.__setattr__(self, "_marking", tuple(marking))

    def _markings(self) -> Iterator[tuple[Scope | None, Marking]]:
        for rule in self._enabled:
            for each in _with_named((rule.match,) if isinstance(rule.match, Groups) else (), self.definitions):
                if (marking := each.marking()) is not None:
                    yield self._scopes.of(rule), marking

    def _at(self, position: int) -> ReadyRule:
        ready = self._ready[position]
        if ready is None:
            rule = self._enabled[position]
            ready = self._ready[position] = ReadyRule.of(rule, self.definitions, self._scopes.of(rule))
        return ready

    def evaluate(self, message: Message, facts: Facts, *, without: Collection[str] = ()) -> Verdict | Needs:
        """Decide what is done with a message, or say what has to be asked first; never raises.

        `without` are names of rules that do not run.
        """
        positions = self._index.candidates(message, facts)
        if not positions:
            return _NOTHING_MATCHED
        candidates = [self._ready[position] or self._at(position) for position in positions]
        if without:
            candidates = [ready for ready in candidates if ready.name not in without]
        elif (verdict := _usual(candidates, message, facts)) is not None:
            return verdict
        run = _run(candidates, message, facts)
        if run.needs:
            return Needs(frozenset(run.needs))
        if not run.decided:
            return _NOTHING_MATCHED
        return _verdict(run, message, facts, Traces(partial(_reasons, run.decided, message, facts)))

    @property
    def makes_marks(self) -> bool:
        """Whether `marks` gives any of some message."""
        return bool(self._marking)

    def marks(self, message: Message, facts: Facts) -> frozenset[Mark]:
        """Give all by which the rules in scope have to know this message again, when they ask whether one was met."""
        if not self._marking:
            return _NO_MARKS
        marks = {mark(message) for scope, mark in self._marking if scope is None or scope.holds(facts)}
        return frozenset(mark for mark in marks if mark is not None)

    def on_schedule(self) -> Ruleset:
        """Give the ruleset in which those with `every` run, and no other."""
        return replace(self, scheduled=True)

    def explain(self, message: Message, facts: Facts) -> Verdict:
        """Decide the same, with a trace of every rule in scope; what was not asked is unknown."""
        rules = [ready for ready in map(self._at, range(len(self._enabled))) if ready.is_for(facts)]
        run = _run(rules, message, facts)
        return _verdict(run, message, facts, Traces(partial(_traces, rules, run.last, message, facts)))


_NOTHING_MATCHED = Verdict()
_NO_MARKS: frozenset[Mark] = frozenset()
_NO_FIELDS: frozenset[str] = frozenset()


def _usual(rules: Iterable[ReadyRule], message: Message, facts: Facts) -> Verdict | None:
    """Decide, to the same result, where at most one rule has a say; None where more may have."""
    for ready in rules:
        if ready.scope is None or ready.scope.holds(facts):
            found = None
            if ready.finds is not None and ready.finds.find is not None:
                found = ready.finds.find(message)
                truth = FALSE if found is None else TRUE
            else:
                truth = ready.check(message, facts)
            if truth is TRUE and ready.settles and ready.plan is not None:
                return Verdict(ready.plan, ready.names, (), (), Proof(ready, message, facts, found))
            if truth is not FALSE:
                return None
    return _NOTHING_MATCHED


@value(slots=True)
class _Run:
    """One pass over the rules: those that are not false, in order, until one ends the pipeline."""

    decided: list[tuple[ReadyRule, Truth]] = field(default_factory=list)
    needs: set[Question[object]] = field(default_factory=set)
    last: ReadyRule | None = None
    """The rule that ended the pipeline."""
    open_end: ReadyRule | None = None
    """The first rule that is unknown and would have ended it."""


def _run(rules: Iterable[ReadyRule], message: Message, facts: Facts) -> _Run:
    run = _Run()
    for ready in rules:
        if not ready.is_for(facts):
            continue
        truth = ready.check(message, facts)
        if truth is FALSE:
            continue
        run.decided.append((ready, truth))
        if truth is UNKNOWN:
            # Whatever it turns out to be, later rules may be reached: go on, so that one round of questions is enough.
            run.needs.update(ready.tree.needs(message, facts))
            if ready.ends and run.open_end is None:
                run.open_end = ready
            continue
        if ready.templates:
            run.needs.update(ready.needs(message, facts))
        if ready.ends:
            run.last = ready
            break
    return run


def _verdict(run: _Run, message: Message, facts: Facts, trace: Traces) -> Verdict:
    matched = [ready for ready, truth in run.decided if truth is TRUE and not ready.observes]
    observed = [ready for ready, truth in run.decided if truth is TRUE and ready.observes]
    plan, error = _plan(matched, message, facts)
    error = error or _in_doubt(plan.ending, run.open_end, message)
    return Verdict(
        plan=NO_PLAN if error else plan,
        matched=tuple([ready.name for ready in matched]),
        observed=tuple([ready.name for ready in observed]),
        would=_would(observed, message, facts) if observed else NO_PLAN,
        unknown=tuple([ready.name for ready, truth in run.decided if truth is UNKNOWN]),
        trace=trace,
        error=error,
    )


def _plan(matched: Sequence[ReadyRule], message: Message, facts: Facts) -> tuple[Plan, str | None]:
    """Put together what rules do; or say why one can't act, for want of a value."""
    if len(matched) == 1 and matched[0].plan is not None:
        return matched[0].plan, None
    draft = Draft()
    for ready in matched:
        try:
            ready.enact(draft, message, facts)
        except TemplateError as missing:
            return NO_PLAN, f"rule '{ready.name}': {missing}"
    return draft.plan(), None


def _reasons(decided: Sequence[tuple[ReadyRule, Truth]], message: Message, facts: Facts) -> tuple[RuleTrace, ...]:
    """Show what each of the decided rules saw."""
    return tuple([ready.reasons(truth, message, facts) for ready, truth in decided])


def _traces(
    rules: Sequence[ReadyRule], last: ReadyRule | None, message: Message, facts: Facts
) -> tuple[RuleTrace, ...]:
    """Show what each rule saw, also those behind the last that was reached."""
    end = next((place for place, ready in enumerate(rules) if ready is last), len(rules))
    return tuple(ready.trace(message, facts, reached=place <= end) for place, ready in enumerate(rules))


def _in_doubt(ending: Ending | None, open_end: ReadyRule | None, message: Message) -> str | None:
    """Say why a message must not be thrown away: with all known, an earlier rule or this one might have kept it."""
    if not isinstance(ending, Trash | Expunge):
        return None
    if len(message.header) > MAX_OCTETS:
        return f"rule '{ending.rule}' would throw it away, and its header is too long to be looked at whole"
    if open_end is not None:
        return f"rule '{ending.rule}' would throw it away, and whether rule '{open_end.rule.name}' keeps it is unknown"
    return None


def _would(observed: Sequence[ReadyRule], message: Message, facts: Facts) -> Plan:
    """Put together what rules on trial would do; one that could not act, for want of a value, adds nothing."""
    draft = Draft()
    for ready in observed:
        alone = Draft()
        try:
            ready.enact(alone, message, facts)
        except TemplateError:
            continue
        ready.enact(draft, message, facts)
        if ready.rule.then.ends:
            break
    return draft.plan()


def _fields_of_targets(rule: Rule) -> frozenset[str]:
    templates = [target.template for target in rule.then.targets() if target.template is not None]
    return frozenset().union(*(template.header_fields for template in templates)) if templates else _NO_FIELDS


def _with_named(matches: Iterable[Groups], definitions: Definitions) -> Iterator[Condition]:
    """Give their conditions, and those of the named ones that they lead to, each of those once."""
    waiting, seen = list(matches), set[str]()
    for match in waiting:
        for each in match.walk():
            yield each
            if isinstance(each, Named):
                names = dict.fromkeys(name for name in each.names if name not in seen)
                waiting += (definitions.conditions[name] for name in names)
                seen.update(names)


def _digest(rules: Sequence[Rule], definitions: Definitions) -> str:
    """Hash the rules as data: layout, comments and the order of keys in the file don't count."""
    written = (rule.model_dump(mode="json", exclude_defaults=True) for rule in rules)
    every = written if definitions == NOTHING else chain(written, [definitions.written()])
    digest = sha256(b"[")
    for place, each in enumerate(every):  # one by one: to write them all at once would hold up other threads
        digest.update((", " if place else "").encode() + _WRITER.encode(each).encode("ascii"))
    digest.update(b"]")
    return digest.hexdigest()
