"""The tests of dates (RFC 5260): a part of a date has few values, so each way of comparing becomes a choice of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

from mailrules.rules.headers import is_field_name
from mailrules.sieve.asking_moments import between
from mailrules.sieve.asking_texts import nth, spelling
from mailrules.sieve.comparison import Comparison, counts, read_comparison, wanted_of_text
from mailrules.sieve.constants import holds
from mailrules.sieve.logic import FALSE, TRUE, Atom, Expression, Operators, Unknown, conjunction, disjunction, negation
from mailrules.sieve.patterns import Glob
from mailrules.sieve.tested import Tested, any_of, by_case, not_known, test
from mailrules.sieve.values import Placeholder, constant

if TYPE_CHECKING:
    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.logic import Toml
    from mailrules.sieve.state import Script, State
    from mailrules.sieve.values import Cases, Piece

_FIRST_YEAR, _LAST_YEAR = 1900, 9998
_DOMAINS: Final[dict[str, range]] = {
    "year": range(_FIRST_YEAR, _LAST_YEAR + 1),
    "month": range(1, 13),
    "day": range(1, 32),
    "hour": range(24),
    "minute": range(60),
    "second": range(60),
    "weekday": range(7),
}
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FORMS: Final = {
    "year": "%Y",
    "month": "%m",
    "day": "%d",
    "hour": "%H",
    "minute": "%M",
    "second": "%S",
    "date": "%Y-%m-%d",
    "time": "%H:%M:%S",
}
_CODE: Final = re.compile(r"(%.)")
_OFFSET: Final = re.compile(r"[+-][0-9]{4}")
_MOST_STRETCHES: Final = 2
_MOST_NUMBERS: Final = 31
"""How many numbers a rule lists before it is no longer readable."""

Build = Callable[[Operators], Operators]


@test("date")
def ask_date(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for a part of the date in a header."""
    occurrence = nth(arguments)
    if isinstance(occurrence, Unknown):
        return Tested(occurrence)

    def ask(texts: tuple[str, ...]) -> Tested:
        name, part, *keys = texts
        if name.lower() in script.edited:
            return not_known(arguments, f"the script changes the header {spelling(name)} before it asks for it")
        if not is_field_name(name):
            return Tested(FALSE)

        def build(operators: Operators) -> Operators:
            table = operators | occurrence
            return {"sent": table} if name.lower() == "date" else {"date": {spelling(name): table}}

        field = "sent" if name.lower() == "date" else f"date.{spelling(name)}"
        return _ask(arguments, part, keys, build, field)

    return by_case(script, state, arguments, _texts(arguments), ask)


@test("currentdate")
def ask_current_date(script: Script, state: State, arguments: Arguments) -> Tested:
    """Ask for a part of the date and time at which the script runs."""

    def ask(texts: tuple[str, ...]) -> Tested:
        part, *keys = texts
        return _ask(arguments, part, keys, lambda operators: {"now": operators}, "now")

    return by_case(script, state, arguments, _texts(arguments), ask)


def _texts(arguments: Arguments) -> tuple[str, ...]:
    return tuple(text for position in range(len(arguments.positional)) for text in arguments.strings(position))


def _ask(arguments: Arguments, part: str, keys: list[str], build: Build, field: str) -> Tested:
    comparison, zone = read_comparison(arguments), _zone(arguments, field)
    if isinstance(comparison, Unknown):
        return Tested(comparison, comparison)
    if isinstance(zone, Unknown):
        return Tested(zone, zone)
    there = TRUE if field == "now" else Atom.of(build({"exists": True}))
    if comparison.match == "count":
        return Tested(_count(comparison, keys, there))

    expression = _part(comparison, part.lower(), keys, lambda operators: build(operators | zone), there)
    if comparison.match not in {"matches", "regex"}:
        return Tested(expression)
    groups = _groups(part.lower(), keys, field) if comparison.match == "matches" and not zone else None
    reason = "this part of a date can't stand in a mailbox's name"
    return Tested(expression, groups if groups is not None else Unknown(comparison.place, reason))


def _count(comparison: Comparison, keys: list[str], there: Expression) -> Expression:
    """A date is there once or not at all."""
    wanted = counts(comparison, keys)
    if isinstance(wanted, Unknown):
        return wanted
    numeric = replace(comparison, match="value", comparator="i;ascii-numeric")
    one, none = holds(numeric, "1", keys), holds(numeric, "0", keys)
    choices = [there if one else FALSE, negation(there) if none else FALSE]
    return disjunction(choices)


