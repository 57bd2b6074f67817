"""Runs a script over no message in particular: along every way through it, and notes what is done there and when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mailrules.sieve.acting import ACT, Act, lose
from mailrules.sieve.errors import NOWHERE, SieveError
from mailrules.sieve.events import Remark, Stop
from mailrules.sieve.grammar import did_you_mean, read_arguments
from mailrules.sieve.including import include
from mailrules.sieve.logic import FALSE, TRUE, Facts, Unknown, conjunction, negation, unknowns
from mailrules.sieve.looping import loop
from mailrules.sieve.naming import name_from, named
from mailrules.sieve.signatures import COMMANDS
from mailrules.sieve.state import Over
from mailrules.sieve.switched import SPAM_LEFT_OUT, leaves_spam_out, switched_off
from mailrules.sieve.tests import condition_of, under_guard
from mailrules.sieve.values import EMPTY, Cases, under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailrules.sieve.state import Script, State
    from mailrules.sieve.syntax import Command, Test

_MOST_EVENTS: Final = 20_000
_FOREIGN: Final = {
    "expire": 'a message has no end of its own here; a scheduled rule looks at its age: every = "1 day",'
    ' match.age.over = "30 days", then.trash = true',
}
"""What to say of commands that only one provider has."""


def run(script: Script, state: State, commands: Sequence[Command]) -> None:
    """Go through commands, one after another. Raises SieveError."""
    position = 0
    while position < len(commands):
        command = commands[position]
        position += 1
        _check(script, command)
        if not state.path:
            state.name = name_from(command.comments)
        if state.over is not Over.NOT:
            continue  # it is never reached, but what is wrong in it is still wrong
        chain = [command]
        if command.name == "if":
            while position < len(commands) and commands[position].name in {"elsif", "else"}:
                chain.append(commands[position])
                position += 1
                _check(script, chain[-1])
                if chain[-1].name == "else":
                    break
            _run_chain(script, state, chain)
        elif command.name in {"elsif", "else"}:
            raise SieveError(command.place, f"'{command.name}' stands behind no 'if'")
        else:
            _run_command(script, state, command)
        if len(script.events) > _MOST_EVENTS:
            raise SieveError(command.place, "the script does too many different things to be written as rules")


def _check(script: Script, command: Command) -> None:
    signature = COMMANDS.get(command.name)
    if signature is None:
        if not script.free_words:
            message = f"there is no command '{command.name}'{did_you_mean(command.name, COMMANDS)}"
            raise SieveError(command.place, message)
        return
    if signature.block and command.block is None:
        raise SieveError(command.place, f"'{command.name}' needs a block in {{ }} behind it")
    if not signature.block and command.block is not None:
        raise SieveError(command.place, f"'{command.name}' takes no block; a ; ends it")
    read_arguments(command, signature)


def _run_command(script: Script, state: State, command: Command) -> None:
    match command.name:
        case "require":
            pass  # read before everything else
        case "stop":
            script.events.append(Stop(state.guard, state.path, command.place, state.name))
            state.over = Over.SCRIPT
            if any(unknowns(state.guard)):  # else the rule that stops keeps those behind it from running
                script.left.append((Over.SCRIPT, state.guard))
        case "return":
            state.over = Over.INCLUDED
            script.left.append((Over.INCLUDED, state.guard))
        case "foreverypart":
            loop(script, state, command, run)
        case "include":
            include(script, state, command, read_arguments(command, COMMANDS["include"]), run)
        case name:
            signature = COMMANDS.get(name)
            act: Act | None = ACT.get(name)
            if signature is None or act is None:
                lose(script, state, command, _FOREIGN.get(name, f"the command '{name}' is not known"))
            else:
                act(script, state, command, read_arguments(command, signature))


def _run_chain(script: Script, state: State, chain: Sequence[Command]) -> None:
    """Go through an `if` with its `elsif` and `else`: into each branch that some message can take."""
    if switched_off(script, state, chain, run):
        return
    if leaves_spam_out(chain):
        lose(script, state, chain[0], SPAM_LEFT_OUT)
        return
    script.ifs += 1
    number = script.ifs
    name = name_from(chain[0].comments)
    if not state.path:
        script.sources[number] = "\n".join(command.source for command in chain)
    before = state.guard
    current = replace(state, variables=dict(state.variables))
    """The way of the messages that took no branch so far."""
    branches: list[State] = []
    left = len(script.left)
    for index, command in enumerate(chain):
        own = name_from(command.comments) if index else name
        taken = _take(script, current, command, (number, index))
        if taken is not None:
            taken.name = own or name or state.name
            run(script, taken, command.block or ())
            if taken.over is Over.SCRIPT:
                script.over.append(taken.path)
            branches.append(taken)
        if current.guard == FALSE:
            if not any(map(_asks_for_extensions, command.tests)):
                _say_idle(script, current, chain[index + 1 :], f"what line {command.place.line} asks always holds")
            break
    gone = [negation(guard) for _, guard in script.left[left:]]
    _join(state, branches, current)
    state.guard = conjunction((before, Facts([before]).simplify(conjunction(gone))))


def _take(script: Script, current: State, command: Command, step: tuple[int, int]) -> State | None:
    """Give the way into a branch, None if no message takes it; and let `current` go past it."""
    number, index = step
    if command.name == "else":
        branch = current.branch(number, index, current.guard, current.groups)
        current.guard = FALSE
        return branch
    said = len(script.events)
    tested = under_guard(current, condition_of(script, current, command.tests[0]))
    if tested.expression == FALSE and len(script.events) == said and not _asks_for_extensions(command.tests[0]):
        _say_idle(script, current, [command], "its condition never holds")
    guard = conjunction((current.guard, tested.expression))
    branch = current.branch(number, index, guard, current.groups if tested.groups is None else tested.groups)
    current.guard = conjunction((current.guard, negation(tested.expression)))
    if tested.groups is not None and command.tests[0].name in {"allof", "anyof", "not"}:
        current.groups = Unknown(command.place, "a test that did not hold as a whole may have captured something")
    return None if guard == FALSE else branch


def _asks_for_extensions(test: Test) -> bool:
    """Tell whether a test is about the server, so that nobody wonders why a branch never runs."""
    return test.name == "ihave" or any(map(_asks_for_extensions, test.tests))


def _say_idle(script: Script, state: State, commands: Sequence[Command], reason: str) -> None:
    """Say that nothing in some branches is ever done."""
    for command in commands:
        if command.block:
            path = (*state.path, (script.ifs, 0))
            subject = named(state.name) if state.name and not state.path else "this"
            text = f"{subject} never runs: {reason}"
            script.events.append(Remark(TRUE, path, command.place, state.name, text, command.source))


def _join(state: State, branches: Sequence[State], rest: State) -> None:
    """Go on behind an `if`, with what each branch made of the variables."""
    ends = [branch for branch in branches if branch.over is Over.NOT]
    if rest.guard != FALSE:
        ends.append(rest)
    if not ends:
        over = {branch.over for branch in branches}
        state.over = Over.INCLUDED if Over.INCLUDED in over else Over.SCRIPT
        return
    names = {name for end in ends for name in end.variables}
    state.variables = {name: _joined([end.variables.get(name, EMPTY) for end in ends], ends) for name in names}
    if any(end.groups is not state.groups for end in ends):
        same = all(end.groups is ends[0].groups for end in ends)
        lost = Unknown(NOWHERE, "which test captured something last depends on the message")
        state.groups = ends[0].groups if same else lost


def _joined(values: Sequence[Cases], ends: Sequence[State]) -> Cases:
    """Give a variable's value where several ways come together again."""
    if all(value == values[0] for value in values):
        return values[0]
    return tuple(case for value, end in zip(values, ends, strict=True) for case in under(end.guard, value))
