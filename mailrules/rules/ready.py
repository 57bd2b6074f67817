"""A rule made ready to run: its conditions compiled, and what it does put together as far as no message is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailrules.rules.actions import Scene
from mailrules.rules.checks import Group, Leaf, conjunction
from mailrules.rules.match import Groups
from mailrules.rules.placeholders import Values
from mailrules.rules.plan import Draft, Expunge, Plan, Trash
from mailrules.rules.trace import ConditionTrace, Form, RuleTrace, Traces
from mailrules.rules.truth import TRUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mailrules.rules.actions import Action
    from mailrules.rules.checks import Element
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Question
    from mailrules.rules.rule import Rule
    from mailrules.rules.scopes import Scope
    from mailrules.rules.templates import Template
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

_EVERYTHING = conjunction("match", ())


@dataclass(frozen=True, slots=True, eq=False)
class ReadyRule:
    """A rule whose patterns are compiled."""

    rule: Rule
    name: str
    definitions: Definitions
    tree: Group
    check: Callable[[Message, Facts], Truth]
    actions: tuple[Action[object], ...]
    templates: tuple[Template, ...]
    """Those whose values have to be filled in."""
    plan: Plan | None
    """What it does by itself, if that is the same for every message."""
    observes: bool
    ends: bool
    """Whether no later rule sees a message that it matches."""
    scope: Scope | None
    """Where it is to be asked; None if everywhere."""
    settles: bool
    """Whether its plan is all that is done with a message that no rule before it does anything with."""
    names: tuple[str, ...]
    """Its name alone."""
    finds: Leaf | None
    """Its only condition, if that holds where it finds something and nowhere else."""
    form: Form | None
    """What its traces have in common where it holds; None if it has a group, of which any child may have decided."""

    @classmethod
    def of(cls, rule: Rule, definitions: Definitions, scope: Scope | None) -> ReadyRule:
        """Compile a rule."""
        tree = rule.match.check("match", definitions) if isinstance(rule.match, Groups) else _EVERYTHING
        actions = rule.then.actions()
        targets = [target for action in actions for target in action.targets()]
        templates = tuple(
            each.template for each in targets if each.template is not None and each.template.fixed is None
        )
        plan = None if templates else _fixed_plan(rule, actions)
        ends = rule.mode is None and any(action.ends for action in actions)
        return cls(
            rule,
            rule.name,
            definitions,
            tree,
            tree.check,
            actions,
            templates,
            plan,
            rule.mode is not None,
            ends,
            scope,
            ends and plan is not None and not isinstance(plan.ending, Trash | Expunge),
            (rule.name,),
            _finding(tree),
            _form(rule.name, tree),
        )

    def is_for(self, facts: Facts) -> bool:
        """Tell whether it is to be asked about messages there."""
        return self.scope is None or self.scope.holds(facts)

    def needs(self, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the questions that values of its targets are the answers to, and that have not been asked."""
        for template in self.templates:
            yield from (question for question in template.questions(message, facts) if not message.asked(question))
            for placeholder in template.placeholders():
                if placeholder.owner:
                    yield from self.tree.group_needs(placeholder.owner, message, facts)

    def enact(self, draft: Draft, message: Message, facts: Facts) -> None:
        """Add what the rule does to the plan; raises `TemplateError` if a value is missing."""
        values = None
        if self.templates:
            found: dict[str, Element] = {}
            for key, element in self.tree.found(message, facts):
                found.setdefault(key, element)
            values = Values(message, facts, found, self.definitions)
        scene = Scene(self.name, self.rule.then.create, self.rule.chain, values)
        for action in self.actions:
            action.enact(draft, scene)

    def trace(self, message: Message, facts: Facts, *, reached: bool) -> RuleTrace:
        """Show every condition."""
        tree = self.tree.trace(message, facts)
        return RuleTrace(self.name, tree.result, tree.children, reached)

    def reasons(self, truth: Truth, message: Message, facts: Facts) -> RuleTrace:
        """Show every condition of a rule that was reached, with this result."""
        if truth is not TRUE:
            return self.trace(message, facts, reached=True)
        return RuleTrace(self.name, truth, self.tree.proof(message, facts).children)


class Proof(Traces):
    """The trace of the one rule that has decided about a message, by holding."""

    __slots__ = ("_facts", "_found", "_message", "_ready")

    def __init__(self, ready: ReadyRule, message: Message, facts: Facts, found: Element | None) -> None:
        self._traces = None
        self._ready, self._message, self._facts = ready, message, facts
        self._found = found
        """What its only condition has found, if it is of the kind that finds."""

    @property
    def form(self) -> Form | None:
        """What the rule's traces have in common."""
        return self._ready.form

    def _all(self) -> tuple[RuleTrace, ...]:
        if self._traces is None:
            if (form := self._ready.form) is None:
                self._traces = (self._ready.reasons(TRUE, self._message, self._facts),)
            else:
                each = zip(form.conditions, self.seen(), strict=True)
                conditions = tuple([ConditionTrace(key, wanted, seen, TRUE) for (key, wanted), seen in each])
                self._traces = (RuleTrace(form.rule, TRUE, conditions),)
        return self._traces

    def seen(self) -> list[str]:
        """Give what each condition of the form saw."""
        leaf = self._ready.finds
        if leaf is not None and leaf.shows is not None and self._found is not None:
            return [leaf.shows(self._found)]
        message, facts = self._message, self._facts
        return [leaf.seen(message, facts) for leaf in self._ready.tree.children if isinstance(leaf, Leaf)]


def _finding(tree: Group) -> Leaf | None:
    match tree.children:
        case (Leaf(find=find, shows=shows) as leaf,) if find is not None and shows is not None:
            return leaf
    return None


def _form(rule: str, tree: Group) -> Form | None:
    leaves = [child for child in tree.children if isinstance(child, Leaf)]
    return Form(rule, tuple((leaf.key, leaf.wanted) for leaf in leaves)) if len(leaves) == len(tree.children) else None


def _fixed_plan(rule: Rule, actions: Sequence[Action[object]]) -> Plan:
    draft = Draft()
    for action in actions:
        action.enact(draft, Scene(rule.name, rule.then.create, rule.chain, None))
    return draft.plan()