def _zone(arguments: Arguments, field: str) -> Operators | Unknown:
    """Read the time zone that the date is looked at in."""
    if "originalzone" in arguments and field != "now":
        return {"timezone": "original"}
    offset = arguments.text("zone")
    if offset is None:
        return {}
    if not _OFFSET.fullmatch(offset):
        return Unknown(arguments.place, f'"{offset}" is no offset from UTC; one is written as in "+0200"')
    return {"timezone": offset}


def _part(comparison: Comparison, part: str, keys: list[str], build: Build, there: Expression) -> Expression:
    """Ask for one part; `build` puts operators in their place, `there` asks for a date at all."""
    match part:
        case "weekday" | "year" | "month" | "day" | "hour" | "minute" | "second":
            return _numbers(comparison, part, keys, build, there)
        case "date":
            return _day(comparison, keys, build, there)
        case "time":
            return _time(comparison, keys, build, there)
        case "julian":
            return _julian(comparison, keys, build)
        case "iso8601" if moments := between(comparison, keys, build, is_now=there == TRUE):
            return moments
        case "zone" | "iso8601" | "std11":
            wanted = wanted_of_text(comparison, keys, captures=False)
            if isinstance(wanted, Unknown):
                return wanted
            return any_of(lambda operators: build({part: operators}), wanted, {})
        case _:
            return Unknown(comparison.place, f'"{part}" is no part of a date')


def _numbers(comparison: Comparison, part: str, keys: list[str], build: Build, there: Expression) -> Expression:
    width = {"year": 4, "weekday": 1}.get(part, 2)
    domain = _DOMAINS[part]
    chosen = [number for number in domain if holds(comparison, f"{number:0{width}}", keys)]
    if not chosen:
        return FALSE
    if len(chosen) == len(domain):
        return there
    if part == "weekday":
        names: list[Toml] = [_WEEKDAYS[number] for number in chosen]
        return Atom.of(build({"weekday": names[0] if len(names) == 1 else names}))
    stretches = _stretches(chosen)
    if len(stretches) <= _MOST_STRETCHES:
        return disjunction(Atom.of(build({part: _stretch(*each, domain)})) for each in stretches)
    if len(chosen) > _MOST_NUMBERS:
        return Unknown(comparison.place, f"too many different values of {part} are wanted")
    return Atom.of(build({part: [*chosen]}))


def _stretches(chosen: list[int]) -> list[tuple[int, int]]:
    """Give the first and the last of numbers that follow each other without a gap."""
    known = frozenset(chosen)
    starts = [number for number in chosen if number - 1 not in known]
    ends = [number for number in chosen if number + 1 not in known]
    return list(zip(starts, ends, strict=True))


def _stretch(first: int, last: int, domain: range) -> Toml:
    if first == last:
        return first
    limits: Operators = {}
    if first > domain[0]:
        limits["at_least"] = first
    if last < domain[-1]:
        limits["at_most"] = last
    return limits


def _day(comparison: Comparison, keys: list[str], build: Build, there: Expression) -> Expression:
    if comparison.match in {"is", "value"} and not comparison.numeric:
        relation = comparison.relation if comparison.match == "value" else "eq"
        return disjunction(_one_day(comparison, relation, key, build, there) for key in keys)
    if comparison.match in {"contains", "matches"}:
        alternatives = [_pattern_of_day(comparison, key) for key in keys]
        return disjunction(Atom.of(build({"iso8601": each})) for each in alternatives)
    return Unknown(comparison.place, f"rules can't look at a day by :{comparison.match}")


def _pattern_of_day(comparison: Comparison, key: str) -> Operators:
    """The day is what stands before the one T of ISO 8601's form."""
    pattern = Glob.read(key).regex() if comparison.match == "matches" else f"^.*{Glob((f'={key}',)).regex()[1:-1]}.*$"
    return {"regex": f"(?i){pattern[:-1]}T"}


def _one_day(comparison: Comparison, relation: str, key: str, build: Build, there: Expression) -> Expression:
    try:
        day = date.fromisoformat(key) if len(key) == len("2024-01-31") else None
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR < day.year < _LAST_YEAR:
        if relation in {"eq", "ne"}:
            return FALSE if relation == "eq" else there
        return Unknown(comparison.place, f'"{key}" is no day to compare with; one is written as in "2024-01-31"')
    following = day + timedelta(days=1)
    is_day = Atom.of(build({"date": key}))
    return {
        "eq": is_day,
        "ne": conjunction((there, negation(is_day))),
        "ge": Atom.of(build({"after": key})),
        "lt": Atom.of(build({"before": key})),
        "gt": Atom.of(build({"after": following.isoformat()})),
        "le": Atom.of(build({"before": following.isoformat()})),
    }[relation]


