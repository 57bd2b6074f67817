"""Reads what a rule file defines by name: `[tables.NAME]`, with the files that they name, and `[conditions.NAME]`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from mailrules.config.findings import Findings
from mailrules.config.model import LookupTable
from mailrules.config.problems import ConfigError, Problem
from mailrules.config.rows import read_rows
from mailrules.config.searches import wrong_searches
from mailrules.config.sources import Document
from mailrules.config.words import expected, keys_at
from mailrules.rules.definitions import Definitions
from mailrules.rules.lookup import Lookup
from mailrules.rules.match import Match
from mailrules.rules.text import printable
from mailrules.values import value

Model = TypeVar("Model", bound=BaseModel)

_NAME = re.compile(r"[\w-]+")


@value(frozen=True, slots=True)
class PlacedMatch:
    """A named condition and where it stands."""

    match: Match
    document: Document


@value(slots=True)
class Defined:
    """What is defined, and what is wrong with the files of tables. A known name may stand for what is broken."""

    settings: dict[str, LookupTable] = field(default_factory=dict)
    lookups: dict[str, Lookup | None] = field(default_factory=dict)
    conditions: dict[str, PlacedMatch | None] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    """Where each table stands."""
    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def matches(self) -> Mapping[str, Match]:
        """The named conditions that are in order."""
        return {name: placed.match for name, placed in self.conditions.items() if placed}

    def definitions(self) -> Definitions:
        """Give all of it to the rules, once nothing is wrong with it."""
        tables = {name: lookup for name, lookup in self.lookups.items() if lookup is not None}
        return Definitions(tables, self.matches)


def read_definitions(documents: Sequence[Document], findings: Findings) -> Defined:
    """Read what all the documents define; what is wrong in them is noted."""
    defined = Defined()
    for document, name, table in _named(documents, "tables", LookupTable, "table", findings):
        defined.lookups[name], defined.documents[name] = None, document
        if table is not None:
            defined.settings[name] = table
            defined.lookups[name] = _lookup(document, name, table, defined, findings)
    for document, name, match in _named(documents, "conditions", Match, "condition", findings):
        defined.conditions[name] = None if match is None else PlacedMatch(match, document)
        for where, text in wrong_searches(document.at(("conditions", name)), ("conditions", name)):
            findings.add(document, where, text)
    return defined


def _named(
    documents: Sequence[Document], key: str, model: type[Model], noun: str, findings: Findings
) -> Iterator[tuple[Document, str, Model | None]]:
    """Yield each table of a kind with its name; None for one that is not in order."""
    first: dict[str, Document] = {}
    for document in documents:
        tables = document.values.get(key, {})
        if not isinstance(tables, dict):
            findings.add(document, (key,), _nameless(key, noun, tables))
            continue
        keys = keys_at(model)
        if any(name in keys and not isinstance(value, dict) for name, value in tables.items()):
            findings.add(document, (key,), f"a {noun} has a name: [{key}.NAME], such as [{key}.{_EXAMPLES[key]}]")
            continue
        for name in tables:
            path = (key, name)
            if name in first:
                place = first[name].place(path)
                findings.add(document, path, f"there is a {noun} of this name already, at {place}")
                continue
            first[name] = document
            if not _NAME.fullmatch(name):
                findings.add(document, path, f"the name of a {noun} has letters, digits, - and _ only")
            yield document, name, findings.validate(document, path, model, noun)


_EXAMPLES = {"tables": "customers", "conditions": "vip"}


def _nameless(key: str, noun: str, value: object) -> str:
    if isinstance(value, list):
        return f"a {noun} has a name, and single brackets around it: [{key}.NAME]"
    return expected(f"tables [{key}.NAME]", value)


def _lookup(document: Document, name: str, table: LookupTable, defined: Defined, findings: Findings) -> Lookup | None:
    """Give a table with its rows, from its file if it has one."""
    if table.file is None:
        return Lookup(table.rows or {}, table.parents)
    defined.files.append(table.file)
    try:
        rows = read_rows(table.file, document.words(("tables", name)), int(table.header))
    except ConfigError as error:
        defined.problems += error.problems
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else (error.strerror or "").lower()
        why = why if error.errno is None or isinstance(error, FileNotFoundError) else f"cannot be read ({why})"
        findings.add(document, ("tables", name, "file"), f"{printable(str(table.file))}: {why}")
    else:
        return Lookup(rows, table.parents)
    return None
