r"""TOML's own traps: what is easily written, and means something else or nothing at all.

Each gets a message that says what to write. `clash`, `split_table` and `backslash` explain text that is not TOML;
`control_characters` and `misplaced` find what is TOML but surely not meant.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from mailrules.config.locate import Kind, Mark
from mailrules.config.problems import KeyPath, render
from mailrules.rules import Table
from mailrules.rules.flags import SETTABLE_FLAGS
from mailrules.rules.match import Match
from mailrules.rules.plan import SPECIAL_USES
from mailrules.rules.text import printable

SPLIT_TABLE: Final = (
    "an inline table { … } must stay on one line; give each key a line of its own instead (match.from = …)"
)

SINGLE_BRACKETS: Final = "each rule begins with two brackets around its header: [[rules]]"

SINGLE_BRACKETS_OF_TESTS: Final = "each test begins with two brackets around its header: [[tests]]"


def clash(marks: Iterable[Mark], lines: Sequence[str], line: int) -> str | None:
    """Explain why the key or header on a line cannot stand beside an earlier one; None if no such pair is found."""
    values: dict[KeyPath, Mark] = {}
    tables: dict[KeyPath, Mark] = {}  # by their own header, or by dotted keys
    lists: dict[KeyPath, Mark] = {}
    for mark in marks:
        if mark.line > line:
            break
        earlier = _value_above(mark, values) or tables.get(mark.path)
        if mark.kind is Kind.TABLE:
            if earlier := earlier or lists.get(mark.path):
                return _second_table(mark, earlier)
            tables[mark.path] = mark
        elif mark.kind is Kind.ARRAY_TABLE:
            if earlier := earlier or values.get(mark.path[:-1]) or tables.get(mark.path[:-1]):
                return _second_table(mark, earlier)
            lists.setdefault(mark.path[:-1], mark)
        elif mark.kind is Kind.KEY:
            if earlier:
                return _second_value(mark, earlier, lines)
            values[mark.path] = mark
            for length in range(len(mark.path) - len(mark.keys) + 1, len(mark.path)):
                tables.setdefault(mark.path[:length], mark)
    return None


def _value_above(mark: Mark, values: Mapping[KeyPath, Mark]) -> Mark | None:
    """Return the plain value that stands where a mark wants a table, or where it wants a value itself."""
    # What lies above a key's own parts is the table it stands in, which may be the value of a key.
    above = len(mark.path) - len(mark.keys) if mark.kind is Kind.KEY else 0
    prefixes = (mark.path[:length] for length in range(above + 1, len(mark.path) + 1))
    return next((values[prefix] for prefix in prefixes if prefix in values), None)


def _second_table(mark: Mark, earlier: Mark) -> str:
    name = render(mark.keys)
    if mark.path[:1] == ("rules",) and len(mark.keys) == 1:
        return SINGLE_BRACKETS
    if mark.path[:1] == ("tests",) and len(mark.keys) == 1:
        return SINGLE_BRACKETS_OF_TESTS
    return f"{name} has keys already (line {earlier.line}); keep all of them in one place"


def _second_value(mark: Mark, earlier: Mark, lines: Sequence[str]) -> str:
    name = render(mark.keys)
    if mark.path != earlier.path or earlier.kind is not Kind.KEY:
        return _value_beside_keys(mark, earlier, lines)
    first = f"{name} is given twice (first on line {earlier.line})"
    match mark.path:
        case ("rules", int(), "then", "move" | "trash" | "expunge", *_):
            return f"{first}; a rule has one ending, and then.copy for further mailboxes"
        case ("rules", int(), "match" | "then", *_):
            return f'{first}; several values are one list: {name} = ["…", "…"]'
        case ("rules", int(), *_):
            return f"{first}; keep one, or begin another rule above it with [[rules]]"
    return f"{first}; keep one"


def _value_beside_keys(mark: Mark, earlier: Mark, lines: Sequence[str]) -> str:
    """Explain ``match.from = "@b"`` beside ``match.from.name = "c"``, in whatever order they stand."""
    short, long = sorted((mark, earlier), key=lambda one: len(one.path))
    name = render(tuple(part for part in short.path[_outer(short.path) :] if isinstance(part, str)))
    first = f"{name} has both a value of its own (line {short.line}) and further keys (line {long.line})"
    key, _, value = lines[short.line - 1].partition("=")
    if key.strip() != render(short.keys) or short.line != short.end:
        value = "…"
    if value.strip().startswith("{") or short.kind is not Kind.KEY:
        return f"{first}; keep all of them in one place"
    if short.path[2:3] == ("match",) and (operator := _shorthand(short.path[3:])):
        return f"{first}; give the value a key too: {name}.{operator} = {value.strip()}"
    return f"{first}; keep one of them"


def _shorthand(path: KeyPath) -> str | None:
    """Return the operator that a bare value stands for at a path under ``match``."""
    table: type[Table] | None = Match
    for key in path:
        table = table.child(key) if isinstance(key, str) and table else table
    operator = getattr(table, "shorthand", None)
    return operator.rstrip("_") if isinstance(operator, str) else None


def _outer(path: KeyPath) -> int:
    return 2 if path[:1] in {("rules",), ("tests",), ("accounts",), ("tables",), ("conditions",)} else 0


def split_table(marks: Iterable[Mark], line: int) -> Mark | None:
    """Return the inline table that goes on over the end of a line and holds, or just precedes, the given line."""
    return next((m for m in marks if m.kind is Kind.SPLIT and m.line <= line <= m.end + 1), None)


def backslash(here: str, column: int) -> str:
    r"""Explain a backslash in double quotes that is no escape of TOML's: ``"\Seen"``, ``"\d+"``."""
    flag = next((m for m in re.finditer(r'"(\\[A-Za-z]+)"', here) if m.start() < column <= m.end() + 1), None)
    if flag and flag[1].lower() in _NAMES:  # what else it may be is not shown: perhaps a password
        return f"a backslash in double quotes begins an escape; use single quotes: '{flag[1]}'"
    return r"a backslash in double quotes begins an escape; use single quotes: '…\…'"


