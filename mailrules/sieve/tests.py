"""Reads a script's tests as conditions: each by itself, and what `allof`, `anyof` and `not` make of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailrules.sieve import asking_dates, asking_flags, asking_others, asking_parts, asking_texts
from mailrules.sieve.errors import SieveError
from mailrules.sieve.grammar import did_you_mean, read_arguments
from mailrules.sieve.logic import FALSE, TRUE, Facts, Unknown, conjunction, disjunction, negation
from mailrules.sieve.signatures import TESTS
from mailrules.sieve.tested import ASKED, Tested

if TYPE_CHECKING:
    from mailrules.sieve.state import Script, State
    from mailrules.sieve.syntax import Test

__all__ = ["asking_dates", "asking_flags", "asking_others", "asking_parts", "asking_texts", "condition_of"]


def condition_of(script: Script, state: State, test: Test) -> Tested:
    """Read a test. Raises SieveError."""
    signature = TESTS.get(test.name)
    if signature is None:
        if script.free_words:
            return Tested(Unknown(test.place, f"the test '{test.name}' is not known"))
        raise SieveError(test.place, f"there is no test '{test.name}'{did_you_mean(test.name, TESTS)}")
    arguments = read_arguments(test, signature)
    match test.name:
        case "not":
            return _opposite(script, state, test)
        case "allof":
            return _all(script, state, test)
        case "anyof":
            return _any(script, state, test)
        case _:
            return ASKED[test.name](script, state, arguments)


def _opposite(script: Script, state: State, test: Test) -> Tested:
    tested = condition_of(script, state, test.tests[0])
    unset = Unknown(test.place, "it may capture something or not")
    single = test.tests[0].name not in {"allof", "anyof", "not"}
    # A single test that fails leaves the match variables as they were (RFC 5229 §3.2).
    return Tested(negation(tested.expression), None if tested.groups is None or single else unset)


def _all(script: Script, state: State, test: Test) -> Tested:
    """All hold, so that the last one that captures something decides; each sees what those before it captured."""
    current = state
    expressions = []
    groups = None
    for each in test.tests:
        tested = condition_of(script, current, each)
        expressions.append(tested.expression)
        if tested.groups is not None:
            groups = tested.groups
            current = replace(current, groups=groups)
    return Tested(conjunction(expressions), groups)


def _any(script: Script, state: State, test: Test) -> Tested:
    answers = [condition_of(script, state, each) for each in test.tests]
    expression = disjunction(answer.expression for answer in answers)
    possible = [answer for answer in answers if answer.expression != FALSE]
    if all(answer.groups is None for answer in answers):
        return Tested(expression)
    if possible and possible[0].expression == TRUE:
        return Tested(expression, possible[0].groups)
    if len(possible) == 1:
        return Tested(expression, possible[0].groups)
    return Tested(expression, Unknown(test.place, "which of several tests captures something depends on the message"))


def under_guard(state: State, tested: Tested) -> Tested:
    """Leave out of a condition what is known where the test stands."""
    return replace(tested, expression=Facts([state.guard]).simplify(tested.expression))
