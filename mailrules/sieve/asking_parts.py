"""The tests of what a message holds: its body (RFC 5173), and the headers of its MIME parts (RFC 5703)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mailrules.rules.headers import is_field_name
from mailrules.sieve.asking_texts import ask_address, ask_exists, ask_header, spelling
from mailrules.sieve.comparison import Comparison, Wanted, read_comparison, wanted_of_text
from mailrules.sieve.events import Remark
from mailrules.sieve.logic import FALSE, TRUE, Atom, Expression, Operators, Unknown, conjunction, disjunction
from mailrules.sieve.tested import Tested, by_case, not_known, split, test

if TYPE_CHECKING:
    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.state import Script, State

_FILE_NAMES: Final = {("content-disposition", "filename"), ("content-type", "name")}
_SCANNERS: Final = (
    "the server has a measure of its own for this; what scanners write into headers, rules ask for by match.spam,"
    " match.spam.score and match.virus"
)


@test("spamtest")
def ask_spam(_script: Script, _state: State, arguments: Arguments) -> Tested:
    """Say what to ask for instead."""
    return not_known(arguments, _SCANNERS)


@test("virustest")
def ask_virus(_script: Script, _state: State, arguments: Arguments) -> Tested:
    """Say what to ask for instead."""
    return not_known(arguments, _SCANNERS)


@test("body")
def ask_body(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for the text of the message."""
    comparison = read_comparison(arguments)
    if isinstance(comparison, Unknown):
        return Tested(comparison)
    if comparison.match not in {"is", "contains", "matches", "regex"} or comparison.numeric:
        return not_known(arguments, f"rules can't look at a body by :{comparison.match}")
    types = arguments.texts("content")
    keys = arguments.strings(0)

    def ask(values: tuple[str, ...]) -> Tested:
        chosen, patterns = split(values, len(types or ()))
        of = _chosen(arguments, None if types is None else chosen)
        for type_ in chosen:
            if not _content_type(type_):
                reason = f':content "{type_}" fits no part; a main type alone, as in "text", fits all of its kind'
                script.events.append(Remark(TRUE, (*state.path, (0, 0)), arguments.place, state.name, reason))
        if of == []:
            return Tested(FALSE)
        wanted = wanted_of_text(comparison, patterns, captures=False)
        if isinstance(wanted, Unknown):
            return Tested(wanted)
        extra: Operators = {} if of is None else {"of": of if isinstance(of, str) else list(of)}
        return Tested(
            disjunction(Atom.of({"body": _over_lines(alternative) | extra}) for alternative in wanted.alternatives)
        )

    return by_case(script, state, arguments, (*(types or ()), *keys), ask)


def _chosen(arguments: Arguments, types: tuple[str, ...] | None) -> str | list[str] | None:
    """Give what is looked at, None for the text that people read."""
    if "raw" in arguments:
        return "raw"
    if types is None:
        return None
    written = [_content_type(each) for each in types]
    known = [each for each in dict.fromkeys(written) if each]
    return known[0] if len(known) == 1 else known


def _content_type(written: str) -> str:
    """Read a type, a type with its subtype, or nothing for all of them (RFC 5173 §5.2); what is wrong fits nothing."""
    main, slash, sub = written.partition("/")
    if not written:
        return "*"
    if not main or (slash and not sub) or "/" in sub or set(written) & set("*? "):
        return ""
    return written.lower() if slash else f"{main.lower()}/*"


def _over_lines(operators: Operators) -> Operators:
    """Let the dot of a regular expression stand for the end of a line too, as POSIX has it."""
    regexes = operators.get("regex")
    if regexes is None:
        return operators
    every = regexes if isinstance(regexes, list) else [regexes]
    written = [f"(?s){regex}" for regex in every]
    return operators | {"regex": written[0] if len(written) == 1 else list(written)}


def is_of_parts(script: Script, arguments: Arguments) -> bool:
    """Tell whether a test is about MIME parts and not about the message's own header."""
    options = arguments.one_of("type", "subtype", "contenttype", "param")
    return "mime" in arguments and (script.in_loop or "anychild" in arguments or options is not None)


