"""The tests of header fields, addresses and size (RFC 5228 §5; with RFC 5260's :index, RFC 5233's subaddresses)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mailrules.rules.headers import is_field_name
from mailrules.sieve.comparison import Comparison, Wanted, counts, read_comparison, wanted_of_text
from mailrules.sieve.errors import Place, SieveError
from mailrules.sieve.grammar import ADDRESS_PARTS
from mailrules.sieve.logic import FALSE, TRUE, Atom, Expression, Operators, Unknown, conjunction, disjunction, negation
from mailrules.sieve.patterns import Glob, quote
from mailrules.sieve.tested import Tested, any_of, by_case, split, test
from mailrules.sieve.values import Placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.logic import Toml
    from mailrules.sieve.state import Script, State
    from mailrules.sieve.values import Cases

_TEXT_KEYS: Final = {"subject": "subject", "message-id": "message_id"}
_ADDRESS_KEYS: Final = {
    "from": "from",
    "to": "to",
    "cc": "cc",
    "bcc": "bcc",
    "sender": "sender",
    "reply-to": "reply_to",
}
_RECIPIENT: Final = "To, Cc, Bcc"
"""What stands for the three together; no header can be called so."""
_PARTS: Final = {"all": "address", "localpart": "local", "domain": "domain", "user": "user", "detail": "detail"}


def spelling(name: str) -> str:
    """Spell a header's name as people do, unless the script has capitals in it."""
    return name if name != name.lower() else "-".join(part.capitalize() for part in name.split("-"))


def header_table(name: str, operators: Operators) -> Operators:
    """Put operators under the key of a header's text."""
    key = _TEXT_KEYS.get(name.lower())
    return {key: operators} if key else {"header": {spelling(name): operators}}


def exists_table(name: str) -> Operators:
    """Ask whether a header is there."""
    key = _TEXT_KEYS.get(name.lower()) or _ADDRESS_KEYS.get(name.lower())
    return {key: {"exists": True}} if key else header_table(name, {"exists": True})


def address_table(name: str, part: str, operators: Operators) -> Operators:
    """Put operators under the key of a part of a header's addresses."""
    short = _shorthand(operators) if part == "all" else []
    if not short:
        return part_table(name, part, operators)
    return _of_addresses(name, {"nth": operators["nth"], "matches": short} if "nth" in operators else short)


def part_table(name: str, part: str, operators: Operators) -> Operators:
    """The same, with the whole address as a part of its own, so that targets can use what matched."""
    nth: Operators = {"nth": operators["nth"]} if "nth" in operators else {}
    rest: Operators = {key: value for key, value in operators.items() if key != "nth"}
    return _of_addresses(name, nth | {_PARTS[part]: rest["is"] if rest.keys() == {"is"} else rest})


def _of_addresses(name: str, value: Toml) -> Operators:
    """Write the key of a header's addresses; To, Cc and Bcc together are `recipient`."""
    key = "recipient" if name == _RECIPIENT else _ADDRESS_KEYS.get(name.lower())
    return {key: value} if key else {"address": {spelling(name): value}}


def _shorthand(operators: Operators) -> Toml:
    """Give addresses as `from = "ann@example.org"` takes them; an empty list for others."""
    rest = [(key, value) for key, value in operators.items() if key != "nth"]
    if len(rest) != 1 or rest[0][0] not in {"is", "glob"}:
        return []
    ((name, value),) = rest
    patterns = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
    plain = all(_is_plain(pattern) == (name == "is") for pattern in patterns)
    if not plain or any(pattern.startswith("@") or set(pattern) & set('<> "') for pattern in patterns):
        return []
    return patterns[0] if len(patterns) == 1 else [*patterns]


def _is_plain(pattern: str) -> bool:
    local, at, domain = pattern.rpartition("@")
    return bool(local and at and domain) and not set(pattern) & set("*?") and "@" not in local


def nth(arguments: Arguments) -> Operators | Unknown:
    """Read which occurrence is meant (RFC 5260 §6)."""
    index = arguments.number("index")
    if index is None:
        if "last" in arguments:
            raise SieveError(arguments.place, ":last goes with :index")
        return {}
    if index == 0:
        raise SieveError(arguments.place, ":index counts from 1")
    return {"nth": -index if "last" in arguments else index}


