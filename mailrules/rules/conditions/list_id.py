"""The condition on the mailing list a message came through: `list_id`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.base import Condition, condition, holds_if_absent, holds_if_found, seen_texts
from mailrules.rules.conditions.operators import TextOperators, join_wanted
from mailrules.rules.index import best_guard
from mailrules.rules.message import ListId as ListIdField

if TYPE_CHECKING:
    from mailrules.rules.checks import Check, Found
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.text import Text
    from mailrules.rules.verdict import Facts

_HEADER = frozenset({"LIST-ID"})


@dataclass(frozen=True, slots=True)
class _ListIds:
    """A part of each List-Id, as a source of clues."""

    part: Literal["identifier", "name"]

    def texts(self, message: Message) -> list[Text]:
        return [each.name if self.part == "name" else each.identifier for each in message.fields.list_ids()]


@condition("list_id")
class ListId(Condition, TextOperators):
    """The mailing list's identifier, as in `<python-dev.python.org>`, without the brackets (RFC 2919).

    A bare text is looked for anywhere in it.
    """

    name: TextOperators | None = None
    """The list's own name, the first label of the identifier: `python-dev`."""

    value_parts: ClassVar[tuple[str, ...]] = ("", "name")

    def check(self, _definitions: Definitions) -> Check:
        """Make it ready to run."""
        of_identifier = self.text_test()
        of_name = None if self.name is None else self.name.text_test()

        def find(message: Message) -> ListIdField | None:
            for each in message.fields.list_ids():
                if (of_identifier is None or of_identifier(each.identifier)) and (
                    of_name is None or of_name(each.name)
                ):
                    return each
            return None

        def seen(message: Message, _facts: Facts) -> str:
            found = find(message)
            shown = message.fields.list_ids() if found is None else (found,)
            return seen_texts(each.identifier for each in shown)

        wanted = self.wanted() + [
            (f"name.{operator}", text) for operator, text in (self.name.wanted() if self.name else ())
        ]
        check = holds_if_absent(find) if self.exists is False else holds_if_found(find)
        guard = best_guard(
            [self.guard(_ListIds("identifier")), None if self.name is None else self.name.guard(_ListIds("name"))]
        )
        return Leaf(*join_wanted(self.key, wanted), check, seen, self.key, find, guard=guard)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return _HEADER

    @classmethod
    def value_fields(cls, _part: str) -> frozenset[str]:
        """Give the header fields that the value is read from, in upper case."""
        return _HEADER

    @classmethod
    def value(cls, part: str, message: Message, found: Found) -> str | None:
        """Give the identifier or the name in lower case, so that a list has one mailbox whoever writes to it."""
        list_id = found.get(cls.key)
        if not isinstance(list_id, ListIdField):
            list_id = next(iter(message.fields.list_ids()), None)
        if list_id is None:
            return None
        return (list_id.name if part == "name" else list_id.identifier).value.lower()
