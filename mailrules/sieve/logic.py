"""Conditions as a script combines them: and, or, not over single questions; negations stand at the questions alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Final

from mailrules.sieve.alternatives import Operators, Toml, merged
from mailrules.sieve.errors import Place
from mailrules.values import value

__all__ = ["Operators", "Toml"]


@value(frozen=True, slots=True)
class Truth:
    """What is so for every message."""

    value: bool


@value(frozen=True, slots=True)
class Atom:
    """One condition of the rule language; two are the same if they say the same."""

    key: str
    table: Operators = field(compare=False)
    """As in `match`: ``{"subject": {"contains": ["x"]}}``."""
    of_part: bool = field(default=False, compare=False)
    """Whether it is about the part that a `foreverypart` is at."""

    @classmethod
    def of(cls, table: Operators, *, of_part: bool = False) -> Atom:
        """Make one of a table as in `match`."""
        return cls(json.dumps(table, sort_keys=True), table, of_part)

    def __hash__(self) -> int:
        return hash(self.key)


@value(frozen=True, slots=True)
class Not:
    """The opposite of one atom."""

    atom: Atom

    def __hash__(self) -> int:
        return ~hash(self.atom.key)


@value(frozen=True, slots=True)
class And:
    """All of several; none of them is an `And`."""

    items: tuple[Expression, ...]


@value(frozen=True, slots=True)
class Or:
    """One of several; none of them is an `Or`."""

    items: tuple[Expression, ...]


@value(frozen=True, slots=True)
class Unknown:
    """What no rule can ask; so is its opposite."""

    place: Place
    reason: str


Expression = Truth | Atom | Not | And | Or | Unknown

TRUE, FALSE = Truth(value=True), Truth(value=False)


def negation(expression: Expression) -> Expression:
    """Turn it round."""
    match expression:
        case Truth(value=value):
            return FALSE if value else TRUE
        case Atom():
            return Not(expression)
        case Not(atom=atom):
            return atom
        case And(items=items):
            return disjunction(map(negation, items))
        case Or(items=items):
            return conjunction(map(negation, items))
        case Unknown():
            return expression


def conjunction(expressions: Iterable[Expression]) -> Expression:
    """Join by and."""
    first: tuple[Expression, ...] = ()
    match [expression for expression in expressions if expression is not TRUE]:
        case [single]:
            return single
        case [And(items=first), *rest]:
            pass  # it may be long, as for the last of many `elsif`, and nothing in it contradicts the rest of it
        case rest:
            pass
    items: dict[Expression, None] = dict.fromkeys(first)
    for expression in rest:
        for item in expression.items if isinstance(expression, And) else (expression,):
            if item == FALSE or (isinstance(item, Atom | Not) and negation(item) in items):
                return FALSE
            if item != TRUE:
                items[item] = None
    return _joined(And, tuple(items), TRUE)


def disjunction(expressions: Iterable[Expression]) -> Expression:
    """Join by or."""
    items: dict[Expression, None] = {}
    for expression in expressions:
        for item in expression.items if isinstance(expression, Or) else (expression,):
            if item == TRUE or (isinstance(item, Atom | Not) and negation(item) in items):
                return TRUE
            if item != FALSE:
                items[item] = None
    return _joined(Or, tuple(items), FALSE)


def _joined(join: type[And | Or], items: tuple[Expression, ...], empty: Truth) -> Expression:
    match items:
        case ():
            return empty
        case (single,):
            return single
        case _:
            return join(items)


def conjuncts(expression: Expression) -> tuple[Expression, ...]:
    """Give what all has to hold."""
    match expression:
        case And(items=items):
            return items
        case Truth(value=True):
            return ()
        case _:
            return (expression,)


class Facts:
    """What is known to hold."""

    def __init__(self, expressions: Iterable[Expression] = ()) -> None:
        self._known: set[Expression] = set()
        self._choices: dict[Expression, list[Or]] = {}
        """What is known to hold one way or another, by each way."""
        for expression in expressions:
            self.learn(expression)

    def learn(self, expression: Expression) -> None:
        """Take in that it holds."""
        items = conjuncts(self.simplify(expression))
        self._known.update(item for item in items if not isinstance(item, Unknown))  # its opposite looks the same
        for choice in [item for item in items if isinstance(item, Or)]:
            for way in choice.items:
                self._choices.setdefault(way, []).append(choice)

    def without_implied(self, expression: Expression) -> Expression:
        """Leave out what is known to hold wherever the rest holds."""
        simple = self.simplify(expression)
        if self._choices.keys().isdisjoint(conjuncts(simple)):
            return simple
        items = list(conjuncts(simple))
        for item in tuple(items):
            rest = Facts(other for other in items if other is not item) if item in self._choices else None
            if rest is not None and any(rest.simplify(choice) == item for choice in self._choices[item]):
                items.remove(item)
        return conjunction(items)

    def simplify(self, expression: Expression) -> Expression:
        """Leave out what is known."""
        match expression:
            case And():
                return self._and(expression)
            case _ if expression in self._known:
                return TRUE
            case Atom() | Not():
                return FALSE if negation(expression) in self._known else expression
            case Or(items=items):
                if negation(expression) in self._known:
                    return FALSE
                return disjunction(map(self.simplify, items))
            case _:
                return expression

    def _and(self, joined: And) -> Expression:
        """Simplify each; what is simple among them is known for the others."""
        items = joined.items
        is_simple = all(isinstance(item, Atom | Not) for item in items)
        if is_simple and not self._known:
            return joined
        if Truth(value=False) in (simple := [self.simplify(item) for item in items]):
            return FALSE
        single = Facts()
        single._known = {item for item in simple if isinstance(item, Atom | Not)}
        if not single._known or is_simple:
            return conjunction(simple)
        return conjunction(item if isinstance(item, Atom | Not) else single.simplify(item) for item in simple)


def at_most(expression: Expression) -> Expression:
    """Take what can't be asked for true: give what holds at least wherever the expression might."""
    match expression:
        case Unknown():
            return TRUE
        case And(items=items):
            return conjunction(map(at_most, items))
        case Or(items=items):
            return disjunction(map(at_most, items))
        case _:
            return expression


