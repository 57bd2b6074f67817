"""The tests of variables, the environment, mailboxes, duplicates and of what only a server can know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mailrules.rules.headers import is_field_name
from mailrules.sieve.asking_texts import spelling
from mailrules.sieve.comparison import Comparison, read_comparison
from mailrules.sieve.constants import groups, holds
from mailrules.sieve.events import Lost
from mailrules.sieve.extensions import CARRIED_EXTENSIONS
from mailrules.sieve.grammar import Arguments
from mailrules.sieve.logic import (
    FALSE,
    TRUE,
    Atom,
    Expression,
    Facts,
    Operators,
    Truth,
    Unknown,
    conjunction,
    disjunction,
)
from mailrules.sieve.mailboxes import path_of
from mailrules.sieve.syntax import Strings
from mailrules.sieve.tested import ASKED, Tested, by_case, not_known, split, test
from mailrules.sieve.values import Placeholder, constant, text_of

if TYPE_CHECKING:
    from mailrules.sieve.state import Script, State

_ENVIRONMENT: Final = {"name": "mailrules", "location": "MUA", "phase": "post"}
"""What mailrules is as a place to run Sieve: a client, after delivery (RFC 5183 §4.1)."""
_ENVELOPE: Final = {"to": "match.delivered_to", "from": 'match.address."Return-Path"'}
_ONLY_A_SERVER_KNOWS: Final = {
    "metadata": "annotations of mailboxes (METADATA) are not read",
    "metadataexists": "annotations of mailboxes (METADATA) are not read",
    "servermetadata": "annotations of the server (METADATA) are not read",
    "servermetadataexists": "annotations of the server (METADATA) are not read",
    "mailboxidexists": "mailboxes are known by their names here, not by MAILBOXID",
    "valid_notify_method": "mailrules sends no notifications",
    "notify_method_capability": "mailrules sends no notifications",
    "valid_ext_list": "lists of the server's can't be asked; a table of yours can: [tables.NAME] and `in`",
    "convert": "mailrules does not change messages",
    "execute": "mailrules runs no programs",
}


def _refuse(name: str, reason: str) -> None:
    @test(name)
    def ask(_script: Script, _state: State, arguments: Arguments) -> Tested:
        return not_known(arguments, reason)


for _name, _reason in _ONLY_A_SERVER_KNOWS.items():
    _refuse(_name, _reason)


@test("envelope")
def ask_envelope(_script: Script, _state: State, arguments: Arguments) -> Tested:
    """Say what to ask for instead: servers write the envelope into headers, each in its own way (RFC 5321 §4.4)."""
    parts = {name.lower() for name in arguments.strings(0)}
    instead = " and ".join(_ENVELOPE[part] for part in ("to", "from") if part in parts) or _ENVELOPE["to"]
    reason = "envelope asks with which addresses the message was handed to the server; what the server wrote down of"
    return not_known(arguments, f"{reason} that, rules ask for by {instead}")


@test("true")
def ask_true(_script: Script, _state: State, _arguments: Arguments) -> Tested:
    """Hold."""
    return Tested(TRUE)


@test("false")
def ask_false(_script: Script, _state: State, _arguments: Arguments) -> Tested:
    """Do not hold."""
    return Tested(FALSE)


@test("ihave")
def ask_ihave(script: Script, state: State, arguments: Arguments) -> Tested:
    """Say which extensions rules can do; what a script leaves out without one is said."""
    wanted = arguments.strings(0)
    missing = [name for name in wanted if name.lower() not in CARRIED_EXTENSIONS]
    if missing:
        reason = f"rules have nothing like the extension {missing[0]}, so ihave is false here"
        source = f"ihave {' '.join(wanted)}"
        lost = Lost(state.guard, state.path, arguments.place, state.name, "ihave", reason, source)
        script.events.append(lost)
    return Tested(FALSE if missing else TRUE)


@test("environment")
def ask_environment(script: Script, state: State, arguments: Arguments) -> Tested:
    """Answer for mailrules itself, where it can."""
    comparison = read_comparison(arguments)
    if isinstance(comparison, Unknown):
        return Tested(comparison, comparison)

    def ask(texts: tuple[str, ...]) -> Tested:
        item, *keys = texts
        value = _ENVIRONMENT.get(item.lower())
        if value is None:
            return not_known(arguments, f'the environment\'s "{item}" is something only the server knows')
        return _compared(comparison, value, keys)

    return by_case(script, state, arguments, (arguments.string(0), *arguments.strings(1)), ask)


def _compared(comparison: Comparison, value: str, keys: list[str]) -> Tested:
    if comparison.match == "count":
        one = Comparison(comparison.place, "value", comparison.relation, "i;ascii-numeric")
        return Tested(Truth(holds(one, "1" if value else "0", keys)))
    if not holds(comparison, value, keys):
        return Tested(FALSE)
    found = groups(comparison, value, keys) if comparison.match in {"matches", "regex"} else None
    return Tested(TRUE, None if found is None else tuple(map(constant, found)))


@test("string")
def ask_string(script: Script, state: State, arguments: Arguments) -> Tested:
    """Compare texts of the script; one that is a whole header is asked for as that header (RFC 5229 §5)."""
    comparison = read_comparison(arguments)
    if isinstance(comparison, Unknown):
        return Tested(comparison, comparison)
    sources, keys = arguments.strings(0), arguments.strings(1)
    if len(sources) == 1 and (tested := _ask_whole(script, state, arguments, sources[0])) is not None:
        return tested

    def ask(values: tuple[str, ...]) -> Tested:
        texts, patterns = split(values, len(sources))
        if comparison.match == "count":  # RFC 5229 §5: empty texts do not count
            number = Comparison(comparison.place, "value", comparison.relation, "i;ascii-numeric")
            return Tested(Truth(holds(number, str(sum(map(bool, texts))), patterns)))
        for text in texts:
            tested = _compared(comparison, text, list(patterns))
            if tested.expression == TRUE:
                return tested
        return Tested(FALSE)

    return by_case(script, state, arguments, (*sources, *keys), ask)


def _ask_whole(script: Script, state: State, arguments: Arguments, source: str) -> Tested | None:
    """Ask for a header where a text is all of its first occurrence; None if it is not, in some case."""
    facts = Facts([state.guard])
    found: list[tuple[Expression, Tested]] = []
    for guard, value in script.value(source, state, arguments.place):
        if (condition := facts.simplify(guard)) == FALSE:
            continue
        match value:
            case (Placeholder(whole=(test_name, header)),):
                strings = Strings((header,), is_list=False, place=arguments.place)
                asked = Arguments(arguments.place, arguments.tags, (strings, arguments.positional[1]))
                found.append((condition, ASKED[test_name](script, state, asked)))
            case Unknown():
                return None
            case _ if (text := text_of(value)) is not None:
                comparison = read_comparison(arguments)
                if isinstance(comparison, Unknown):
                    return None
                keys = script.constants(arguments.strings(1), state, arguments.place)
                if isinstance(keys, Unknown) or len(keys) != 1:
                    return None
                found.append((condition, _compared(comparison, text, list(keys[0][1]))))
            case _:
                return None
    if not any(isinstance(tested.expression, Atom) for _, tested in found):
        return None
    if len(found) == 1:
        return found[0][1]
    reason = Unknown(arguments.place, "it captures different things in different cases")
    joined = disjunction(conjunction((condition, tested.expression)) for condition, tested in found)
    return Tested(joined, reason if any(tested.groups is not None for _, tested in found) else None)


@test("mailboxexists")
def ask_mailbox_exists(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask whether all of these mailboxes are there (RFC 5490 §3.1)."""

    def ask(names: tuple[str, ...]) -> Tested:
        paths = [path_of(name) for name in names]
        script.dotted.update((name, path) for name, path in zip(names, paths, strict=True) if "." in name)
        if any(not path.strip() or set(path) & set("*%") for path in paths):
            return not_known(arguments, "this can't be a mailbox's name in rules")
        return Tested(conjunction(Atom.of({"mailbox_exists": path}) for path in paths))

    return by_case(script, state, arguments, arguments.strings(0), ask)


