"""The condition on a message's flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.checks import Leaf
from mailrules.rules.clues import Flag
from mailrules.rules.conditions.base import ABSENT, NOT_KNOWN, Condition, condition, shown
from mailrules.rules.flags import FLAG_SCHEMA, read_flags
from mailrules.rules.plan import flag_key
from mailrules.rules.tables import kind, one_or_many, wrong
from mailrules.rules.text import excerpt
from mailrules.rules.truth import UNKNOWN, truth_of

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

_Flag = Annotated[str, Field(pattern=FLAG_SCHEMA)]
FlagNames = Annotated[
    tuple[str, ...],
    BeforeValidator(read_flags, json_schema_input_type=_Flag | Annotated[list[_Flag], Field(min_length=1)]),
]


@condition("flags")
class Flags(Condition):
    r"""The message's flags; a bare flag or list: it has one of these. For the absence of one: `not.flags = '\Seen'`."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = one_or_many(FLAG_SCHEMA)
    has: FlagNames | None = None
    """One of these is set; their case does not matter."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        if not isinstance(value, str | list):
            raise wrong(f"this is {kind(value)}: write a flag or a list of flags, as in flags = '\\Seen'")
        return {"has": read_flags(value)}

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return "write a flag or a list of flags, as in flags = '\\Seen'"

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        wanted = frozenset(map(flag_key, self.has or ()))

        def check(message: Message, _facts: Facts) -> Truth:
            flags = message.flag_keys
            return UNKNOWN if flags is None else truth_of(not wanted.isdisjoint(flags))

        def seen(message: Message, _facts: Facts) -> str:
            return NOT_KNOWN if message.flags is None else excerpt(", ".join(sorted(message.flags))) or ABSENT

        return (Leaf(f"{self.key}.has", excerpt(shown(self.has or ())), check, seen),)

    def guard(self, _definitions: Definitions) -> Guard:
        """Give the flags, one of which has to be there."""
        return tuple([Flag(flag_key(flag)) for flag in self.has or ()])
