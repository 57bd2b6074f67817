"""Checks that what rules refer to is there: tables, named conditions, and the groups that targets are filled with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailrules.config.advice import PlacedRule
from mailrules.config.definitions import Defined
from mailrules.config.findings import Findings
from mailrules.config.problems import KeyPath, Problem, did_you_mean
from mailrules.config.sources import Document
from mailrules.config.walking import entries, written
from mailrules.rules import Rule, Table
from mailrules.rules.captures import glob_has, is_number, regex_has
from mailrules.rules.conditions import Condition
from mailrules.rules.conditions.address import AddressCondition
from mailrules.rules.conditions.address_parts import WholeAddress
from mailrules.rules.conditions.named import Named
from mailrules.rules.conditions.operators import TextOperators
from mailrules.rules.lookup import Lookup
from mailrules.rules.match import Groups, Match
from mailrules.rules.placeholders import GroupValue, Placeholder, TableValue
from mailrules.rules.spelling import Spelling
from mailrules.rules.text import printable
from mailrules.values import value


@value(frozen=True, slots=True)
class Name:
    """A name in a condition: where it stands, and in what."""

    document: Document
    path: KeyPath
    name: str
    table: TextOperators | Named

    @property
    def place(self) -> KeyPath:
        """Where it stands in the file."""
        return written(self.path, self.document)


@value(frozen=True, slots=True)
class Value:
    """A value that a target is filled with: its rule, where it stands in that, and whose value it is."""

    rule: PlacedRule
    path: KeyPath
    placeholder: Placeholder

    @property
    def place(self) -> KeyPath:
        """Where it stands in its rule in the file."""
        return written(self.path, self.rule.document, self.rule.path)


@value(frozen=True, slots=True)
class References:
    """All by which rules and named conditions refer to something."""

    names: Sequence[Name]
    values: Sequence[Value]


def find_references(tables: Iterable[tuple[Document, KeyPath, Table]], rules: Iterable[PlacedRule]) -> References:
    """Find those in all tables of conditions, and in what rules do."""
    naming = (each for each in tables if isinstance(each[2], TextOperators | Named))
    names = [name for document, path, table in naming for name in _names_in(document, path, table)]
    return References(names, [Value(rule, *found) for rule in rules for found in _values_in(rule.rule)])


def check_references(references: References, defined: Defined, findings: Findings) -> None:
    """Note what is referred to and is not there, and conditions that lead back to themselves."""
    for each in references.names:
        if isinstance(each.table, Named) and each.name not in defined.conditions:
            message = _unknown("condition", "conditions", each.name, defined.conditions)
            findings.add(each.document, each.place, message)
        elif isinstance(each.table, TextOperators) and each.name not in defined.lookups:
            message = _unknown("table", "tables", each.name, defined.lookups)
            findings.add(each.document, each.place, message)
    for name, one, other in sorted(_clashes(references, defined)):
        same = "address" if "@" in one[1:] else "domain"
        message = f"'{printable(one)}' and '{printable(other)}' are one {same} with two values; keep one of them"
        document, path = defined.documents[name], ("tables", name, "rows", other)
        findings.add(document, written(path, document), message)
    loops = list(_loops(defined.matches))
    for loop in loops:
        if placed := defined.conditions[loop[0]]:
            findings.add(placed.document, ("conditions", loop[0]), f"it leads back to itself: {' → '.join(loop)}")
    large = [] if loops else list(_too_large(defined.matches))
    for name in large:
        if placed := defined.conditions[name]:
            message = f"it leads to more than {_MOST_CONDITIONS:,} conditions, each counted as often as it is led to"
            findings.add(placed.document, ("conditions", name), message)
    for used in () if loops or large else references.values:
        _check_value(used, defined, findings)


def reference_warnings(references: References, defined: Defined) -> Iterator[Problem]:
    """Give a warning for each table that is looked up in with what it can't have, or has what targets can't hold."""
    for each in references.names:
        lookup = defined.lookups.get(each.name)
        message = _never(each.name, lookup, each.table) if lookup and isinstance(each.table, TextOperators) else None
        if message is not None:
            yield each.document.problem(each.place, message)
    yield from _unused(references, defined)
    for used in references.values:
        lookup = defined.lookups.get(used.placeholder.table) if isinstance(used.placeholder, TableValue) else None
        slashed = next((row for row in lookup.rows.values() if "/" in row), None) if lookup else None
        if slashed is not None:
            message = f"a value of the table has a / in it ('{printable(slashed)}'): it will be _ and no level"
            yield used.rule.problem(used.place, message)


def _unused(references: References, defined: Defined) -> Iterator[Problem]:
    """Give a warning for each table and each named condition that nothing refers to."""
    placeholders = (value.placeholder for value in references.values)
    tables_used = {value.table for value in placeholders if isinstance(value, TableValue)}
    tables_used.update(each.name for each in references.names if isinstance(each.table, TextOperators))
    conditions_used = {each.name for each in references.names if isinstance(each.table, Named)}
    for name, document in defined.documents.items():
        if name not in tables_used:
            yield document.problem(("tables", name), "no rule refers to it")
    for name, placed in defined.conditions.items():
        if placed is not None and name not in conditions_used:
            yield placed.document.problem(("conditions", name), "no rule refers to it")


def _names_in(document: Document, path: KeyPath, table: Table) -> Iterator[Name]:
    match table:
        case Named(names=names):
            yield from (Name(document, (*path, "is", place), name, table) for place, name in enumerate(names))
        case TextOperators(in_=tuple(names)):
            yield from (Name(document, (*path, "in", place), name, table) for place, name in enumerate(names))


def _unknown(noun: str, header: str, name: str, known: Mapping[str, object]) -> str:
    hint = did_you_mean(name, known) or f"; it would stand under [{header}.{printable(name)}]"
    return f"there is no {noun} '{printable(name)}'{hint}"


def _never(name: str, lookup: Lookup, operators: TextOperators) -> str | None:
    """Say why no text of this kind can be in a table, if none can."""
    if operators.spelling is Spelling.DOMAIN and all("@" in key for key in lookup.rows):
        return f"every key of table '{name}' has an @, as no domain has; for whole addresses write from.in"
    if isinstance(operators, AddressCondition | WholeAddress) and not any("@" in key for key in lookup.rows):
        return f"no key of table '{name}' has an @, as every address has; for domains write from.domain.in"
    return None


def _clashes(references: References, defined: Defined) -> Iterator[tuple[str, str, str]]:
    """Yield tables with two of their keys that are different texts, but the same where the table is looked up in."""
    used = {
        (each.name, Spelling.ADDRESS if isinstance(each.table, AddressCondition) else each.table.spelling)
        for each in references.names
        if isinstance(each.table, TextOperators)
    }
    placeholders = (value.placeholder for value in references.values)
    of_targets = ((value.table, value.key.spelling) for value in placeholders if isinstance(value, TableValue))
    for name, spelling in used.union(of_targets):
        lookup = defined.lookups.get(name)
        if lookup is not None and (clash := lookup.keys(spelling).clash):
            yield name, *clash


def _loops(matches: Mapping[str, Match]) -> Iterator[tuple[str, ...]]:
    """Yield each way that leads from a condition back to it, once."""
    leads = {
        name: tuple(dict.fromkeys(each for condition in match.walk() for each in _names(condition)))
        for name, match in matches.items()
    }
    done: set[str] = set()
    for start in leads:
        trail: list[str] = []
        yield from _walk(start, leads, trail, done)


def _walk(
    name: str, leads: Mapping[str, tuple[str, ...]], trail: list[str], done: set[str]
) -> Iterator[tuple[str, ...]]:
    if name in trail:
        yield (*trail[trail.index(name) :], name)
    elif name not in done:
        trail.append(name)
        for following in leads.get(name, ()):
            yield from _walk(following, leads, trail, done)
        trail.pop()
        done.add(name)


def _too_large(matches: Mapping[str, Match]) -> Iterator[str]:
    """Yield the conditions that lead to too many, though what they refer to does not: a few lines can do that."""
    sizes: dict[str, int] = {}

    def size(name: str) -> int:
        if name not in sizes and name in matches:
            conditions = list(matches[name].walk())
            led = [size(each) for condition in conditions for each in _names(condition)]
            sizes[name] = len(conditions) + sum(led)
        return sizes.get(name, 0)

    for name, match in matches.items():
        led = [size(each) for condition in match.walk() for each in _names(condition)]
        if size(name) > _MOST_CONDITIONS >= max(led, default=0):
            yield name


_MOST_CONDITIONS = 10_000


def _names(condition: Condition) -> tuple[str, ...]:
    return condition.names if isinstance(condition, Named) else ()


# Targets


def _check_value(value: Value, defined: Defined, findings: Findings) -> None:
    placed, placeholder = value.rule, value.placeholder
    place = (*placed.path, *value.place)
    key = placeholder.key if isinstance(placeholder, TableValue) else placeholder
    if isinstance(placeholder, TableValue):
        name = placeholder.table
        lookup = defined.lookups.get(name)
        if name not in defined.lookups:
            findings.add(placed.document, place, _unknown("table", "tables", name, defined.lookups))
        elif lookup is not None and not any(lookup.rows.values()):
            findings.add(placed.document, place, f"{{{placeholder}}}: table '{name}' has keys only, and no values")
    if isinstance(key, GroupValue) and (message := _missing(key, placed.rule, defined.matches)):
        findings.add(placed.document, place, f"{{{key}}}: {message}")


def _values_in(rule: Rule) -> Iterator[tuple[KeyPath, Placeholder]]:
    for action in rule.then.actions():
        for position, target in enumerate(action.targets()):
            if target.template is not None:
                yield from ((("then", action.key, position), each) for each in target.template.placeholders())


def _missing(value: GroupValue, rule: Rule, named: Mapping[str, Match]) -> str | None:
    """Say why there may be no such group when the rule has matched; None if there is one in every pattern."""
    conditions = _holding(rule.match, named) if isinstance(rule.match, Groups) else ()
    of_field = [condition for condition in conditions if isinstance(condition, value.condition)]
    operators = [each for condition in of_field for each in _at(condition, value.part)]
    grouping = [each for each in operators if each.regex or each.glob]
    if not grouping:
        return f"the rule has no glob and no regex on {value.owner}, whose groups there could be"
    return next(filter(None, (_lacking(value, each) for each in grouping)), None)


_MOST_WILDCARDS = 100  # finding what one stood for takes as long as the text and the glob are


def _lacking(value: GroupValue, operators: TextOperators) -> str | None:
    if operators.glob and operators.regex and is_number(value.group):
        return "glob and regex both have groups; give those of the regex names, (?P<name>…), or leave one of them out"
    for pattern in operators.regex or ():
        if not regex_has(pattern, value.group):
            return f"the regex '{printable(pattern)}' has no such group; put brackets around what is meant"
    for pattern in () if operators.regex else operators.glob or ():
        if not is_number(value.group):
            return f"the wildcards of a glob have numbers: {{{value.owner}.1}}"
        if not glob_has(pattern, value.group):
            return f"the glob '{printable(pattern)}' has not so many wildcards"
        if glob_has(pattern, str(_MOST_WILDCARDS + 1)):
            return f"a glob whose wildcards are written in targets has at most {_MOST_WILDCARDS}; write a regex"
    return None


def _holding(match: Groups, named: Mapping[str, Match]) -> Iterator[Condition]:
    """Yield the conditions that may have held when all of this holds: nothing is found by what is excluded."""
    for condition in match.conditions():
        yield condition
        for name in _names(condition):
            if name in named:
                yield from _holding(named[name], named)
    for table in (*(match.any_ or ()), *(match.all_ or ())):
        yield from _holding(table, named)


def _at(condition: Condition, part: str) -> Iterator[TextOperators]:
    """Yield the operators on a field or a part of it; a header's name may be there more than once."""
    places = [condition] if not part else [inner for key, inner in entries(condition) if key.upper() == part.upper()]
    yield from (each for each in places if isinstance(each, TextOperators))
