"""Lets a table inside a table be imported and built when the first value for it is met.

There are some hundred tables that a rule may hold, and it takes pydantic longer to make them all ready to read than it
takes to read a thousand rules, which hold a few kinds of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import core_schema

from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from mailrules.rules.tables import Table


@value(frozen=True, slots=True)
class Deferred:
    """For ``Annotated[Table | None, Deferred(lambda: Subject)]``: it reads what that table reads, with its errors."""

    table: Callable[[], type[Table]]

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Hand a value on to the table itself, without asking how it is built."""
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the table, which is built for that, and None."""
        table = self.table()
        table.model_rebuild()
        return handler(core_schema.nullable_schema(table.__pydantic_core_schema__))

    def _read(self, value: object) -> Table:
        return self.table().model_validate(value)
