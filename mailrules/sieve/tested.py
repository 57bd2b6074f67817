"""What a test of a script comes to, and the register of the tests that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mailrules.sieve.logic import Atom, Expression, Operators, Unknown, conjunction, disjunction
from mailrules.sieve.values import Cases
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.sieve.comparison import Wanted
    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.state import Script, State


@value(frozen=True, slots=True)
class Tested:
    """A test as a condition."""

    expression: Expression
    groups: tuple[Cases, ...] | Unknown | None = None
    """The match variables where it holds; None if it leaves them as they were."""


AskTest = Callable[["Script", "State", "Arguments"], Tested]

ASKED: dict[str, AskTest] = {}
"""By the name of the test."""


def test(name: str) -> Callable[[AskTest], AskTest]:
    """Register how a test is asked."""

    def register(ask: AskTest) -> AskTest:
        ASKED[name] = ask
        return ask

    return register


def not_known(arguments: Arguments, reason: str) -> Tested:
    """Say that no rule can ask it."""
    unknown = Unknown(arguments.place, reason)
    return Tested(unknown, unknown)


def any_of(build: Callable[[Operators], Operators], wanted: Wanted, extra: Operators) -> Expression:
    """Make a condition of operators, any of which is enough."""
    return disjunction(Atom.of(build(alternative | extra)) for alternative in wanted.alternatives)


def by_case(
    script: Script,
    state: State,
    arguments: Arguments,
    texts: tuple[str, ...],
    ask: Callable[[tuple[str, ...]], Tested],
) -> Tested:
    """Ask with each of the values that texts of the script can have; usually that is one."""
    cases = script.constants(texts, state, arguments.place)
    if isinstance(cases, Unknown):
        return Tested(cases, cases)
    answers = [(guard, ask(values)) for guard, values in cases]
    if len(answers) == 1:
        return answers[0][1]
    expression = disjunction(conjunction((guard, answer.expression)) for guard, answer in answers)
    captured = any(answer.groups is not None for _, answer in answers)
    reason = "it captures different things in different cases"
    return Tested(expression, Unknown(arguments.place, reason) if captured else None)


def split(texts: Iterable[str], first: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part a list in two again."""
    every = tuple(texts)
    return every[:first], every[first:]
