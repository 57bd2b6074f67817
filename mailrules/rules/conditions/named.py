"""The condition that is written elsewhere and referred to by its name: `condition`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.checks import disjunction
from mailrules.rules.clues import joint_guard
from mailrules.rules.conditions.base import Condition, condition
from mailrules.rules.conditions.operators import read_name
from mailrules.rules.tables import ONE_OR_MANY_SCHEMAS, OneOrMany, each, kind, wrong

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions


def _read_names(value: object) -> tuple[str, ...]:
    if not isinstance(value, str | list | tuple):
        raise wrong(
            f'this is {kind(value)}: write a name, as in condition = "vip" for what stands under [conditions.vip]'
        )
    return each(value, read_name, "an empty list means no condition; write the name of at least one")


Names = Annotated[tuple[str, ...], BeforeValidator(_read_names, json_schema_input_type=OneOrMany)]


@condition("condition")
class Named(Condition):
    """A condition that `[conditions.NAME]` writes down, by its name; of a list one is enough."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ONE_OR_MANY_SCHEMAS
    is_: Annotated[Names | None, Field(alias="is")] = None
    """What a bare name or list stands for."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare name or list."""
        return {"is": _read_names(value)}

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        named = tuple(map(definitions.check, self.names))
        return named if len(named) == 1 else (disjunction(self.key, named),)

    def guard(self, definitions: Definitions) -> Guard | None:
        """Give clues from the conditions themselves."""
        guards = tuple(map(definitions.guard, self.names))
        return guards[0] if len(guards) == 1 else joint_guard(guards)

    @property
    def names(self) -> tuple[str, ...]:
        """The names."""
        return self.is_ or ()
