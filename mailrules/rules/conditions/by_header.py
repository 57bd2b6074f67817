"""What conditions share that have names of header fields as their keys: `header.NAME`, `address.NAME`, `date.NAME`."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mailrules.rules.headers import NAMES_SCHEMA, is_field_name
from mailrules.rules.tables import Table, wrong_at


class ByHeader(Table):
    """Operators by the name of a header field, whose case does not matter."""

    model_config = ConfigDict(extra="allow")

    below: ClassVar[type[Table]]
    """What stands below a name."""

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = self.model_extra or {}
        if bad := [name for name in names if not is_field_name(name)]:
            raise wrong_at(bad, "no header can have this name: write it as in the message, without the colon")
        return self

    @model_validator(mode="before")
    @classmethod
    def _are_there(cls, value: object) -> object:
        forgotten = [name for name in value if name in cls._operators()] if isinstance(value, dict) else []
        if forgotten:
            raise wrong_at(forgotten, f'a header\'s name comes first, as in "X-Any".{forgotten[0]}')
        return value

    @classmethod
    def _operators(cls) -> frozenset[str]:
        """Name what is no header but stands below one; Date is both."""
        return frozenset(cls.below.keys()) - {"date"}

    @classmethod
    def child(cls, _key: str) -> type[Table] | None:
        """Give the table of operators below a header's name."""
        return cls.below

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the names as well."""
        reference = super().__get_pydantic_json_schema__(core_schema, handler)
        names: JsonSchemaValue = {"pattern": NAMES_SCHEMA, "not": {"enum": sorted(cls._operators())}}
        handler.resolve_ref_schema(reference)["propertyNames"] = names
        return reference
