"""The condition on the addresses in any header field: `address.NAME`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from mailrules.rules.clues import best_guard
from mailrules.rules.conditions.address import AddressCondition
from mailrules.rules.conditions.base import Condition, condition
from mailrules.rules.conditions.by_header import ByHeader
from mailrules.rules.tables import Table

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions


@condition("address")
class AddressOf(Condition, ByHeader):
    """The addresses in any header field by its name, as in `address."Resent-To" = "ann@example.org"`.

    Below the name stands what stands below `from` or `to`.
    """

    __pydantic_extra__: dict[str, AddressCondition]
    below: ClassVar[type[Table]] = AddressCondition

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write a header\'s name below it: address."Resent-To" = "ann@example.org"'

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        named = self.__pydantic_extra__.items()
        return tuple(check for name, each in named for check in _of(name, each).checks(definitions))

    def guard(self, definitions: Definitions) -> Guard | None:
        """Give clues from the operators of one of the headers."""
        return best_guard(_of(name, each).guard(definitions) for name, each in self.__pydantic_extra__.items())

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset(name.upper() for name in self.__pydantic_extra__)


def _of(name: str, operators: AddressCondition) -> AddressCondition:
    """Give the operators as those of a header field."""
    values = {field: getattr(operators, field) for field in AddressCondition.model_fields}
    return _condition_of(name).model_construct(operators.model_fields_set, **values)


@lru_cache(maxsize=256)
def _condition_of(name: str) -> type[AddressCondition]:
    """Make the condition on a header field, which is named as in the file."""
    return type("Addresses", (AddressCondition,), {"key": f"address.{name}", "headers": (name.upper(),)})