def unknowns(expression: Expression) -> Iterator[Unknown]:
    """Give what in it no rule can ask."""
    match expression:
        case Unknown():
            yield expression
        case And(items=items) | Or(items=items):
            for item in items:
                yield from unknowns(item)


def atoms(expression: Expression) -> Iterator[Atom]:
    """Give the atoms in it, negated ones too."""
    match expression:
        case Atom():
            yield expression
        case Not(atom=atom):
            yield atom
        case And(items=items) | Or(items=items):
            for item in items:
                yield from atoms(item)


def as_match(expression: Expression) -> Mapping[str, Toml]:
    """Write a condition as the table of `match`; what is true for every message is an empty one."""
    table: dict[str, Toml] = {}
    rest = [item for item in conjuncts(expression) if not _add(table, item)]
    if rest:
        table["all"] = [dict(as_match(item)) for item in rest]
    return table


def _add(table: dict[str, Toml], item: Expression) -> bool:
    """Put one condition among the keys; false if its key is taken."""
    match item:
        case Atom(table=wanted):
            return _merge(table, wanted)
        case Not(atom=atom):
            absent = _absent(atom.table)
            return _merge(table, absent) if absent else _exclude(table, atom.table)
        case Or(items=items) if all(isinstance(each, Not) and not _absent(each.atom.table) for each in items):
            joint = conjunction(map(negation, items))
            return _exclude(table, {"all": [dict(as_match(each)) for each in conjuncts(joint)]})
        case Or(items=items) if "any" not in table:
            alternatives = merged([dict(as_match(each)) for each in items])
            if len(alternatives) == 1:
                return len(alternatives[0]) == 1 and _merge(table, alternatives[0])
            table["any"] = [*alternatives]
            return True
        case _:
            return False


_BY_NAME: Final = ("header", "address", "date")
"""The keys below which stand names of headers, each of which counts by itself."""


def _merge(table: dict[str, Toml], wanted: Operators) -> bool:
    """Add an atom's keys; header fields of different names share a key."""
    ((key, value),) = wanted.items()
    present = table.get(key)
    if key in _BY_NAME and isinstance(present, dict) and isinstance(value, dict) and not present.keys() & value.keys():
        table[key] = present | value
        return True
    if key in table:
        return False
    table[key] = value
    return True


def _absent(wanted: Operators) -> Operators:
    """Write that there is no such header, if it is that; else give nothing."""
    ((key, value),) = wanted.items()
    if key == "header" and isinstance(value, dict):
        absent = _absent(value)
        return {key: absent} if absent else {}
    return {key: {"exists": False}} if value == {"exists": True} else {}


def _exclude(table: dict[str, Toml], wanted: Operators) -> bool:
    """Add a key under `not`, where each excludes by itself."""
    excluded = table.setdefault("not", {})
    return isinstance(excluded, dict) and _merge(excluded, wanted)
