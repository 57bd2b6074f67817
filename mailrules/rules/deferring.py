"""Lets a table inside a table be built when the first value for it is met.

There are some hundred tables that a rule may hold, and it takes pydantic longer to make them all ready to read than it
takes to read a thousand rules, which hold a few kinds of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import core_schema

from mailrules.values import value

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from mailrules.rules.tables import Table


@value(frozen=True, slots=True)
class Deferred:
    """For ``Annotated[Subject | None, Deferred(Subject)]``: it reads what the table reads, with the same errors."""

    table: type[Table]

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Hand a value on to the table itself, without asking how it is built."""
        return core_schema.no_info_plain_validator_function(self.table.model_validate)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the table, which is built for that, and None."""
        self.table.model_rebuild()
        return handler(core_schema.nullable_schema(self.table.__pydantic_core_schema__))
