"""A rule's conditions made ready to run: one tree for evaluating, asking and explaining.

A leaf decides; a group folds what its children say. `check` is the fast way to the same result that `trace` shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.rules.captures import captures_of
from mailrules.rules.trace import ConditionTrace
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, none_of, opposite
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mailrules.rules.captures import Captured
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Question
    from mailrules.rules.verdict import Facts

    Decide = Callable[[Message, Facts], Truth]
    Element = object
    Found = Mapping[str, Element]
    Asks = Callable[[Message, Facts], Iterable[Question[object]]]


@value(frozen=True, slots=True)
class Leaf:
    """One condition of one field."""

    key: str
    wanted: str
    check: Decide
    seen: Callable[[Message, Facts], str]
    field: str = ""
    """Under which templates look up what was found."""
    find: Callable[[Message], Element | None] | None = None
    """The address or text that makes the condition true."""
    asks: Asks | None = None
    """The questions that decide it, as far as they can be known yet, if the message and the facts can't."""
    captures: Callable[[Message], Iterable[tuple[str, Captured]]] | None = None
    """The texts whose groups templates may ask for, by the name of the field or of its part."""
    shows: Callable[[Element], str] | None = None
    """What is seen where something is found, if it holds then and only then."""

    def leaves(self) -> Iterator[Leaf]:
        """Give itself."""
        yield self

    def trace(self, message: Message, facts: Facts) -> ConditionTrace:
        """Show what was wanted and seen."""
        return ConditionTrace(self.key, self.wanted, self.seen(message, facts), self.check(message, facts))

    def proof(self, message: Message, facts: Facts) -> ConditionTrace:
        """Show the same where it is known to hold."""
        return ConditionTrace(self.key, self.wanted, self.seen(message, facts), TRUE)

    def found(self, message: Message, _facts: Facts) -> Iterator[tuple[str, Element]]:
        """Give what the message matched by, and the texts in which its patterns had groups."""
        element = self.find and self.find(message)
        if element is not None:
            yield self.field, element
        if self.captures is not None:
            yield from ((captures_of(name), captured) for name, captured in self.captures(message))

    def needs(self, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the questions that would decide it and have not been asked."""
        if self.asks is not None:
            yield from (question for question in self.asks(message, facts) if not message.asked(question))

    def group_needs(self, owner: str, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the same if it has the groups of a field or of its part, ``body`` or ``attachment.name``."""
        if self.captures is not None and f"{owner}.".startswith(f"{self.field}."):
            yield from self.needs(message, facts)


@value(frozen=True, slots=True)
class Group:
    """Conditions that count together: `any`, `all`, `not`, or simply the keys of one table."""

    key: str
    children: tuple[Check, ...]
    fold: Callable[[Iterable[Truth]], Truth]
    check: Decide

    def leaves(self) -> Iterator[Leaf]:
        """Give all conditions in it."""
        for child in self.children:
            yield from child.leaves()

    def trace(self, message: Message, facts: Facts) -> ConditionTrace:
        """Show every child, also those that `check` need not look at."""
        children = tuple(child.trace(message, facts) for child in self.children)
        return ConditionTrace(self.key, "", "", self.fold(child.result for child in children), children)

    def proof(self, message: Message, facts: Facts) -> ConditionTrace:
        """Show the same where it is known to hold; if all have to, each of them does."""
        if self.fold is not all_of:
            return self.trace(message, facts)
        return ConditionTrace(self.key, "", "", TRUE, tuple([child.proof(message, facts) for child in self.children]))

    def found(self, message: Message, facts: Facts) -> Iterator[tuple[str, Element]]:
        """Give what the message matched by; nothing can be found by what is excluded."""
        if self.fold is none_of:
            return
        for child in self.children:
            if child.check(message, facts) is TRUE:
                yield from child.found(message, facts)

    def needs(self, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the questions of children that are still open."""
        for child in self.children:
            if child.check(message, facts) is UNKNOWN:
                yield from child.needs(message, facts)

    def group_needs(self, owner: str, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the questions by which the groups of a field may be found, though the result is known without them."""
        if self.fold is none_of:
            return
        for child in self.children:
            if child.check(message, facts) is not FALSE:
                yield from child.group_needs(owner, message, facts)


Check = Leaf | Group


def conjunction(key: str, children: tuple[Check, ...]) -> Group:
    """Make the group that holds when all children do."""
    checks = tuple(child.check for child in children)
    if len(checks) == 1:
        return Group(key, children, all_of, checks[0])

    def check(message: Message, facts: Facts) -> Truth:
        result = TRUE
        for each in checks:  # not all_of: a generator for each rule and message would cost more than the comparison
            truth = each(message, facts)
            if truth is FALSE:
                return FALSE
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return Group(key, children, all_of, check)


def disjunction(key: str, children: tuple[Check, ...]) -> Group:
    """Make the group that holds when some child does."""
    return Group(key, children, any_of, _some(children))


def exclusion(key: str, children: tuple[Check, ...]) -> Group:
    """Make the group that holds when no child does."""
    some = _some(children)
    return Group(key, children, none_of, lambda message, facts: opposite(some(message, facts)))


def _some(children: tuple[Check, ...]) -> Decide:
    checks = tuple(child.check for child in children)

    def check(message: Message, facts: Facts) -> Truth:
        result = FALSE
        for each in checks:
            truth = each(message, facts)
            if truth is TRUE:
                return TRUE
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return check