def may_hold_control(text: str) -> bool:
    """Tell whether values of a TOML text can hold a control character: else they need not be gone through."""
    return any(each in text for each in _AROUND_CONTROL) or _ESCAPE.search(text) is not None


def control_characters(document: Mapping[str, object]) -> Iterator[tuple[KeyPath, str]]:
    r"""Find texts into which an escape has put a control character: ``"\flagged"`` is a form feed and ``lagged``."""
    for path, text in _texts((), document):
        if (first := _CONTROL.search(text)) is None:
            continue
        allowed = "\t\n" if path[2:3] in {("match",), ("message",)} or path[:1] == ("conditions",) else ""
        found = next((each for each in _CONTROL.findall(text, first.start()) if each not in allowed), None)
        if found is not None:
            name = _CONTROLS.get(found, "a control character")
            if path[:1] in {("rules",), ("tests",), ("tables",), ("conditions",)}:
                yield path, _shown(text, name)
            else:  # under a misspelt key it may be a password
                yield path, f"{name} in double quotes; delete it, or write the text in single quotes"


def _shown(text: str, name: str) -> str:
    shown = printable(text)
    remedy = (
        "delete it" if "'" in text or len(shown) > 60 else f"if a backslash is meant, write '{shown}' in single quotes"
    )
    return f'"{shown[:60]}" in double quotes holds {name}; {remedy}'


def _texts(path: KeyPath, value: object) -> Iterator[tuple[KeyPath, str]]:
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, inner in value.items():
                if key != "password":  # never shown, and any character may be meant
                    yield (*path, key), str(key)
                    yield from _texts((*path, key), inner)
        case list():
            for index, inner in enumerate(value):
                yield from _texts((*path, index), inner)


def misplaced(path: KeyPath, marks: Iterable[Mark], of_rules: Container[str]) -> str | None:
    """Explain an unknown key that TOML gave to another table than was meant; ``of_rules`` are the keys of a rule."""
    key = path[-1]
    if key == "include":
        return "it belongs at the top of the file, above the first [table]"
    if len(path) == 1 and key in of_rules and any(m.path == path and m.kind is Kind.TABLE for m in marks):
        return f"a rule's own table has the rule's header before its name: [rules.{render(path)}], below [[rules]]"
    if path[:1] == ("rules",) and len(path) > 3 and key in of_rules:
        within = [m for m in marks if m.path[:2] == path[:2]]
        line = next((m.header for m in within if m.path[: len(path)] == path), None)
        headers = [m for m in within if m.kind is not Kind.KEY and m.line == m.header and len(m.path) > 2]
        if header := next((m for m in headers if m.line == line), None):
            brackets = "[[{}]]" if header.kind is Kind.ARRAY_TABLE else "[{}]"
            return (
                f"it stands under {brackets.format(render(header.keys))} (line {line}) and so is read as part of that; "
                f"put it further up, under [[rules]] and above line {headers[0].line}"
            )
    return None


_NAMES: Final = frozenset(map(str.lower, (*SETTABLE_FLAGS, *SPECIAL_USES)))

_ESCAPE: Final = re.compile(r"\\[befnrtuUx]")
_AROUND_CONTROL: Final = ("\t", '"""', "'''")
"""What else a control character gets into a value by: as a tab, or as an end of a line between such quotes."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_CONTROLS: Final = {
    "\b": r"a backspace (\b)",
    "\t": r"a tab (\t)",
    "\n": r"a line break (\n)",
    "\f": r"a form feed (\f)",
    "\r": r"a carriage return (\r)",
}
