"""The commands that do something with a message, or with a variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from mailrules.sieve.events import Discard, File, Flag, Keep, Lost
from mailrules.sieve.flags import split_flags
from mailrules.sieve.grammar import MODIFIERS
from mailrules.sieve.logic import FALSE, TRUE, Atom, Expression, Facts, Unknown, conjunction, negation
from mailrules.sieve.mailboxes import literal, path_of, value_path, why_no_path
from mailrules.sieve.values import Cases, Value, modified, shown, text_of, under

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.state import Script, State
    from mailrules.sieve.syntax import Command

Act = Callable[["Script", "State", "Command", "Arguments"], None]

ACT: dict[str, Act] = {}
"""By the name of the command."""

_NOT_FOR_CLIENTS: Final = {
    "redirect": "mailrules sends no mail, so it forwards none; the message stays",
    "reject": "the message has been accepted long before mailrules sees it; it stays",
    "ereject": "the message has been accepted long before mailrules sees it; it stays",
    "vacation": "mailrules sends no mail, so it answers none",
    "notify": "mailrules sends no notifications",
    "denotify": "mailrules sends no notifications",
    "error": "a rule can't end the script with an error; the message stays",
    "extracttext": "text of a part can't be kept in a variable",
    "replace": "mailrules does not change messages",
    "enclose": "mailrules does not change messages",
    "convert": "mailrules does not change messages",
    "pipe": "mailrules runs no programs",
    "filter": "mailrules runs no programs",
    "execute": "mailrules runs no programs",
    "report": "mailrules sends no mail",
}


def _action(name: str) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        ACT[name] = act
        return act

    return register


def lose(script: Script, state: State, command: Command, reason: str) -> None:
    """Note what no rule can do."""
    lost = Lost(state.guard, state.path, command.place, state.name, command.name, reason, command.source)
    script.events.append(lost)


def _refuse(name: str, reason: str) -> None:
    @_action(name)
    def act(script: Script, state: State, command: Command, _arguments: Arguments) -> None:
        lose(script, state, command, reason)


for _name, _reason in _NOT_FOR_CLIENTS.items():
    _refuse(_name, _reason)


@_action("break")
def break_outside(script: Script, state: State, command: Command, _arguments: Arguments) -> None:
    """Say that it stands in no loop, or in one that could not be carried over."""
    lose(script, state, command, "there is no loop here that it could end")


@_action("import")
@_action("export")
@_action("debug_log")
def do_nothing(_script: Script, _state: State, _command: Command, _arguments: Arguments) -> None:
    """Do nothing: it changes nothing for the message."""


@_action("keep")
def keep(script: Script, state: State, command: Command, arguments: Arguments) -> None:
    """Keep the message in the inbox."""
    for guard, flags in _flags(script, state, command, arguments):
        script.events.append(Keep(guard, state.path, command.place, state.name, flags))


@_action("discard")
def discard(script: Script, state: State, command: Command, _arguments: Arguments) -> None:
    """Keep the message nowhere."""
    script.events.append(Discard(state.guard, state.path, command.place, state.name))


@_action("fileinto")
def fileinto(script: Script, state: State, command: Command, arguments: Arguments) -> None:
    """Put the message into a mailbox."""
    place = command.place
    if "mailboxid" in arguments:
        lose(script, state, command, "mailboxes are known by their names here, so :mailboxid is not looked at")
    mailboxes = script.value(arguments.string(0), state, place)
    for guard, flags in _flags(script, state, command, arguments):
        facts = Facts([guard] if len(mailboxes) > 1 else [])
        for condition, value in mailboxes:
            both = conjunction((guard, facts.simplify(condition)))
            if both == FALSE:
                continue
            if isinstance(value, Unknown):
                lost = Lost(both, state.path, place, state.name, command.name, value.reason, command.source)
                script.events.append(lost)
            else:
                _file(script, state, command, arguments, (both, value, flags))


def _file(
    script: Script,
    state: State,
    command: Command,
    arguments: Arguments,
    filed: tuple[Expression, Value, tuple[str, ...] | None],
) -> None:
    guard, value, flags = filed
    place, is_copy = command.place, "copy" in arguments
    text = text_of(value)
    use = arguments.text("specialuse")
    if use is not None:
        there = Atom.of({"special_use_exists": use})
        target: Value = (use,)
        yes = conjunction((guard, Facts([guard]).simplify(there)))
        script.events.append(File(yes, state.path, place, state.name, target, is_copy, flags))
        guard = conjunction((guard, Facts([guard]).simplify(negation(there))))
    if guard == FALSE:
        return
    path = None if text is None else path_of(text)
    if path == "INBOX":
        script.events.append(Keep(guard, state.path, place, state.name, flags, is_copy))
        return
    written = value_path(value) if path is None else (literal(path),)
    problem = None if path is None else why_no_path(path)
    if any("." in piece for piece in value if isinstance(piece, str)):
        script.dotted[shown(value)] = shown(written)
    if problem is not None:
        script.events.append(Lost(guard, state.path, place, state.name, command.name, problem, command.source))
        return
    script.events.append(File(guard, state.path, place, state.name, written, is_copy, flags))


def _flags(
    script: Script, state: State, command: Command, arguments: Arguments
) -> Iterator[tuple[Expression, tuple[str, ...] | None]]:
    """Give the flags that a command files with, case by case; None where it says nothing about them."""
    texts = arguments.texts("flags")
    if texts is None:
        yield state.guard, None
        return
    cases = script.constants(texts, state, command.place)
    if isinstance(cases, Unknown):
        lose(script, state, command, f"its flags can't be known: {cases.reason}")
        yield state.guard, None
        return
    for guard, values in cases:
        yield conjunction((state.guard, guard)), split_flags(values)


def _change_flags(name: Literal["set", "add", "remove"]) -> None:
    @_action(f"{name}flag")
    def act(script: Script, state: State, command: Command, arguments: Arguments) -> None:
        cases = script.constants(arguments.strings(-1), state, command.place)
        if isinstance(cases, Unknown):
            lose(script, state, command, cases.reason)
            return
        for guard, values in cases:
            both = conjunction((state.guard, guard))
            if len(arguments.positional) > 1:
                _change_variable(script, state, arguments.string(0).lower(), name, split_flags(values))
            else:
                place = command.place
                script.events.append(Flag(both, state.path, place, state.name, name, split_flags(values)))


_change_flags("set")
_change_flags("add")
_change_flags("remove")


def _change_variable(script: Script, state: State, variable: str, change: str, flags: tuple[str, ...]) -> None:
    """Change flags that are kept in a variable (RFC 5232 §3)."""
    cases: list[tuple[Expression, Value | Unknown]] = []
    for guard, value in state.variables.get(variable, ((TRUE, ()),)):
        text = None if isinstance(value, Unknown) else text_of(value)
        if text is None:
            cases.append((guard, value))
            continue
        present = () if change == "set" else split_flags((text,))
        gone = {flag.lower() for flag in flags} if change == "remove" else set()
        kept = [flag for flag in present if flag.lower() not in gone]
        after = split_flags([*kept, *(() if change == "remove" else flags)])
        cases.append((guard, (" ".join(after),) if after else ()))
    _assign(script, state, variable, tuple(cases))


@_action("set")
def set_variable(script: Script, state: State, command: Command, arguments: Arguments) -> None:
    """Give a variable its value."""
    place = command.place
    name = arguments.string(0).lower()
    cases = modified(script.value(arguments.string(1), state, place), [m for m in MODIFIERS if m in arguments], place)
    _assign(script, state, name, under_facts(state, cases))


def under_facts(state: State, cases: Cases) -> Cases:
    """Leave out the cases that can't be here."""
    facts = Facts([state.guard])
    return tuple((guard, value) for given, value in cases if (guard := facts.simplify(given)) != FALSE)


