"""Other scripts that a script includes (RFC 6609): read in place, if they are at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from mailrules.sieve.acting import lose
from mailrules.sieve.errors import SieveError
from mailrules.sieve.logic import Facts, conjunction, negation
from mailrules.sieve.parser import parse
from mailrules.sieve.requiring import requirements
from mailrules.sieve.state import Over, Script, State
from mailrules.sieve.values import uses_captures

if TYPE_CHECKING:
    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.syntax import Command

Run = Callable[[Script, State, "Sequence[Command]"], None]

_DEEPEST: Final = 10


def include(script: Script, state: State, command: Command, arguments: Arguments, run: Run) -> None:
    """Run an included script where it is included. Raises SieveError."""
    name = arguments.string(0)
    text = script.look_up(name)
    if name in script.included:
        raise SieveError(command.place, f"the script '{name}' includes itself")
    if len(script.included) >= _DEEPEST:
        raise SieveError(command.place, f"scripts include each other more than {_DEEPEST} deep")
    if "once" in arguments and name in script.once:
        return
    script.once.add(name)
    if text is None:
        if "optional" not in arguments:
            reason = f"there is no script {name}.sieve beside this one: what it does is missing here"
            lose(script, state, command, reason)
        return
    script.captures = script.captures or uses_captures(text)
    _run_included(script, state, parse(text, f"{name}.sieve"), name, run)


def _run_included(script: Script, state: State, commands: Sequence[Command], name: str, run: Run) -> None:
    outer, left = script.required, len(script.left)
    own = State(guard=state.guard, path=state.path, groups=state.groups, name=state.name)
    own.variables = dict(script.shared)
    script.required = requirements(commands)
    script.included = (*script.included, name)
    run(script, own, commands)
    script.included = script.included[:-1]
    script.required = outer
    state.variables |= {name: value for name, value in script.shared.items() if name in state.variables}
    state.over = Over.SCRIPT if own.over is Over.SCRIPT else Over.NOT
    stopped = [entry for entry in script.left[left:] if entry[0] is Over.SCRIPT]
    script.left[left:] = stopped
    gone = conjunction(negation(guard) for _, guard in stopped)
    state.guard = conjunction((state.guard, Facts([state.guard]).simplify(gone)))