@test("specialuse_exists")
def ask_special_use_exists(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask whether there are mailboxes for all of these uses (RFC 8579 §3)."""
    if len(arguments.positional) > 1:
        return not_known(arguments, "rules can't ask for the use of one mailbox, only whether there is one for it")

    def ask(uses: tuple[str, ...]) -> Tested:
        return Tested(conjunction(Atom.of({"special_use_exists": use}) for use in uses))

    return by_case(script, state, arguments, arguments.strings(0), ask)


@test("duplicate")
def ask_duplicate(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask whether such a message came before (RFC 7352)."""
    seconds = arguments.number("seconds")
    if "uniqueid" in arguments:
        return not_known(arguments, "rules tell duplicates by a header, not by a text of the script (:uniqueid)")
    if seconds is not None and (seconds % 60 or not 0 < seconds <= 365 * 86_400):
        return not_known(arguments, "rules remember messages for whole minutes, up to 365 days")
    header, handle = arguments.text("header"), arguments.text("handle")

    def ask(texts: tuple[str, ...]) -> Tested:
        table: Operators = {}
        if header is not None and texts[0].lower() != "message-id":
            if not is_field_name(texts[0]):
                return Tested(FALSE)
            table["by"] = "subject" if texts[0].lower() == "subject" else f"header.{spelling(texts[0])}"
        if seconds is not None:
            table["within"] = _duration(seconds)
        if handle is not None:
            table["handle"] = texts[-1]
        if "last" in arguments:
            table["since_last"] = True
        return Tested(Atom.of({"duplicate": table or True}))

    texts = tuple(text for text in (header, handle) if text is not None)
    return by_case(script, state, arguments, texts, ask)


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600)):
        if seconds % length == 0:
            return f"{seconds // length} {unit}" if seconds == length else f"{seconds // length} {unit}s"
    return f"{seconds // 60} minute" if seconds == 60 else f"{seconds // 60} minutes"
