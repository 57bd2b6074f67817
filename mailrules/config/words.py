"""Says in plain words what a value should have been.

Pydantic finds the mistakes; its phrases are for programmers. This is the one place that turns them into ours, and what
the settings' own validators raise (``ValueError`` with a sentence) comes through as it is.
"""

from collections.abc import Mapping
from datetime import date, time

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mailrules.config.problems import printable
from mailrules.rules import Table, suggestions


def kind_of(value: object) -> str:
    """Name a TOML value's type as its writer would: ``text``, ``a number``, ``a list``."""
    match value:
        case str():
            return "text"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case date() | time():
            return "a date"
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
    return "that"


def expected(what: str, value: object) -> str:
    """Return ``expected a number, not text``."""
    return f"expected {what}, not {kind_of(value)}"


def message(error: ErrorDetails, noun: str) -> str:
    """Return the message for one error that pydantic found in what its user calls a ``noun``."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "value_error":
        return printable(str(context["error"]))
    if kind == "rule":  # said by the rules themselves
        return printable(error["msg"])
    if kind == "missing":
        return f"missing; every {noun} needs it"
    if kind in {"int_type", "int_from_float"} and isinstance(value, float):
        return "expected a whole number, without a point"
    if kind in _TYPES:
        return expected(_TYPES[kind], value)
    if kind == "literal_error":
        known = str(context["expected"])
        if isinstance(value, str):
            return f"expected {known}, not '{printable(value)}'"
        return expected(known, value)
    if kind in _BOUNDS:
        words, limit = _BOUNDS[kind]
        return f"must be {words} {context[limit]:g}"
    return "this value does not fit here"


def keys_at(model: type[BaseModel], path: tuple[str | int, ...] = ()) -> frozenset[str]:
    """Return the keys that a model knows at a path inside it, as they are written in the file."""
    if issubclass(model, Table):
        return frozenset(suggestions(model, path))
    return frozenset(field.alias or name for name, field in model.model_fields.items())


_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
}

_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
