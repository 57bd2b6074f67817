"""How a script compares texts (RFC 5228 §2.7, RFC 5231, the regex draft), as operators of the rule language."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from mailrules.sieve.errors import Place
from mailrules.sieve.grammar import MATCH_TYPES
from mailrules.sieve.logic import Unknown
from mailrules.sieve.ordering import ordered_regex
from mailrules.sieve.patterns import Glob, posix_as_re2, quote
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mailrules.sieve.grammar import Arguments
    from mailrules.sieve.logic import Operators, Toml

NUMERIC = "i;ascii-numeric"
OCTET = "i;octet"
_COMPARATORS = ("i;ascii-casemap", "i;unicode-casemap", OCTET, NUMERIC)
RELATIONS = ("gt", "ge", "lt", "le", "eq", "ne")
_LONGEST_KEY = 200
_DIGITS = re.compile(r"[0-9]+")
_NUMBER_FIRST, _NUMBER_NOT_FIRST = "^[0-9]", "^([^0-9]|$)"


@value(frozen=True, slots=True)
class Comparison:
    """What a test's tags say about comparing."""

    place: Place
    match: str = "is"
    """One of `MATCH_TYPES`."""
    relation: str = "eq"
    comparator: str = _COMPARATORS[0]

    @property
    def exact(self) -> bool:
        """Whether case matters."""
        return self.comparator == OCTET

    @property
    def numeric(self) -> bool:
        """Whether texts are compared as numbers."""
        return self.comparator == NUMERIC


@value(frozen=True, slots=True)
class Wanted:
    """Operators on one text, any alternative of which is enough."""

    alternatives: tuple[Operators, ...]
    """Each a table of operators; none at all: nothing is ever so."""
    groups: int = 0
    """How many match variables the one alternative has, if captures are asked for."""


def read_comparison(arguments: Arguments) -> Comparison | Unknown:
    """Read match type, relation and comparator."""
    place = arguments.place
    match = arguments.one_of(*MATCH_TYPES) or "is"
    comparator = (arguments.text("comparator") or _COMPARATORS[0]).lower()
    relation = (arguments.text("count") or arguments.text("value") or "eq").lower()
    if comparator not in _COMPARATORS:
        return Unknown(place, f"there is no comparison by {comparator} in rules")
    if relation not in RELATIONS:
        return Unknown(place, f'"{relation}" is no relation; there are {", ".join(RELATIONS)}')
    if match == "list":
        return Unknown(place, "a list of the server's can't be asked; a table of yours can: [tables.NAME] and `in`")
    if comparator == NUMERIC and match in {"contains", "matches", "regex"}:
        return Unknown(place, f"{NUMERIC} compares whole numbers and can't go with :{match}")
    return Comparison(place, match, relation, comparator)


def wanted_of_text(comparison: Comparison, keys: Iterable[str], *, captures: bool) -> Wanted | Unknown:
    """Write the comparison of a text with any of the keys; with `captures` so that targets can use what matched."""
    numeric = comparison.numeric and comparison.match in {"is", "value"}
    if numeric:
        relation = comparison.relation if comparison.match == "value" else "eq"
        return Wanted(tuple(each for key in keys for each in _number(relation, key)))
    match comparison.match:
        case "matches" | "regex" if captures:
            return _capturing(comparison, list(keys))
        case "value":
            return _ordered(comparison, list(keys))
        case _:
            collected = _Collected(exact=comparison.exact)
            for key in keys:
                problem = collected.add(comparison, key)
                if problem is not None:
                    return problem
            return Wanted(collected.alternatives())


@value(slots=True)
class _Collected:
    """Patterns by their operator."""

    exact: bool
    patterns: dict[str, list[str]] = field(default_factory=dict)

    def add(self, comparison: Comparison, key: str) -> Unknown | None:
        """Take in one key; say so if no operator can have it."""
        match comparison.match:
            case "is" | "contains":
                self._text(comparison.match, key)
            case "matches":
                glob = Glob.read(key)
                plain, written = glob.plain(), glob.glob()
                if plain is not None:
                    self._text(*plain)
                elif written is None or not written.strip():
                    self._add("regex", _flags(glob.regex(), exact=self.exact))
                else:
                    self._add("glob", written)
            case _:
                regex = posix_as_re2(key)
                if regex is None:
                    return Unknown(comparison.place, f"the regular expression {key!r} is none that rules know")
                self._add("regex", _flags(regex, exact=self.exact))
        return None

    def _text(self, operator: str, text: str) -> None:
        """Add a text; an empty or blank one, which rules refuse as a slip, as a regular expression."""
        if text.strip():
            self._add(operator, text)
        elif text == "" and operator != "is":
            self._add("exists", "")
        else:
            start = "^" if operator in {"is", "starts_with"} else ""
            end = "$" if operator in {"is", "ends_with"} else ""
            self._add("regex", start + quote(text) + end)

    def _add(self, operator: str, pattern: str) -> None:
        patterns = self.patterns.setdefault(operator, [])
        if pattern not in patterns:
            patterns.append(pattern)

    def alternatives(self) -> tuple[Operators, ...]:
        if "exists" in self.patterns:
            return ({"exists": True},)
        return tuple(
            operators(name, patterns, exact=self.exact and name != "regex") for name, patterns in self.patterns.items()
        )


