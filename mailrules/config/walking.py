"""Goes through the conditions of rules and the named ones, each with the place where it stands."""

from collections.abc import Iterator, Sequence

from mailrules.config.advice import PlacedRule
from mailrules.config.definitions import Defined
from mailrules.config.problems import KeyPath
from mailrules.config.sources import Document, value_at
from mailrules.rules import Table
from mailrules.rules.match import Groups


def matches(rules: Sequence[PlacedRule], defined: Defined) -> Iterator[tuple[Document, KeyPath, Groups]]:
    """Yield each ``match`` of a rule and each named condition, with its place."""
    for rule in rules:
        if isinstance(rule.rule.match, Groups):
            yield rule.document, (*rule.path, "match"), rule.rule.match
    for name, placed in defined.conditions.items():
        if placed is not None:
            yield placed.document, ("conditions", name), placed.match


def tables_in(rules: Sequence[PlacedRule], defined: Defined) -> Sequence[tuple[Document, KeyPath, Table]]:
    """Give every table in the conditions of rules and in the named ones, with its place."""
    return [
        (document, where, table)
        for document, path, match in matches(rules, defined)
        for where, table in tables(match, path)
    ]


def tables(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, Table]]:
    """Yield a table and all those in it, with their places."""
    if isinstance(value, Table):
        yield path, value
        for key, inner in entries(value):
            if isinstance(inner, Table | tuple):
                yield from tables(inner, (*path, key))
    elif isinstance(value, tuple) and value and not isinstance(value[0], str):  # most are texts, and no tables
        for position, inner in enumerate(value):
            yield from tables(inner, (*path, position))


def entries(table: Table) -> Iterator[tuple[str, object]]:
    """Yield the keys of a table that have a value, as they are written."""
    fields = type(table).__pydantic_fields__
    for name, value in vars(table).items():
        if value is not None and name in fields:  # there are many keys, and a rule has a few of them
            yield fields[name].alias or name, value
    if table.model_extra:
        yield from table.model_extra.items()


def written(path: KeyPath, document: Document, start: KeyPath = ()) -> KeyPath:
    """Return a place in a model as far as it is in the file, where one text can stand for a list or a table of it."""
    value = document.at(start)
    kept: list[str | int] = []
    for part in path:
        inner = value_at(value, (part,))
        if inner is not None:
            kept.append(part)
            value = inner
    return tuple(kept)
