"""The test of flags (RFC 5232 §4): those that the script has set so far, and before that those of the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.sieve.comparison import Comparison, read_comparison
from mailrules.sieve.constants import holds
from mailrules.sieve.events import Flag
from mailrules.sieve.flags import can_be, split_flags
from mailrules.sieve.logic import (
    FALSE,
    TRUE,
    Atom,
    Expression,
    Facts,
    Truth,
    Unknown,
    conjunction,
    disjunction,
    negation,
)
from mailrules.sieve.tested import Tested, by_case, test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.state import Script, State


@test("hasflag")
def ask_flags(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for flags."""
    comparison = read_comparison(arguments)
    if isinstance(comparison, Unknown):
        return Tested(comparison)
    if len(arguments.positional) > 1:
        return _ask_variables(script, state, arguments, comparison)

    def ask(texts: tuple[str, ...]) -> Tested:
        return Tested(_present(script, state, comparison, texts))

    return by_case(script, state, arguments, arguments.strings(0), ask)


def _ask_variables(script: Script, state: State, arguments: Arguments, comparison: Comparison) -> Tested:
    names, keys = arguments.strings(0), arguments.strings(1)
    references = tuple(f"${{{name}}}" for name in names)

    def ask(texts: tuple[str, ...]) -> Tested:
        flags = split_flags(texts[: len(names)])
        wanted = texts[len(names) :]
        if comparison.match == "count":
            number = Comparison(comparison.place, "value", comparison.relation, "i;ascii-numeric")
            return Tested(Truth(holds(number, str(len(flags)), wanted)))
        return Tested(Truth(any(holds(comparison, flag, _patterns(comparison, wanted)) for flag in flags)))

    return by_case(script, state, arguments, (*references, *keys), ask)


def _patterns(comparison: Comparison, keys: tuple[str, ...]) -> tuple[str, ...]:
    """A text of flags to look for may hold several, parted by spaces (RFC 5232 §2)."""
    return split_flags(keys) if comparison.match == "is" else keys


def _present(script: Script, state: State, comparison: Comparison, keys: tuple[str, ...]) -> Expression:
    changes = list(_changes(script, state))
    first = conjunction(negation(guard) for guard, event in changes if event.change == "set")
    if comparison.match == "is":
        return disjunction(_state_of(flag, changes) for flag in split_flags(keys))
    if first != FALSE:
        return Unknown(comparison.place, f"rules ask for flags by their whole names, not by :{comparison.match}")
    flags = {flag.lower(): flag for _, event in changes for flag in event.flags}
    if comparison.match == "count":
        states = [_state_of(flag, changes) for flag in flags.values()]
        if not all(isinstance(each, Truth) for each in states):
            return Unknown(comparison.place, "how many flags are set depends on the message")
        number = Comparison(comparison.place, "value", comparison.relation, "i;ascii-numeric")
        return Truth(holds(number, str(states.count(TRUE)), keys))
    return disjunction(_state_of(flag, changes) for flag in flags.values() if holds(comparison, flag, keys))


def _changes(script: Script, state: State) -> Iterator[tuple[Expression, Flag]]:
    """Give the changes so far that this way through the script can have met, each with what else it depends on."""
    facts = Facts([state.guard])
    for event in script.events:
        if isinstance(event, Flag) and script.can_meet(event.path, state.path):
            guard = facts.simplify(event.guard)
            if guard != FALSE:
                yield guard, event


def _state_of(flag: str, changes: list[tuple[Expression, Flag]]) -> Expression:
    """Say when a flag is set after these changes."""
    is_set: Expression = Atom.of({"flags": flag}) if can_be(flag) else FALSE
    for guard, event in changes:
        named = flag.lower() in {each.lower() for each in event.flags}
        match event.change:
            case "add" if named:
                is_set = disjunction((is_set, guard))
            case "remove" if named:
                is_set = conjunction((is_set, negation(guard)))
            case "set":
                kept = conjunction((is_set, negation(guard)))
                is_set = disjunction((kept, guard)) if named else kept
            case _:
                pass
    return is_set