def operators(name: str, patterns: list[str], *, exact: bool) -> Operators:
    """Write one operator with its patterns."""
    value: Toml = patterns[0] if len(patterns) == 1 else [*patterns]
    return {name: value, "case_sensitive": True} if exact else {name: value}


def _flags(regex: str, *, exact: bool) -> str:
    return regex if exact else f"(?i){regex}"


def _capturing(comparison: Comparison, keys: list[str]) -> Wanted | Unknown:
    """Keep every wildcard and bracket as a group."""
    if comparison.match == "regex":
        regexes = [posix_as_re2(key) for key in keys]
        written = [_flags(regex, exact=comparison.exact) for regex in regexes if regex is not None]
        if len(written) < len(keys):
            return Unknown(comparison.place, "this regular expression is none that rules know")
        return Wanted((operators("regex", written, exact=False),), min(map(_groups, written)))
    globs = [Glob.read(key) for key in keys]
    groups = min(glob.wildcards for glob in globs)
    texts = [glob.glob() for glob in globs]
    if any(text is None or not text.strip() for text in texts):
        regexes = [f"(?s){_flags(glob.regex(), exact=comparison.exact)}" for glob in globs]
        return Wanted((operators("regex", [each for each in regexes if each], exact=False),), groups)
    return Wanted((operators("glob", [text for text in texts if text], exact=comparison.exact),), groups)


def _groups(regex: str) -> int:
    return (
        re.compile(r"\\.|\[\^?\]?[^\]]*\]|\((?!\?)").sub(lambda found: "(" if found[0] == "(" else "", regex).count("(")
    )


def _ordered(comparison: Comparison, keys: list[str]) -> Wanted | Unknown:
    """Compare by letters."""
    if comparison.relation == "eq":
        return wanted_of_text(Comparison(comparison.place, comparator=comparison.comparator), keys, captures=False)
    if any(len(key) > _LONGEST_KEY for key in keys):
        return Unknown(comparison.place, "this text is too long to be compared with letter by letter")
    regexes = [ordered_regex(comparison.relation, key, exact=comparison.exact) for key in keys]
    return Wanted(tuple({"regex": regex} for regex in regexes if regex is not None))


def _number(relation: str, key: str) -> list[Operators]:
    """Compare as RFC 4790 §9.1 has it: the digits a text begins with; a text without is more than every number."""
    digits = _DIGITS.match(key)
    never: list[Operators] = []
    if digits is None:
        infinite: list[Operators] = [{"regex": _NUMBER_NOT_FIRST}]
        finite: list[Operators] = [{"regex": _NUMBER_FIRST}]
        always: list[Operators] = [{"exists": True}]
        return {"gt": never, "ge": infinite, "eq": infinite, "lt": finite, "ne": finite, "le": always}[relation]
    number = int(digits[0])
    below: list[Operators] = [{"under": number, "regex": _NUMBER_FIRST}] if number else []
    up_to: Operators = {"under": number + 1, "regex": _NUMBER_FIRST}
    more: list[Operators] = [{"at_least": number + 1}, {"regex": _NUMBER_NOT_FIRST}]
    at_least: list[Operators] = [{"at_least": number}, {"regex": _NUMBER_NOT_FIRST}] if number else [{"exists": True}]
    return {
        "gt": more,
        "ge": at_least,
        "lt": below,
        "le": [up_to],
        "eq": [{"at_least": number} | up_to],
        "ne": [*below, *more],
    }[relation]


def counts(comparison: Comparison, keys: Iterable[str]) -> Wanted | Unknown:
    """Write what `:count` wants of a number of things."""
    alternatives: list[Operators] = []
    names = {"gt": "over", "ge": "at_least", "lt": "under", "le": "at_most"}
    for key in keys:
        digits = _DIGITS.fullmatch(key.strip())
        if digits is None:
            return Unknown(comparison.place, f':count takes numbers, and "{key}" is none')
        number = int(digits[0])
        match comparison.relation:
            case "eq":
                alternatives.append({"count": number})
            case "ne":
                alternatives.append({"count": {"over": number}})
                if number:
                    alternatives.append({"count": {"under": number}})
            case "lt" if not number:
                pass
            case relation:
                alternatives.append({"count": {names[relation]: number}})
    return Wanted(tuple(alternatives))
