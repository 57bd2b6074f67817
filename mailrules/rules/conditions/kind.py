"""The condition on what kind of mail a message is: `kind`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules import kinds
from mailrules.rules.checks import Leaf, disjunction
from mailrules.rules.conditions.base import NOT_ASKED, NOT_KNOWN, Condition, condition
from mailrules.rules.conditions.mine import is_mine
from mailrules.rules.kinds import Kind
from mailrules.rules.questions import Structure
from mailrules.rules.tables import each, wrong
from mailrules.rules.tables import kind as kind_of
from mailrules.rules.text import excerpt
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN, truth_of

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

_WORDS = ", ".join(f'"{kind.value}"' for kind in Kind)
_SCHEMA: JsonSchemaValue = {"enum": [kind.value for kind in Kind]}
_NOTHING = "(no sign of it)"


def read_kind(value: object) -> Kind:
    """Read the name of a kind."""
    if isinstance(value, Kind):
        return value
    try:
        return Kind(value)
    except ValueError:
        shown = f'"{value}" is no kind of mail' if isinstance(value, str) else f"this is {kind_of(value)}"
        raise wrong(f"{shown}: write one of {_WORDS}") from None


def _read_kinds(value: object) -> tuple[Kind, ...]:
    return each(value, read_kind, f"an empty list matches nothing; write at least one of {_WORDS}")


Kinds = Annotated[
    tuple[Kind, ...],
    BeforeValidator(_read_kinds, json_schema_input_type=Kind | Annotated[list[Kind], Field(min_length=1)]),
    PlainSerializer(lambda found: [kind.value for kind in found], return_type=list[str]),
]


@condition("kind")
class KindOfMail(Condition):
    """What kind of mail it is; of a list one is enough, and a message may be of several kinds.

    `"list"`: it came through a mailing list. `"bulk"`: it was sent to many and can be unsubscribed from, as newsletters
    and most lists. `"auto-reply"`: a machine answers, as when somebody is out of office. `"bounce"`: a report on a
    delivery that failed or is late. `"receipt"`: a notification that something was read. `"calendar"`: there is an
    invitation or another calendar file in it. `"own"`: it is from one of the account's own addresses.
    """

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = (
        _SCHEMA,
        {"type": "array", "items": _SCHEMA, "minItems": 1},
    )
    is_: Annotated[Kinds | None, Field(alias="is")] = None
    """What a bare text or list stands for."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        return {"is": _read_kinds(value)}

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        leaves = tuple(_LEAVES.get(kind, _by_header)(kind) for kind in self.is_ or ())
        return leaves if len(leaves) == 1 else (disjunction(self.key, leaves),)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset().union(*(kinds.HEADERS[kind] for kind in self.is_ or ()))

    def wants(self) -> frozenset[str]:
        """Name the account's settings without which it is always unknown."""
        return frozenset({"addresses"}) if self.is_ == (Kind.OWN,) else frozenset()


def _by_header(kind: Kind) -> Leaf:
    def check(message: Message, _facts: Facts) -> Truth:
        return truth_of(kinds.sign(kind, message) is not None)

    def seen(message: Message, _facts: Facts) -> str:
        return excerpt(kinds.sign(kind, message) or _NOTHING)

    return Leaf("kind", kind.value, check, seen)


def _calendar(kind: Kind) -> Leaf:
    def check(message: Message, _facts: Facts) -> Truth:
        if kinds.sign(kind, message) is not None:
            return TRUE
        return kinds.holds_calendar(message, message.answer(Structure()))

    def seen(message: Message, facts: Facts) -> str:
        if check(message, facts) is UNKNOWN:
            return NOT_KNOWN if message.asked(Structure()) else NOT_ASKED
        inside = "a calendar file in it" if check(message, facts) is TRUE else _NOTHING
        return excerpt(kinds.sign(kind, message) or inside)

    def asks(message: Message, facts: Facts) -> tuple[Structure, ...]:
        return (Structure(),) if check(message, facts) is UNKNOWN else ()

    return Leaf("kind", kind.value, check, seen, asks=asks)


def _own(kind: Kind) -> Leaf:
    def check(message: Message, facts: Facts) -> Truth:
        if not facts.addresses:
            return UNKNOWN
        fields = message.fields.addresses(("FROM",))
        mine = any(is_mine(address, facts) for field in fields for address in field.addresses)
        return TRUE if mine else FALSE

    def seen(message: Message, facts: Facts) -> str:
        if not facts.addresses:
            return "(the account has no addresses)"
        return excerpt(", ".join(field.text.value for field in message.fields.addresses(("FROM",))) or _NOTHING)

    return Leaf("kind", kind.value, check, seen)


_LEAVES = {Kind.CALENDAR: _calendar, Kind.OWN: _own}
