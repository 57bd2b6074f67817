"""The condition on how a message is addressed to oneself: `to_me`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.base import ABSENT, Condition, condition, shown
from mailrules.rules.domains import a_labels
from mailrules.rules.tables import each, kind, wrong
from mailrules.rules.text import excerpt, fold
from mailrules.rules.truth import UNKNOWN, truth_of

if TYPE_CHECKING:
    from mailrules.rules.addressfield import Address
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

Way = Literal["only", "to", "cc", "no"]
WAYS: tuple[Way, ...] = ("only", "to", "cc", "no")
_CHOICES = ", ".join(f'"{way}"' for way in WAYS)
_SCHEMA: JsonSchemaValue = {"enum": list(WAYS)}
_TO, _CC, _ALL = ("TO",), ("CC",), ("TO", "CC", "BCC")


def is_mine(address: Address, facts: Facts) -> bool:
    """Tell whether an address is one of the account's; what stands behind a plus sign in it does not matter."""
    domain = address.domain.folded if address.domain else ""
    mine = _spellings(facts.addresses)
    return f"{address.local.folded}@{domain}" in mine or f"{address.user.folded}@{domain}" in mine


@lru_cache(maxsize=256)
def _spellings(addresses: tuple[str, ...]) -> frozenset[str]:
    parts = (address.rpartition("@") for address in addresses)
    return frozenset(f"{fold(local)}@{a_labels(domain)}" for local, _, domain in parts)


def read_way(value: object) -> Way:
    """Read how a message is addressed."""
    for way in WAYS:
        if value == way:
            return way
    said = f'"{value}" is none of them' if isinstance(value, str) else f"this is {kind(value)}"
    raise wrong(f"{said}: write one of {_CHOICES}")


def _read_ways(value: object) -> tuple[Way, ...]:
    return each(value, read_way, f"an empty list matches nothing; write at least one of {_CHOICES}")


Ways = Annotated[
    tuple[Way, ...],
    BeforeValidator(_read_ways, json_schema_input_type=Way | Annotated[list[Way], Field(min_length=1)]),
]


@condition("to_me")
class ToMe(Condition):
    """How the message is addressed to one of the account's own `addresses`; of a list one way is enough.

    `"only"`: to me and to nobody else. `"to"`: I am in To. `"cc"`: I am in Cc. `"no"`: I am in neither, nor in Bcc, as
    with mailing lists and blind copies. An address with a detail, `ann+shop@example.org`, is mine if it is without.
    """

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = (
        _SCHEMA,
        {"type": "array", "items": _SCHEMA, "minItems": 1},
    )
    is_: Annotated[Ways | None, Field(alias="is")] = None
    """What a bare text or list stands for."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        return {"is": _read_ways(value)}

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        ways = self.is_ or ()

        def check(message: Message, facts: Facts) -> Truth:
            return truth_of(any(_holds(way, message, facts) for way in ways)) if facts.addresses else UNKNOWN

        def seen(message: Message, facts: Facts) -> str:
            if not facts.addresses:
                return "(the account has no addresses)"
            return excerpt(", ".join(field.text.value for field in message.fields.addresses(_ALL))) or ABSENT

        return (Leaf(self.key, shown(ways), check, seen),)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset(_ALL)

    def wants(self) -> frozenset[str]:
        """Name the account's settings without which it is always unknown."""
        return frozenset({"addresses"})


def _holds(way: Way, message: Message, facts: Facts) -> bool:
    match way:
        case "only":
            found = _mine(message, _ALL, facts)
            return bool(found) and all(found)
        case "to":
            return any(_mine(message, _TO, facts))
        case "cc":
            return any(_mine(message, _CC, facts))
        case "no":
            return not any(_mine(message, _ALL, facts))


def _mine(message: Message, headers: tuple[str, ...], facts: Facts) -> list[bool]:
    """Tell of each address in these fields whether it is mine."""
    return [is_mine(address, facts) for field in message.fields.addresses(headers) for address in field.addresses]
