"""Writes rule files as a person would: dotted keys, flags in single quotes, one item a line where a list is long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time

from pydantic import ValidationError

from mailrules.rules import Rule
from mailrules.rules.tables import Table
from mailrules.rules.text import is_unprintable

_WIDTH = 110
_INDENT = "  "
_BARE_KEY = re.compile(r"[A-Za-z0-9_]+")  # TOML allows hyphens too, but header."X-Spam-Flag" is easier to read
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_NAMED = ("accounts", "tables", "conditions")
"""The tables that stand below a name: ``[accounts.NAME]``."""


def print_file(values: Mapping[str, object]) -> str:
    """Write a whole rule file, its tables in the order of the mapping; what TOML reads from it is the same again."""
    blocks = ["\n".join(_lines("", {key: value for key, value in values.items() if not _is_block(value)}))]
    for key, value in values.items():
        if isinstance(value, Mapping):
            blocks += _tables(key, value)
        elif _is_block(value) and isinstance(value, Sequence):
            blocks += [print_table(key, table) for table in value]
    return "\n\n".join(filter(None, blocks)) + "\n"


def print_table(key: str, table: Mapping[str, object]) -> str:
    """Write one table of several: ``[[rules]]`` with what belongs to it."""
    return "\n".join([f"[[{_key(key)}]]", *_lines("", table)])


def print_rule(rule: Rule) -> str:
    """Write a rule; read again it is the same."""
    return print_table("rules", rule_table(rule))


def rule_table(rule: Rule) -> dict[str, object]:
    """Give a rule as the table that a person would write: bare values for what they stand for, no defaults."""
    given = rule.model_dump(mode="json", exclude_unset=True)
    full = {
        key: _no_table_empty(value, given[key])
        for key, value in rule.model_dump(mode="json", exclude_defaults=True).items()
    }
    short = _short(full, Rule)
    if isinstance(short, dict) and Rule.model_validate(short) == rule:
        return short
    return full


def _no_table_empty(value: object, given: object) -> object:
    """Give a table without its defaults, or as it was given if it has nothing else: ``duplicate = true``."""
    match value, given:
        case dict(), dict():
            return {key: _no_table_empty(each, given[key]) for key, each in value.items()} or given
        case list(), list():
            return [_no_table_empty(*each) for each in zip(value, given, strict=True)]
        case _:
            return value


def _short(value: object, model: type[Table] | None) -> object:
    """Write tables and lists of one item as the bare value that means the same."""
    match value:
        case [single] if not isinstance(single, dict | list):
            return single
        case list():
            return [_short(item, model) for item in value]
        case dict():
            table = {key: _short(item, model.child(key) if model else None) for key, item in value.items()}
            bare = next(iter(table.values())) if len(table) == 1 else None
            return bare if bare is not None and model and _is_same(model, table, bare) else table
        case _:
            return value


def _is_same(model: type[Table], table: Mapping[str, object], bare: object) -> bool:
    if isinstance(bare, dict):
        return False
    try:
        return model.model_validate(bare) == model.model_validate(table)
    except ValidationError:
        return False


def _is_block(value: object) -> bool:
    """Tell what is written as tables with headers of their own."""
    if isinstance(value, Mapping):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _tables(key: str, table: Mapping[str, object]) -> Iterator[str]:
    if key in _NAMED and table and all(isinstance(value, Mapping) for value in table.values()):
        for name, value in table.items():
            if isinstance(value, Mapping):
                yield "\n".join([f"[{_key(key)}.{_key(name)}]", *_lines("", value)])
    else:
        yield "\n".join([f"[{_key(key)}]", *_lines("", table)])


def _lines(prefix: str, table: Mapping[str, object]) -> Iterator[str]:
    """Write ``key = value``, keys of tables in tables joined by dots."""
    for key, value in table.items():
        name = prefix + _key(key)
        if isinstance(value, Mapping) and value:
            yield from _lines(f"{name}.", value)
        else:
            yield f"{name} = {_value(value, len(name) + 3)}"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _value(value: object, column: int) -> str:
    """Write a value that begins in this column; what gets too long goes over several lines."""
    written = _inline(value)
    if not isinstance(value, list) or not value or (len(value) == 1 and column + len(written) <= _WIDTH):
        return written
    if column + len(written) <= _WIDTH and not any(isinstance(item, Mapping) for item in value):
        return written
    return "\n".join(["[", *(f"{_INDENT}{_inline(item)}," for item in value), "]"])


def _inline(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _long_text(value) if "\n" in value else _text(value)
        case int() | float():
            return repr(value)
        case date() | time():
            return value.isoformat()
        case Mapping():
            return f"{{ {', '.join(_pairs('', value))} }}" if value else "{}"
        case Iterable():
            return f"[{', '.join(map(_inline, value))}]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _pairs(prefix: str, table: Mapping[str, object]) -> Iterator[str]:
    for key, value in table.items():
        name = prefix + _key(key)
        if isinstance(value, Mapping) and value:
            yield from _pairs(f"{name}.", value)
        else:
            yield f"{name} = {_inline(value)}"


def _text(text: str) -> str:
    """Write text in double quotes, in single ones where it has a backslash or a double quote."""
    if ("\\" in text or '"' in text) and "'" not in text and not any(map(is_unprintable, text)):
        return f"'{text}'"
    return f'"{_escaped(text)}"'


def _long_text(text: str) -> str:
    """Write several lines as they are, between three quotes."""
    return '"""\n' + "\n".join(map(_escaped, text.split("\n"))) + '"""'


def _escaped(text: str) -> str:
    return "".join(_escape(each) for each in text)


def _escape(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if not is_unprintable(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
