"""A rule made ready to run: its conditions compiled, and what it does put together as far as no message is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailrules.rules.actions import Scene
from mailrules.rules.checks import Group, conjunction
from mailrules.rules.match import Groups
from mailrules.rules.placeholders import Values
from mailrules.rules.plan import Draft, Expunge, Plan, Trash
from mailrules.rules.trace import RuleTrace
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


def _fixed_plan(rule: Rule, actions: Sequence[Action[object]]) -> Plan:
    draft = Draft()
    for action in actions:
        action.enact(draft, Scene(rule.name, rule.then.create, rule.chain, None))
    return draft.plan()
