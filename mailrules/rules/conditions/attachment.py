"""The condition on files at a message: `attachment`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.conditions.base import condition
from mailrules.rules.conditions.mime import PartCondition
from mailrules.rules.mime.items import Item, items_of
from mailrules.rules.questions import Structure
from mailrules.rules.tables import Switch, kind, wrong
from mailrules.rules.truth import opposite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mailrules.rules.checks import Found
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Question
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts


@condition("attachment")
class Attachment(PartCondition):
    """The files at a message: `true` for any, `false` for none, or what one of them has to be like.

    An attachment is a part that says it is one, a part with a name unless it is text to be shown in its place, and any
    message within the message. Those of messages within count too; images without a name that the text shows do not.
    Only the message's structure is asked for, and only if everything else leaves it open; of its parts the first 1,000
    are looked at.
    """

    exists: Switch | None = None
    """What a bare `true` or `false` stands for: whether there is an attachment."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ({"type": "boolean"},)
    value_parts: ClassVar[tuple[str, ...]] = ("name",)

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare value, or say why there is none."""
        if not isinstance(value, bool):
            raise wrong(f"this is {kind(value)}: {cls.usage()}")
        return {"exists": value}

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write attachment = true, or a table, as in attachment.name.glob = "*.pdf"'

    @model_validator(mode="after")
    def _stands_alone(self) -> Self:
        if self.exists is False and self.model_fields_set != {"exists"}:
            raise wrong("exists = false stands alone: what is absent can't be like anything")
        if self.exists and self.count is not None and self.count.means_none:
            raise wrong("exists = true and a count of 0 are never both so: leave exists out")
        return self

    def candidates(self, items: Sequence[Item]) -> Sequence[Item]:
        """Choose the attachments."""
        return [item for item in items if item.is_attachment]

    def wanted_alone(self) -> list[tuple[str, str]]:
        """List what is wanted, for the trace, where nothing is wanted of any one attachment."""
        return [("exists", str(self.exists).lower())]

    def _decide(self, truths: Iterable[Truth]) -> Truth:
        decided = super()._decide(truths)
        return opposite(decided) if self.exists is False else decided

    @classmethod
    def value_fields(cls, _part: str) -> frozenset[str]:
        """Give no header fields: the structure has the names."""
        return frozenset()

    @classmethod
    def value_questions(cls, _part: str, _message: Message, _facts: Facts) -> Iterable[Question[object]]:
        """Ask for the structure."""
        return (Structure(),)

    @classmethod
    def value(cls, _part: str, message: Message, found: Found) -> str | None:
        """Give the name of the attachment that the rule matched by, else the first name there is."""
        item = found.get(cls.key)
        if not isinstance(item, Item):
            names = (item.name for item in items_of(message) or () if item.is_attachment and item.name is not None)
            return next((name.value for name in names), None)
        return None if item.name is None else item.name.value