_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


def _time(comparison: Comparison, keys: list[str], build: Build, there: Expression) -> Expression:
    if comparison.match not in {"is", "value"} or comparison.numeric:
        return Unknown(comparison.place, f"rules can't look at a time of day by :{comparison.match}")
    relation = comparison.relation if comparison.match == "value" else "eq"
    found: list[Expression] = []
    for key in keys:
        clock = _CLOCK.fullmatch(key)
        if clock is None:
            return Unknown(
                comparison.place, f'"{key}" is no time of day to compare with; one is written as in "18:00:00"'
            )
        found.append(_one_time(relation, clock, build, there))
    return disjunction(found)


def _one_time(relation: str, clock: re.Match[str], build: Build, there: Expression) -> Expression:
    """Compare ``HH:MM:SS`` with a key by its letters; ``HH:MM`` alone comes before every time that begins so."""
    at = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
    following = at if clock[3] is None else _next_second(at)
    if relation in {"eq", "ne"}:
        is_time: Expression = FALSE
        if clock[3] is not None:
            is_time = Atom.of(build({"hour": at.hour, "minute": at.minute, "second": at.second}))
        return is_time if relation == "eq" else conjunction((there, negation(is_time)))
    at_least = _from(at, build, there)
    later = FALSE if following is None else _from(following, build, there)
    return {
        "ge": at_least,
        "gt": later,
        "lt": _until(at, build),
        "le": there if following is None else _until(following, build),
    }[relation]


def _from(at: time, build: Build, there: Expression) -> Expression:
    return there if at == time() else Atom.of(build({"time": {"after": _shown(at)}}))


def _until(at: time, build: Build) -> Expression:
    return FALSE if at == time() else Atom.of(build({"time": {"before": _shown(at)}}))


def _next_second(at: time) -> time | None:
    seconds = at.hour * 3600 + at.minute * 60 + at.second + 1
    return None if seconds == 86_400 else time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _shown(at: time) -> str:
    return at.isoformat("seconds" if at.second else "minutes")


def _julian(comparison: Comparison, keys: list[str], build: Build) -> Expression:
    """Modified Julian Days have five digits for the next two centuries: letters and numbers order them alike."""
    if comparison.match not in {"is", "value"} or not all(re.fullmatch(r"[0-9]{5}", key) for key in keys):
        return Unknown(comparison.place, "rules compare a Julian day with numbers of five digits only")
    relation = comparison.relation if comparison.match == "value" else "eq"
    names = {"gt": "over", "ge": "at_least", "lt": "under", "le": "at_most"}
    found: list[Expression] = []
    for number in map(int, keys):
        match relation:
            case "eq":
                found.append(Atom.of(build({"julian": number})))
            case "ne":
                found += [Atom.of(build({"julian": {"under": number}})), Atom.of(build({"julian": {"over": number}}))]
            case _:
                found.append(Atom.of(build({"julian": {names[relation]: number}})))
    return disjunction(found)


def _groups(part: str, keys: Sequence[str], field: str) -> tuple[Cases, ...] | None:
    """Give the match variables where the pattern's wildcards are whole parts of the form: ``*-*-*`` of a date."""
    form = _FORMS.get(part)
    if form is None or len(keys) != 1:
        return None
    codes = [piece for piece in _CODE.split(form) if piece]
    wildcards = Glob.read(keys[0]).pieces
    if wildcards == ("*",):
        return (_placed(codes, field), _placed(codes, field))
    literal = [piece if piece == "*" else piece[1:] for piece in wildcards]
    if [("*" if piece.startswith("%") else piece) for piece in codes] != literal:
        return None
    return (_placed(codes, field), *(_placed([piece], field) for piece in codes if piece.startswith("%")))


def _placed(codes: Iterable[str], field: str) -> Cases:
    pieces: list[Piece] = [Placeholder(f"{{{field}:{code}}}") if code.startswith("%") else code for code in codes]
    return ((TRUE, tuple(pieces)),) if len(pieces) != 1 or not isinstance(pieces[0], str) else constant(pieces[0])
