"""The condition on the mailing list a message came through: `list_id`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from mailrules.rules.checks import Leaf
from mailrules.rules.clues import best_guard
from mailrules.rules.conditions.base import Condition, condition, seen_texts
from mailrules.rules.conditions.occurrences import FieldOperators, captured
from mailrules.rules.conditions.operators import TextOperators, join_wanted
from mailrules.rules.message import ListId as ListIdField
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.rules.captures import Captured
    from mailrules.rules.checks import Check, Found
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.text import Text
    from mailrules.rules.verdict import Facts

_HEADER = frozenset({"LIST-ID"})


@value(frozen=True, slots=True)
class _ListIds:
    """A part of each List-Id, as a source of clues."""

    part: Literal["identifier", "name"]
    headers: ClassVar[tuple[str, ...]] = ("LIST-ID",)

    def texts(self, message: Message) -> list[Text]:
        return [each.name if self.part == "name" else each.identifier for each in message.fields.list_ids()]

    def folded(self, message: Message) -> list[str]:
        if self.part == "identifier":
            return [each.identifier.folded for each in message.fields.list_ids()]
        return [each.name.folded for each in message.fields.list_ids()]


def _identifier(list_id: ListIdField) -> tuple[Text]:
    return (list_id.identifier,)


@condition("list_id")
class ListId(Condition, FieldOperators):
    """The mailing list's identifier, as in `<python-dev.python.org>`, without the brackets (RFC 2919).

    A bare text is looked for anywhere in it.
    """

    name: TextOperators | None = None
    """The list's own name, the first label of the identifier: `python-dev`."""

    value_parts: ClassVar[tuple[str, ...]] = ("", "name")

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        of_identifier = self.text_test(definitions)
        of_name = None if self.name is None else self.name.text_test(definitions)

        picks = self.nth is not None

        def find(message: Message) -> ListIdField | None:
            list_ids = message.fields.list_ids()
            for each in self.pick(list_ids) if picks else list_ids:
                if (of_identifier is None or of_identifier(each.identifier)) and (
                    of_name is None or of_name(each.name)
                ):
                    return each
            return None

        def number(message: Message) -> int:
            return len(message.fields.list_ids())

        counts_only = self.counts_only

        def seen(message: Message, _facts: Facts) -> str:
            if counts_only:
                return str(number(message))
            found = find(message)
            return seen_texts([each.identifier for each in (message.fields.list_ids() if found is None else (found,))])

        def captures(message: Message) -> Iterator[tuple[str, Captured]]:
            found = find(message)
            if found is not None:
                yield from captured(self.key, self, found.identifier, str.lower)
                yield from captured(f"{self.key}.name", self.name, found.name, str.lower)

        wanted = self.wanted() + [
            (f"name.{operator}", text) for operator, text in (self.name.wanted() if self.name else ())
        ]
        leaf = Leaf(
            *join_wanted(self.key, wanted),
            self.decide(find, number),
            seen,
            self.key,
            find,
            captures=captures,
            shows=self.shows(_identifier),
        )
        return (leaf,)

    def guard(self, definitions: Definitions) -> Guard | None:
        """Give clues from its operators and the name's."""
        guard = self.text_guard(_ListIds("identifier"), definitions)
        return guard if self.name is None else best_guard((guard, self.name.text_guard(_ListIds("name"), definitions)))

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
