"""The loop over the parts of a message (RFC 5703 §3): what is done if some part is as the tests in it want it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mailrules.sieve.acting import lose
from mailrules.sieve.errors import NOWHERE
from mailrules.sieve.logic import FALSE, Atom, Expression, Operators, Unknown, atoms, conjunction, conjuncts
from mailrules.sieve.state import Script, State

if TYPE_CHECKING:
    from mailrules.sieve.syntax import Command

Run = Callable[[Script, State, "Sequence[Command]"], None]


def loop(script: Script, state: State, command: Command, run: Run) -> None:
    """Run the block once, for any part at all. Raises SieveError."""
    block = [each for each in command.block or () if each.name != "break"]
    if script.in_loop or (len(block) > 1 and any(each.name in {"break", "stop"} for each in _within(command.block))):
        lose(
            script, state, command, "rules ask for any part of a message; they can't go through them one after another"
        )
        return
    first = len(script.events)
    left = len(script.left)
    script.in_loop = True
    run(script, state, [_without_break(each) for each in block])
    script.in_loop = False
    script.events[first:] = [replace(event, guard=_of_one_part(event.guard)) for event in script.events[first:]]
    script.left[left:] = [(over, _of_one_part(guard)) for over, guard in script.left[left:]]
    state.guard = _of_one_part(state.guard)


def _within(commands: Sequence[Command] | None) -> Iterator[Command]:
    for command in commands or ():
        yield command
        yield from _within(command.block)


def _without_break(command: Command) -> Command:
    """Leave out what ends the loop: once something is done for a part, doing it for another changes nothing."""
    if command.block is None:
        return command
    return replace(command, block=tuple(_without_break(each) for each in command.block if each.name != "break"))


def _of_one_part(guard: Expression) -> Expression:
    """Let what is asked of the part in hand hold of one and the same part."""
    table: Operators = {}
    others: list[Expression] = []
    for item in conjuncts(guard):
        if not any(atom.of_part for atom in atoms(item)):
            others.append(item)
            continue
        wanted = item.table["part"] if isinstance(item, Atom) else None
        if not isinstance(wanted, dict) or wanted.keys() & table.keys():
            return conjunction((*others, Unknown(NOWHERE, "rules can't ask all this of one and the same part")))
        table |= wanted
    if FALSE in others:
        return FALSE
    return conjunction((*others, Atom.of({"part": table}))) if table else guard
