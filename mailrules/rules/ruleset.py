"""Every rule over one message: who matches, and what they want done together.

Rules run in order, each sees the message as it came, and an ending (`move`, `trash`, `expunge`, `stop`) ends the run.
There is one evaluator: `evaluate` and `explain` walk the same rules in the same way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from mailrules.rules import matching
from mailrules.rules.actions import Scene
from mailrules.rules.checks import Group, conjunction
from mailrules.rules.conditions.named import Named
from mailrules.rules.definitions import NOTHING, Definitions
from mailrules.rules.headers import MAX_OCTETS
from mailrules.rules.index import Index
from mailrules.rules.match import Groups
from mailrules.rules.placeholders import TemplateError, Values
from mailrules.rules.plan import Draft, Ending, Expunge, Plan, Trash
from mailrules.rules.trace import RuleTrace
from mailrules.rules.truth import FALSE, UNKNOWN, Truth
from mailrules.rules.verdict import Needs, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mailrules.rules.actions import Action
    from mailrules.rules.checks import Element
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Mark, Question
    from mailrules.rules.rule import Rule
    from mailrules.rules.templates import Template
    from mailrules.rules.verdict import Facts

_MAX_SCOPES = 256  # a cached scope is a set of all rules in it


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one file, ready to run. Names have to be unique."""

    rules: tuple[Rule, ...]
    definitions: Definitions = NOTHING
    scheduled: bool = False
    """Which of the rules run: those with `every`, or those for new mail."""
    header_fields: frozenset[str] = field(init=False, compare=False)
    """The header fields that some rule asks for, in upper case: what to fetch."""
    digest: str = field(init=False, compare=False)
    """A hash of the rules, and of what they refer to, that is the same wherever and whenever they are loaded."""
    _ready: tuple[_ReadyRule, ...] = field(init=False, repr=False, compare=False)
    _index: Index = field(init=False, repr=False, compare=False)
    _marking: tuple[tuple[int, Callable[[Message], Mark | None]], ...] = field(init=False, repr=False, compare=False)
    """What makes the marks that conditions ask for, with the positions of their rules."""
    _scopes: dict[tuple[str, str], frozenset[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        enabled = tuple(rule for rule in self.rules if rule.enabled and (rule.every is not None) == self.scheduled)
        matches = list(_with_named((rule.match for rule in enabled if rule.match != "everything"), self.definitions))
        fields = frozenset().union(*map(_fields_of_match, matches), *map(_fields_of_targets, enabled))
        object.__setattr__(self, "header_fields", fields)
        object.__setattr__(self, "digest", _digest(self.rules, self.definitions))
        object.__setattr__(self, "_ready", tuple(_ReadyRule.of(rule, self.definitions) for rule in enabled))
        object.__setattr__(self, "_index", Index([ready.tree.guard for ready in self._ready]))
        marking = [
            (position, leaf.mark)
            for position, ready in enumerate(self._ready)
            for leaf in ready.tree.leaves()
            if leaf.mark is not None
        ]
        object.__setattr__(self, "_marking", tuple(marking))
        object.__setattr__(self, "_scopes", {})

    def evaluate(self, message: Message, facts: Facts, *, without: Collection[str] = ()) -> Verdict | Needs:
        """Decide what is done with a message, or say what has to be asked first; never raises.

        `without` are names of rules that do not run.
        """
        scope = self._in_scope(facts)
        candidates = [self._ready[position] for position in self._index.candidates(message) if position in scope]
        candidates = [ready for ready in candidates if ready.rule.name not in without] if without else candidates
        run = _run(candidates, message, facts)
        if run.needs:
            return Needs(frozenset(run.needs))
        return _verdict(run, message, facts, tuple(ready for ready, _ in run.decided))

    def marks(self, message: Message, facts: Facts) -> frozenset[Mark]:
        """Give all by which the rules in scope have to know this message again, when they ask whether one was met."""
        scope = self._in_scope(facts)
        marks = {mark(message) for position, mark in self._marking if position in scope}
        return frozenset(mark for mark in marks if mark is not None)

    def on_schedule(self) -> Ruleset:
        """Give the ruleset in which those with `every` run, and no other."""
        return replace(self, scheduled=True)

    def explain(self, message: Message, facts: Facts) -> Verdict:
        """Decide the same, with a trace of every rule in scope; what was not asked is unknown."""
        rules = [self._ready[position] for position in sorted(self._in_scope(facts))]
        return _verdict(_run(rules, message, facts), message, facts, rules)

    def _in_scope(self, facts: Facts) -> frozenset[int]:
        key = (facts.account, facts.mailbox)
        if key not in self._scopes:
            if len(self._scopes) >= _MAX_SCOPES:
                self._scopes.clear()
            self._scopes[key] = frozenset(
                position
                for position, ready in enumerate(self._ready)
                if ready.of_account(facts.account) and ready.of_mailbox(facts.mailbox)
            )
        return self._scopes[key]


@dataclass(frozen=True, slots=True, eq=False)
class _ReadyRule:
    """A rule whose patterns are compiled."""

    rule: Rule
    definitions: Definitions
    tree: Group
    check: Callable[[Message, Facts], Truth]
    actions: tuple[Action[object], ...]
    templates: tuple[Template, ...]
    ends: bool
    """Whether no later rule sees a message that it matches."""
    of_account: matching.Test
    of_mailbox: matching.Test

    @classmethod
    def of(cls, rule: Rule, definitions: Definitions) -> _ReadyRule:
        everything = conjunction("match", ())
        tree = rule.match.check("match", definitions) if isinstance(rule.match, Groups) else everything
        return cls(
            rule,
            definitions,
            tree,
            tree.check,
            rule.then.actions(),
            tuple(target.template for target in rule.then.targets() if target.template is not None),
            rule.then.ends and rule.mode is None,
            matching.glob(rule.accounts or ("*",)),
            matching.mailbox(rule.mailboxes or ("*",)),
        )

    def needs(self, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the questions that values of its targets are the answers to, and that have not been asked."""
        for template in self.templates:
            yield from (question for question in template.questions(message, facts) if not message.asked(question))
            for placeholder in template.placeholders():
                if placeholder.owner:
                    yield from self.tree.group_needs(placeholder.owner, message, facts)

    def enact(self, draft: Draft, message: Message, facts: Facts) -> None:
        """Add what the rule does to the plan; raises `TemplateError` if a value is missing."""
        found: dict[str, Element] = {}
        for key, element in self.tree.found(message, facts):
            found.setdefault(key, element)
        rule = self.rule
        scene = Scene(rule.name, rule.then.create, rule.chain, Values(message, facts, found, self.definitions))
        for action in self.actions:
            action.enact(draft, scene)

    def trace(self, message: Message, facts: Facts, *, reached: bool) -> RuleTrace:
        """Show every condition."""
        tree = self.tree.trace(message, facts)
        return RuleTrace(self.rule.name, tree.result, tree.children, reached)


@dataclass(slots=True)
class _Run:
    """One pass over the rules: those that are not false, in order, until one ends the pipeline."""

    decided: list[tuple[_ReadyRule, Truth]] = field(default_factory=list)
    needs: set[Question[object]] = field(default_factory=set)
    last: _ReadyRule | None = None
    """The rule that ended the pipeline."""
    open_end: _ReadyRule | None = None
    """The first rule that is unknown and would have ended it."""


def _run(rules: Sequence[_ReadyRule], message: Message, facts: Facts) -> _Run:
    run = _Run()
    for ready in rules:
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
        run.needs.update(ready.needs(message, facts))
        if ready.ends:
            run.last = ready
            break
    return run


def _verdict(run: _Run, message: Message, facts: Facts, traced: Sequence[_ReadyRule]) -> Verdict:
    matched = [ready for ready, truth in run.decided if truth is not UNKNOWN and ready.rule.mode is None]
    draft = Draft()
    error: str | None = None
    for ready in matched:
        try:
            ready.enact(draft, message, facts)
        except TemplateError as missing:
            error = f"rule '{ready.rule.name}': {missing}"
            break
    error = error or _in_doubt(draft.plan().ending, run.open_end, message)
    observed = [ready for ready, truth in run.decided if truth is not UNKNOWN and ready.rule.mode is not None]
    end = traced.index(run.last) if run.last in traced else len(traced)
    return Verdict(
        plan=(Draft() if error else draft).plan(),
        matched=tuple(ready.rule.name for ready in matched),
        observed=tuple(ready.rule.name for ready in observed),
        would=_would(observed, message, facts) if observed else Plan(),
        unknown=tuple(ready.rule.name for ready, truth in run.decided if truth is UNKNOWN),
        trace=tuple(ready.trace(message, facts, reached=place <= end) for place, ready in enumerate(traced)),
        error=error,
    )


def _in_doubt(ending: Ending | None, open_end: _ReadyRule | None, message: Message) -> str | None:
    """Say why a message must not be thrown away: with all known, an earlier rule or this one might have kept it."""
    if not isinstance(ending, Trash | Expunge):
        return None
    if len(message.header) > MAX_OCTETS:
        return f"rule '{ending.rule}' would throw it away, and its header is too long to be looked at whole"
    if open_end is not None:
        return f"rule '{ending.rule}' would throw it away, and whether rule '{open_end.rule.name}' keeps it is unknown"
    return None


def _would(observed: Sequence[_ReadyRule], message: Message, facts: Facts) -> Plan:
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
    templates = (target.template for target in rule.then.targets())
    return frozenset().union(*(template.header_fields for template in templates if template is not None))


def _with_named(matches: Iterable[Groups], definitions: Definitions) -> Iterator[Groups]:
    """Give these and the named conditions that they lead to, each of those once."""
    waiting, seen = list(matches), set[str]()
    for match in waiting:
        yield match
        names = {name for each in match.walk() if isinstance(each, Named) for name in each.names} - seen
        waiting += (definitions.conditions[name] for name in names)
        seen |= names


def _fields_of_match(match: Groups) -> frozenset[str]:
    return frozenset().union(*(condition.header_fields() for condition in match.walk()))


def _digest(rules: Sequence[Rule], definitions: Definitions) -> str:
    """Hash the rules as data: layout, comments and the order of keys in the file don't count."""
    written: list[object] = [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]
    if definitions != NOTHING:
        written.append(definitions.written())
    return sha256(json.dumps(written, sort_keys=True).encode("ascii")).hexdigest()
