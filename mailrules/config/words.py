"""Says in plain words what a value should have been.

Pydantic finds the mistakes; its phrases are for programmers. This is the one place that turns them into ours, and what
the settings' own validators raise (``ValueError`` with a sentence) comes through as it is.
"""

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mailrules.rules import Table, suggestions
from mailrules.rules.tables import kind
from mailrules.rules.text import printable


def expected(what: str, value: object) -> str:
    """Return ``expected a number, not text``."""
    return f"expected {what}, not {kind(value)}"


def message(error: ErrorDetails, noun: str) -> str:
    """Return the message for one error that pydantic found in what its user calls a ``noun``."""
    fault, value, context = error["type"], error["input"], error.get("ctx", {})
    if fault == "value_error":
        return printable(str(context["error"]))
    if fault == "rule":  # said by the rules themselves
        return printable(error["msg"])
    if fault == "missing":
        return f"missing; every {noun} needs it"
    if fault in {"int_type", "int_from_float"} and isinstance(value, float):
        return "expected a whole number, without a point"
    if fault in _TYPES:
        return expected(_TYPES[fault], value)
    if fault == "literal_error":
        known = str(context["expected"])
        if isinstance(value, str):
            return f"expected {known}, not '{printable(value)}'"
        return expected(known, value)
    if fault in _BOUNDS:
        words, limit = _BOUNDS[fault]
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