def _assign(script: Script, state: State, name: str, cases: Cases) -> None:
    if name.startswith("global.") or name in script.shared:
        name = name.removeprefix("global.")
        elsewhere = [] if state.guard == TRUE else under(negation(state.guard), script.shared.get(name, ((TRUE, ()),)))
        script.shared[name] = (*under(state.guard, cases), *elsewhere)
    state.variables[name] = cases


@_action("global")
def declare_global(script: Script, state: State, _command: Command, arguments: Arguments) -> None:
    """Share variables with the scripts that are included (RFC 6609 §3.4.1)."""
    for name in arguments.strings(0):
        script.shared.setdefault(name.lower(), state.variables.get(name.lower(), ((TRUE, ()),)))
        state.variables[name.lower()] = script.shared[name.lower()]


@_action("addheader")
def add_header(script: Script, state: State, command: Command, arguments: Arguments) -> None:
    """Note that a header is not as the message came any more."""
    script.edited.add(arguments.string(0).lower())
    lose(script, state, command, "mailrules does not change messages")


@_action("deleteheader")
def delete_header(script: Script, state: State, command: Command, arguments: Arguments) -> None:
    """Note that a header is not as the message came any more."""
    script.edited.add(arguments.string(0).lower())
    lose(script, state, command, "mailrules does not change messages")


@_action("mark")
def mark(script: Script, state: State, command: Command, _arguments: Arguments) -> None:
    """Flag the message, as the draft before RFC 5232 had it."""
    script.events.append(Flag(state.guard, state.path, command.place, state.name, "add", (r"\Flagged",)))


@_action("unmark")
def unmark(script: Script, state: State, command: Command, _arguments: Arguments) -> None:
    """Take the flag away."""
    script.events.append(Flag(state.guard, state.path, command.place, state.name, "remove", (r"\Flagged",)))