def ask_header(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for the text of header fields."""
    comparison, occurrence = read_comparison(arguments), nth(arguments)
    if isinstance(comparison, Unknown):
        return Tested(comparison, comparison)
    if isinstance(occurrence, Unknown):
        return Tested(occurrence)
    names, keys = arguments.strings(0), arguments.strings(1)

    def ask(values: tuple[str, ...]) -> Tested:
        headers, patterns = split(values, len(names))
        return _ask_texts(script, comparison, headers, patterns, occurrence, arguments)

    return by_case(script, state, arguments, (*names, *keys), ask)


def _ask_texts(
    script: Script,
    comparison: Comparison,
    headers: tuple[str, ...],
    patterns: tuple[str, ...],
    occurrence: Operators,
    arguments: Arguments,
) -> Tested:
    if problem := _changed(script, headers, arguments.place):
        return Tested(problem, problem)
    names = [name for name in dict.fromkeys(headers) if is_field_name(name)]
    if occurrence and len(names) > 1:
        return Tested(Unknown(comparison.place, ":index over several fields together; rules count in one field each"))
    if comparison.match == "count":
        tables = [partial(header_table, name) for name in names]
        return Tested(_count(comparison, patterns, tables, [exists_table(name) for name in names]))
    wanted = wanted_of_text(comparison, patterns, captures=script.captures)
    if isinstance(wanted, Unknown):
        return Tested(wanted, wanted)
    expression = disjunction(any_of(partial(header_table, name), wanted, occurrence) for name in names)
    return Tested(expression, _captured(comparison, expression, wanted, names, patterns))


def _captured(
    comparison: Comparison, expression: Expression, wanted: Wanted, names: list[str], patterns: tuple[str, ...]
) -> tuple[Cases, ...] | Unknown | None:
    """Give the match variables of a test of header texts."""
    if comparison.match not in {"matches", "regex"}:
        return None
    if len(names) != 1 or not isinstance(expression, Atom):
        return Unknown(comparison.place, "what this captures can come from several fields")
    name = names[0]
    whole = ("header", name) if patterns in {("*",), ("(.*)",), ("^(.*)$",)} else None
    return placeholders(expression, _TEXT_KEYS.get(name.lower()) or f"header.{spelling(name)}", wanted.groups, whole)


def placeholders(atom: Atom, field: str, groups: int, whole: tuple[str, str] | None = None) -> tuple[Cases, ...]:
    """Give the match variables that targets can write as ``{field.1}``."""
    return tuple(((TRUE, (Placeholder(f"{{{field}.{group}}}", atom, whole),)),) for group in range(groups + 1))


def _changed(script: Script, headers: Iterable[str], place: Place) -> Unknown | None:
    changed = sorted({header.lower() for header in headers} & script.edited)
    if changed:
        return Unknown(place, f"the script changes the header {spelling(changed[0])} before it asks for it")
    return None


def _count(
    comparison: Comparison,
    patterns: tuple[str, ...],
    tables: Sequence[Callable[[Operators], Operators]],
    there: list[Operators],
) -> Expression:
    """Ask for a number of things: of one field; of several together only whether there is any."""
    if len(tables) == 1:
        wanted = counts(comparison, patterns)
        return wanted if isinstance(wanted, Unknown) else any_of(tables[0], wanted, {})
    some = disjunction(map(Atom.of, there))
    match comparison.relation, patterns:
        case ("ge" | "eq" | "ne" | "gt" | "lt" | "le", ()):
            return FALSE
        case ("ge", ("1",)) | ("gt" | "ne", ("0",)):
            return some
        case ("lt", ("1",)) | ("eq" | "le", ("0",)):
            return negation(some)
        case _:
            return Unknown(comparison.place, ":count over several fields together; rules count in one field each")


def ask_exists(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask whether all of these headers are there."""

    def ask(names: tuple[str, ...]) -> Tested:
        problem = _changed(script, names, arguments.place)
        bad = [name for name in names if not is_field_name(name)]
        there = (Atom.of(exists_table(name)) for name in names)
        return Tested(problem or (FALSE if bad else conjunction(there)))

    return by_case(script, state, arguments, arguments.strings(0), ask)


@test("size")
def ask_size(_script: Script, _state: State, arguments: Arguments) -> Tested:
    """Ask for the size in octets."""
    limit = arguments.one_of("over", "under")
    if limit is None:
        raise SieveError(arguments.place, "'size' needs :over or :under")
    octets = arguments.amount(0)
    if limit == "under" and octets == 0:
        return Tested(FALSE)
    return Tested(Atom.of({"size": {limit: written_size(octets)}}))


def written_size(octets: int) -> str | int:
    """Write a size with a unit where that is exact."""
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if octets and octets % (1 << shift) == 0:
            return f"{octets >> shift} {unit}"
    return octets


def ask_address(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for addresses or a part of them."""
    comparison, occurrence = read_comparison(arguments), nth(arguments)
    if isinstance(comparison, Unknown):
        return Tested(comparison, comparison)
    if isinstance(occurrence, Unknown):
        return Tested(occurrence)
    names, keys = arguments.strings(0), arguments.strings(1)
    part = arguments.one_of(*ADDRESS_PARTS) or "all"

    def ask(values: tuple[str, ...]) -> Tested:
        headers, patterns = split(values, len(names))
        return _ask_addresses(script, comparison, headers, patterns, (part, occurrence))

    return by_case(script, state, arguments, (*names, *keys), ask)


def _ask_addresses(
    script: Script,
    comparison: Comparison,
    headers: tuple[str, ...],
    patterns: tuple[str, ...],
    look: tuple[str, Operators],
) -> Tested:
    part, occurrence = look
    if problem := _changed(script, headers, comparison.place):
        return Tested(problem, problem)
    names = [name for name in dict.fromkeys(headers) if is_field_name(name)]
    if occurrence and len(names) > 1:
        return Tested(Unknown(comparison.place, ":index over several fields together; rules count in one field each"))
    if comparison.match == "count":
        if part in {"user", "detail", "domain"}:
            return Tested(Unknown(comparison.place, f":count goes with whole addresses in rules, not with :{part}"))
        tables = [partial(_of_addresses, name) for name in names]
        there = [address_table(name, "all", {"glob": "*"}) for name in names]
        return Tested(_count(comparison, patterns, tables, there))
    wanted = _wanted_of_address(comparison, patterns, part, captures=script.captures)
    if isinstance(wanted, Unknown):
        return Tested(wanted, wanted)
    captures = comparison.match in {"matches", "regex"}
    table = part_table if captures and script.captures else address_table
    fields = [_RECIPIENT] if {name.lower() for name in names} == {"to", "cc", "bcc"} else names
    expression = disjunction(any_of(partial(table, name, part), wanted, occurrence) for name in fields)
    if not captures:
        return Tested(expression)
    key = _ADDRESS_KEYS.get(names[0].lower()) if len(names) == 1 else None
    if key is None or not isinstance(expression, Atom):
        return Tested(expression, Unknown(comparison.place, "what this captures can't stand in a mailbox's name"))
    return Tested(expression, placeholders(expression, f"{key}.{_PARTS[part]}", wanted.groups))


def _wanted_of_address(
    comparison: Comparison, patterns: tuple[str, ...], part: str, *, captures: bool
) -> Wanted | Unknown:
    """Write a comparison with a part of an address, minding what rules take for mistakes in domains."""
    if part == "domain" and comparison.match in {"is", "contains", "matches"}:
        patterns = tuple(pattern for pattern in patterns if "@" not in pattern)
        if not patterns:
            return Wanted(())
    ends = (".", "@") if comparison.match == "is" else "."
    if any(pattern.rstrip("*?").endswith(ends) for pattern in patterns) and part in {"all", "domain"}:
        return _spelt_out(comparison, patterns, captures=captures)
    return wanted_of_text(comparison, patterns, captures=captures)


def _spelt_out(comparison: Comparison, patterns: tuple[str, ...], *, captures: bool) -> Wanted | Unknown:
    """Write patterns as regular expressions: a domain's last dot would not count in any other operator."""
    anchors = {"is": ("^", "$"), "contains": ("", "")}
    match comparison.match:
        case "is" | "contains" as match:
            start, end = anchors[match]
            regexes = tuple(start + quote(pattern) + end for pattern in patterns)
        case "matches":
            regexes = tuple(Glob.read(pattern).regex() for pattern in patterns)
        case _:
            return wanted_of_text(comparison, patterns, captures=captures)
    as_regex = Comparison(comparison.place, "regex", comparator=comparison.comparator)
    return wanted_of_text(as_regex, regexes, captures=captures)