@test("header")
def ask_header_or_part(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for header fields of the message, or of its parts."""
    if not is_of_parts(script, arguments):
        return ask_header(script, state, arguments)
    comparison = read_comparison(arguments)
    if isinstance(comparison, Unknown):
        return Tested(comparison, comparison)
    if comparison.match in {"count", "value"} or "index" in arguments or (script.in_loop and "anychild" in arguments):
        return not_known(arguments, "rules can't ask this of the parts of a message")
    if not script.in_loop and "anychild" not in arguments:
        return not_known(arguments, "rules ask this of any part of a message, not of the first alone")
    names, keys = arguments.strings(0), arguments.strings(1)
    parameters = arguments.texts("param") or ()

    def ask(values: tuple[str, ...]) -> Tested:
        headers, rest = split(values, len(names))
        wanted_parameters, patterns = split(rest, len(parameters))
        wanted = wanted_of_text(comparison, patterns, captures=False)
        if isinstance(wanted, Unknown):
            return Tested(wanted, wanted)
        expression = _part_condition(script, arguments, comparison, (headers, wanted_parameters), wanted)
        captured = comparison.match in {"matches", "regex"}
        reason = Unknown(comparison.place, "what is captured of a part can't stand in a mailbox's name")
        return Tested(expression, reason if captured else None)

    return by_case(script, state, arguments, (*names, *parameters, *keys), ask)


def _part_condition(
    script: Script,
    arguments: Arguments,
    comparison: Comparison,
    look: tuple[tuple[str, ...], tuple[str, ...]],
    wanted: Wanted,
) -> Expression:
    headers, parameters = look
    option = arguments.one_of("type", "subtype", "contenttype", "param")
    lowered = {header.lower() for header in headers}
    atom = partial(_atom, script)
    match option:
        case None:
            names = [name for name in dict.fromkeys(headers) if is_field_name(name)]
            return disjunction(
                atom({"header": {spelling(name): each}}) for name in names for each in wanted.alternatives
            )
        case "contenttype" if lowered == {"content-type"}:
            return disjunction(atom({"type": each}) for each in wanted.alternatives)
        case "contenttype" | "type" if lowered == {"content-disposition"}:
            return disjunction(atom({"disposition": each}) for each in wanted.alternatives)
        case "type" | "subtype" if lowered == {"content-type"} and comparison.match == "is":
            return _half_of_type(script, option, wanted)
        case "param" if lowered <= {"content-type", "content-disposition"}:
            return _parameter(script, arguments, (lowered, {each.lower() for each in parameters}), wanted)
        case _:
            return Unknown(comparison.place, f"rules can't ask for :{option} of this header")


def _half_of_type(script: Script, option: str, wanted: Wanted) -> Expression:
    """Ask for a type or a subtype alone."""
    found: list[Expression] = []
    for alternative in wanted.alternatives:
        value = alternative.get("is")
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                pattern = f"{each}/*" if option == "type" else f"*/{each}"
                found.append(_atom(script, {"type": pattern}))
    return disjunction(found)


def _parameter(script: Script, arguments: Arguments, look: tuple[set[str], set[str]], wanted: Wanted) -> Expression:
    """Ask for parameters: a file's name wherever it is written, and the charset."""
    headers, parameters = look
    if parameters == {"charset"} and headers == {"content-type"}:
        return disjunction(_atom(script, {"charset": each}) for each in wanted.alternatives)
    if any(header == of and name in parameters for of, name in _FILE_NAMES for header in headers):
        return disjunction(_atom(script, {"name": each}) for each in wanted.alternatives)
    shown = ", ".join(sorted(parameters))
    return Unknown(arguments.place, f"rules can't ask for the parameter {shown} of a part's header")


def _atom(script: Script, operators: Operators) -> Atom:
    return Atom.of({"part": operators}, of_part=script.in_loop)


@test("exists")
def ask_exists_in_part(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask whether header fields are there, in the message or in its parts."""
    if not is_of_parts(script, arguments):
        return ask_exists(script, state, arguments)

    def ask(names: tuple[str, ...]) -> Tested:
        if not all(map(is_field_name, names)):
            return Tested(FALSE)
        return Tested(conjunction(_atom(script, {"header": {spelling(name): {"exists": True}}}) for name in names))

    return by_case(script, state, arguments, arguments.strings(0), ask)


@test("address")
def ask_address_of_message(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for addresses; in the headers of parts hardly anybody has any."""
    if is_of_parts(script, arguments):
        return not_known(arguments, "rules read addresses in the message's own header only")
    return ask_address(script, state, arguments)
