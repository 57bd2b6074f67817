"""How TOML becomes models: by the type that was written, with one error a mistake that says what to write instead.

An unknown key surfaces as pydantic's `extra_forbidden` at the key's own place; every other mistake is a
`PydanticCustomError` whose message is meant for the person who wrote the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from math import isfinite
from typing import Annotated, ClassVar, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

from mailrules.rules.docstrings import describe
from mailrules.rules.text import fold

T = TypeVar("T")


def wrong(message: str) -> PydanticCustomError:
    """Make the error for a value that can't be; the message says what to write."""
    return PydanticCustomError("rule", message)


def wrong_at(places: Iterable[str], message: str) -> ValidationError:
    """Make the error for keys of a table that is otherwise in order, each at its own place."""
    return ValidationError.from_exception_data(
        "table", [InitErrorDetails(type=wrong(message), loc=(place,), input=place) for place in places]
    )


def kind(value: object) -> str:
    """Name the TOML type of a value, as in: a size is a number, not a list."""
    match value:
        case None:
            return "missing"
        case bool():
            return "true" if value else "false"
        case str():
            return "text"
        case float() if not isfinite(value):
            return str(value)  # nan, inf
        case int() | float():
            return "a number"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
        case date() | time():
            return "a date or time"
        case _:
            return type(value).__name__


class Table(BaseModel):
    """A TOML table that knows its keys. Fields carry the name in the file as their alias where Python needs another."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, serialize_by_alias=True, defer_build=True)

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ()
    """What `from_bare` takes, as JSON Schema."""

    @model_validator(mode="wrap")
    @classmethod
    def _by_type(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, dict):
            table = value
        elif isinstance(value, cls):
            return value
        else:
            table = cls.from_bare(value)
        if not table:
            raise wrong(f"an empty table says nothing: {cls.usage()}")
        return handler(table)

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Give the table that a value stands for which is none; by default nothing else will do."""
        raise wrong(f"this is {kind(value)} and should be a table: {cls.usage()}")

    @classmethod
    def usage(cls) -> str:
        """Say what to write; for error messages."""
        return f"write one of {', '.join(cls.keys())}"

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """List the keys as written in the file."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @classmethod
    def child(cls, key: str) -> type[Table] | None:
        """Give the table that stands under a key, if one can."""
        for name, field in cls.model_fields.items():
            if key == (field.alias or name):
                return _table_in(field.annotation)
        return None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the table as TOML can write it: without null, and with the bare values that stand for it."""
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        schema["minProperties"] = 1
        describe(cls, schema)
        for described in schema.get("properties", {}).values():
            _without_null(described)
        if cls.bare_schemas:
            table = {key: schema.pop(key) for key in tuple(schema) if key != "description"}
            schema["anyOf"] = [*cls.bare_schemas, table]
        return reference


class SwitchOrTable(Table):
    """A table for which `true` or `false` may stand: its `is`."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ({"type": "boolean"},)

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        if not isinstance(value, bool):
            raise wrong(f"this is {kind(value)}: {cls.usage()}")
        return {"is": value}


def suggestions(root: type[Table], loc: Iterable[int | str]) -> tuple[str, ...]:
    """List the keys that are known where `loc` leads to, for a "did you mean"; none if no table can stand there."""
    table: type[Table] | None = root
    for step in loc:
        if isinstance(step, str) and table is not None:
            table = table.child(step)
    return table.keys() if table is not None else ()


def _table_in(annotation: object) -> type[Table] | None:
    """Find the table in an annotation such as ``tuple[Match, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next(filter(None, map(_table_in, get_args(annotation))), None)


def _without_null(schema: JsonSchemaValue) -> None:
    schema.pop("title", None)
    if schema.get("default", ...) is None:
        del schema["default"]
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del schema["anyOf"]
        schema.update(choices[0])
    elif choices:
        schema["anyOf"] = choices


def each(value: object, read: Callable[[object], T], empty: str) -> tuple[T, ...]:
    """Read one value or a list of them; every wrong item is an error of its own, at its place in the list."""
    if not isinstance(value, list | tuple):
        return (read(value),)
    if not value:
        raise wrong(empty)
    items: list[T] = []
    errors: list[InitErrorDetails] = []
    for position, item in enumerate(value):
        try:
            items.append(read(item))
        except PydanticCustomError as error:
            errors.append(InitErrorDetails(type=error, loc=(position,), input=item))
    if errors:
        raise ValidationError.from_exception_data("list", errors)
    return tuple(items)


LONGEST_PATTERN = 65_536
"""Characters; RE2 has room for a glob of this length, whatever is in it."""


def read_pattern(value: object) -> str:
    """Read what a text is to be compared with."""
    if not isinstance(value, str):
        raise wrong(f"a pattern is text in quotes, not {kind(value)}")
    if not value.strip():
        raise wrong('an empty pattern is in every text; for every message write match = "everything"')
    if not value.isascii() and not fold(value).strip("*?"):
        raise wrong("nothing in this pattern can be seen; look for such characters by regex = '\\x{200B}'")
    return not_too_long(value)


def not_too_long(pattern: str) -> str:
    """Give the pattern, or say that it is too long to be one."""
    if len(pattern) > LONGEST_PATTERN:
        raise wrong(f"a pattern has at most {LONGEST_PATTERN:,} characters")
    return pattern


def read_patterns(value: object) -> tuple[str, ...]:
    """Read one pattern or several."""
    return each(value, read_pattern, "an empty list matches nothing; write at least one pattern")


def read_switch(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise wrong(f"write true or false, without quotes, not {kind(value)}")
    return value


def any_case(*words: str) -> str:
    """Write words whose case does not matter as a regular expression of JSON Schema, which has no flags."""
    return "|".join("".join(f"[{each.upper()}{each.lower()}]" for each in word) for word in words)


def one_or_many(pattern: str) -> tuple[JsonSchemaValue, ...]:
    """Give the JSON Schemas of a text that is like a pattern, and of a list of such texts."""
    one: JsonSchemaValue = {"type": "string", "pattern": pattern}
    return one, {"type": "array", "items": one, "minItems": 1}


_SOMETHING = r"\S"

NonEmpty = Annotated[str, Field(pattern=_SOMETHING)]
ONE_OR_MANY_SCHEMAS = one_or_many(_SOMETHING)
OneOrMany = NonEmpty | Annotated[list[NonEmpty], Field(min_length=1)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(read_patterns, json_schema_input_type=OneOrMany)]
Switch = Annotated[bool, BeforeValidator(read_switch, json_schema_input_type=bool)]
