"""The model of `match`: a key for each registered condition, and `any`, `all` and `not`."""

from __future__ import annotations

from functools import cached_property, partial
from inspect import getdoc
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, create_model
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mailrules.rules.checks import Check, Group, conjunction, disjunction, exclusion
from mailrules.rules.clues import best_guard, joint_guard
from mailrules.rules.conditions import CONDITIONS, Condition
from mailrules.rules.deferring import Deferred
from mailrules.rules.tables import Table, kind, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions


def _only_lists(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise wrong(f"this is {kind(value)} and should be a list of tables: write [{{ ... }}, {{ ... }}]")
    if not value:
        raise wrong("an empty list says nothing: write at least one table in it")
    return value


Tables = Annotated[
    "tuple[Match, ...]", Field(strict=False, json_schema_extra={"minItems": 1}), BeforeValidator(_only_lists)
]


class Groups(Table):
    """What a message has to be like: all keys must hold.

    Of the header fields of one name the first 256 KiB are looked at, and in them the first 5,000 addresses
    and the first 500 dates.
    """

    any_: Annotated[Tables | None, Field(alias="any")] = None
    """At least one of these tables must hold."""
    all_: Annotated[Tables | None, Field(alias="all")] = None
    """All of these tables must hold; for two conditions on one field that need not hold of the same address."""
    not_: Annotated[Match | None, Field(alias="not")] = None
    """None of these keys may hold: each excludes by itself, also each name below `header`, `address`, `date`."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write conditions, as in match.subject = "invoice", or match = "everything"'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Say why nothing but a table will do."""
        if isinstance(value, list):
            raise wrong("this is a list and should be a table; for one of several write { any = [{ ... }, { ... }] }")
        return super().from_bare(value)

    @classmethod
    def child(cls, key: str) -> type[Table] | None:
        """Give the table that stands under a key, if one can."""
        return CONDITIONS[key] if key in CONDITIONS else super().child(key)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe each key by what the class of its condition says."""
        reference = super().__get_pydantic_json_schema__(core_schema, handler)
        properties = handler.resolve_ref_schema(reference)["properties"]
        for key in CONDITIONS.keys() & properties.keys():  # `Groups` itself has none of them
            properties[key]["description"] = getdoc(CONDITIONS[key])
        return reference

    def conditions(self) -> tuple[Condition, ...]:
        """Give the conditions at this level."""
        return self._conditions

    @cached_property
    def _conditions(self) -> tuple[Condition, ...]:
        every = vars(self).values()
        return tuple([value for value in every if value is not None and isinstance(value, Condition)])

    def walk(self) -> Iterator[Condition]:
        """Give every condition, those in groups too."""
        yield from self.conditions()
        for table in (*(self.any_ or ()), *(self.all_ or ())):
            yield from table.walk()
        if self.not_ is not None:
            yield from self.not_.walk()

    def guard(self, definitions: Definitions) -> Guard | None:
        """Give clues without any of which it can't hold; None if none can be looked up."""
        guards = [each.guard(definitions) for each in self.conditions()]
        if self.any_ is not None:
            guards.append(joint_guard(table.guard(definitions) for table in self.any_))
        guards += [table.guard(definitions) for table in self.all_ or ()]
        return guards[0] if len(guards) == 1 else best_guard(guards)

    def check(self, key: str, definitions: Definitions) -> Group:
        """Make it ready to run."""
        return conjunction(key, self._checks(definitions))

    def _checks(self, definitions: Definitions) -> tuple[Check, ...]:
        checks = [check for each in self.conditions() for check in each.checks(definitions)]
        if self.any_ is not None:
            checks.append(disjunction("any", _checks_of(self.any_, definitions)))
        if self.all_ is not None:
            checks.append(conjunction("all", _checks_of(self.all_, definitions)))
        if self.not_ is not None:
            checks.append(exclusion("not", self.not_._checks(definitions)))  # noqa: SLF001 - it is of the same class
        return tuple(checks)


def _checks_of(tables: tuple[Match, ...], definitions: Definitions) -> tuple[Check, ...]:
    return tuple(table.check(str(position), definitions) for position, table in enumerate(tables))


if TYPE_CHECKING:
    Match = Groups
else:
    Match = create_model(
        "Match",
        __base__=Groups,
        __module__=__name__,
        __doc__=Groups.__doc__,
        **{
            f"{key}_": (
                Annotated[Condition | None, Deferred(partial(CONDITIONS.__getitem__, key))],
                Field(default=None, alias=key),
            )
            for key in CONDITIONS
        },
    )
    Match.model_rebuild()  # now that the word Match in its own fields has a meaning
