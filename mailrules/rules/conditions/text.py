"""Conditions on fields of text: `subject`, `message_id` and `header.NAME`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mailrules.rules.checks import Leaf
from mailrules.rules.clues import best_guard
from mailrules.rules.conditions.base import Condition, condition, seen_texts
from mailrules.rules.conditions.by_header import ByHeader
from mailrules.rules.conditions.occurrences import FieldOperators, captured
from mailrules.rules.conditions.operators import join_wanted
from mailrules.rules.headers import is_field_name
from mailrules.rules.tables import Table
from mailrules.rules.text import Text
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.rules.checks import Check, Found
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.verdict import Facts


@value(frozen=True, slots=True)
class HeaderTexts:
    """Each occurrence of a header field, as a source of clues."""

    header: str

    @property
    def headers(self) -> tuple[str, ...]:
        """The header field, in upper case."""
        return (self.header,)

    def texts(self, message: Message) -> tuple[Text, ...]:
        """Give the texts."""
        return message.fields.texts(self.header)

    def folded(self, message: Message) -> list[str]:
        """Give them without their case."""
        texts = message.fields.texts(self.header)
        return [texts[0].folded] if len(texts) == 1 else [text.folded for text in texts]


def text_leaf(key: str, field: str, header: str, operators: FieldOperators, definitions: Definitions) -> Leaf:
    """Make operators ready to run over each occurrence of a header field; `field` is its name for templates."""
    test = operators.text_test(definitions)
    picks = operators.nth is not None

    def find(message: Message) -> Text | None:
        texts = message.fields.texts(header)
        for text in operators.pick(texts) if picks else texts:
            if test is None or test(text):
                return text
        return None

    def number(message: Message) -> int:
        return len(message.fields.texts(header))

    counts_only = operators.counts_only

    def seen(message: Message, _facts: Facts) -> str:
        if counts_only:
            return str(number(message))
        found = find(message)
        return seen_texts(message.fields.texts(header) if found is None else (found,))

    return Leaf(
        *join_wanted(key, operators.wanted()),
        operators.decide(find, number),
        seen,
        field,
        find,
        captures=lambda message: captured(field, operators, find(message)),
        shows=operators.shows(_alone),
    )


def _alone(text: Text) -> tuple[Text]:
    return (text,)


def text_value(field: str, header: str, message: Message, found: Found) -> str | None:
    """Give a header field's text for a template."""
    text = found.get(field)
    if not isinstance(text, Text):
        text = next(iter(message.fields.texts(header)), None)
    return None if text is None else text.value


class TextField(Condition, FieldOperators):
    """A header field that is text."""

    header: ClassVar[str]
    value_parts: ClassVar[tuple[str, ...]] = ("",)

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        return (text_leaf(self.key, self.key, self.header, self, definitions),)

    def guard(self, definitions: Definitions) -> Guard | None:
        """Give clues from its operators."""
        return self.text_guard(HeaderTexts(self.header), definitions)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset({self.header})

    @classmethod
    def value_fields(cls, _part: str) -> frozenset[str]:
        """Give the header fields that the value is read from, in upper case."""
        return frozenset({cls.header})

    @classmethod
    def value(cls, _part: str, message: Message, found: Found) -> str | None:
        """Give what the rule matched by, else the first there is."""
        return text_value(cls.key, cls.header, message, found)


@condition("subject")
class Subject(TextField):
    """The subject, decoded. A bare text is looked for anywhere in it."""

    header = "SUBJECT"


@condition("message_id")
class MessageId(TextField):
    """The Message-ID with its angle brackets. A bare text is looked for anywhere in it."""

    header = "MESSAGE-ID"


@condition("header")
class Header(Condition, ByHeader):
    """Any header field by its name, whose case does not matter: `header."X-Spam-Flag" = "yes"`."""

    __pydantic_extra__: dict[str, FieldOperators]
    below: ClassVar[type[Table]] = FieldOperators

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write a header\'s name below it: header."X-Spam-Flag" = "yes"'

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        return tuple(
            text_leaf(f"{self.key}.{name}", _field(name), name.upper(), operators, definitions)
            for name, operators in self.__pydantic_extra__.items()
        )

    def guard(self, definitions: Definitions) -> Guard | None:
        """Give clues from the operators of one of the headers."""
        named = self.__pydantic_extra__.items()
        return best_guard(each.text_guard(HeaderTexts(name.upper()), definitions) for name, each in named)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset(name.upper() for name in self.__pydantic_extra__)

    @classmethod
    def has_value(cls, part: str) -> bool:
        """Tell a header's name; what follows another dot is a group."""
        return "." not in part and is_field_name(part)

    @classmethod
    def value_fields(cls, part: str) -> frozenset[str]:
        """Give the header fields that the value is read from, in upper case."""
        return frozenset({part.upper()})

    @classmethod
    def value(cls, part: str, message: Message, found: Found) -> str | None:
        """Give what the rule matched by, else the first there is."""
        return text_value(_field(part), part.upper(), message, found)


def _field(name: str) -> str:
    return f"header.{name.upper()}"
