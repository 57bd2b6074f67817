"""What stands in braces in a template: each kind knows where its value comes from, and that there may be none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mailrules.rules.captures import Captured, captures_of
from mailrules.rules.cleaning import clean
from mailrules.rules.conditions.operators import TextOperators
from mailrules.rules.spelling import Spelling
from mailrules.rules.text import excerpt
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mailrules.rules.checks import Found
    from mailrules.rules.conditions import Condition
    from mailrules.rules.conditions.dates import DateCondition
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Question
    from mailrules.rules.verdict import Facts


class TemplateError(Exception):
    """A template has no value in this message; the text says which."""


@value(frozen=True, slots=True)
class Values:
    """Where the values come from: one message, what a rule matched in it, and what the file defines."""

    message: Message
    facts: Facts
    found: Found
    definitions: Definitions


class Value(ABC):
    """A placeholder; most are known without asking, and read nothing but what the rule has matched by."""

    __slots__ = ()

    @property
    def header_fields(self) -> frozenset[str]:
        """The header fields that the value is read from, in upper case."""
        return frozenset()

    @property
    def spelling(self) -> Spelling:
        """How the value is spelt to be looked up."""
        return Spelling.TEXT

    def questions(self, _message: Message, _facts: Facts) -> Iterable[Question[object]]:
        """Give the questions that the value is the answer to, as far as they can be known yet."""
        return ()

    @property
    def owner(self) -> str:
        """The field or its part, as in the file, whose patterns' group decides the value; empty if none does."""
        return ""

    @property
    def is_path(self) -> bool:
        """Whether the value is a whole mailbox that mailrules knows of, so that nothing in it has to be cleaned."""
        return False

    @abstractmethod
    def raw(self, values: Values) -> str | None:
        """Give the value as it is; None, or a `TemplateError` that says why, if there is none."""

    def render(self, values: Values) -> str:
        """Give the value, cleaned; raises `TemplateError` if there is none."""
        value = self.raw(values) or ""
        cleaned = value if self.is_path else clean(value, values.facts.delimiter)
        if not cleaned:
            raise TemplateError(f"{{{self}}} has no value in this message")
        return cleaned


@value(frozen=True, slots=True)
class FieldValue(Value):
    """A field of the message: ``{from.domain}``."""

    condition: type[Condition]
    part: str

    def __str__(self) -> str:
        return _dotted(self.condition, self.part)

    @property
    def header_fields(self) -> frozenset[str]:
        """The header fields that the value is read from, in upper case."""
        return self.condition.value_fields(self.part)

    @property
    def spelling(self) -> Spelling:
        """How the value is spelt to be looked up."""
        operators = operators_of(self.condition, self.part)
        return Spelling.TEXT if operators is None else operators.spelling

    @property
    def is_path(self) -> bool:
        """Whether the value is a whole mailbox."""
        return self.part in self.condition.path_parts

    def questions(self, message: Message, facts: Facts) -> Iterable[Question[object]]:
        """Give the questions that the value is the answer to, as far as they can be known yet."""
        return self.condition.value_questions(self.part, message, facts)

    def raw(self, values: Values) -> str | None:
        """Give the value as the message has it."""
        return self.condition.value(self.part, values.message, values.found)


@value(frozen=True, slots=True)
class GroupValue(Value):
    """A group of the patterns on a field or its part: ``{subject.1}``, ``{to.detail.ticket}``."""

    condition: type[Condition]
    part: str
    group: str
    """A number, 0 for all that matched, or a name."""

    def __str__(self) -> str:
        return f"{self.owner}.{self.group}"

    @property
    def owner(self) -> str:
        """The field or its part, as in the file."""
        return _dotted(self.condition, self.part)

    @property
    def spelling(self) -> Spelling:
        """How the value is spelt to be looked up: as that of which it is a part."""
        operators = operators_of(self.condition, self.part)
        return Spelling.TEXT if operators is None else operators.spelling

    def raw(self, values: Values) -> str | None:
        """Give what the group stood for; None if it took no part."""
        captured = values.found.get(captures_of(self.owner))
        return captured.group(self.group) if isinstance(captured, Captured) else None


@value(frozen=True, slots=True)
class PlaceValue(Value):
    """Where the message is: ``{account}``, or ``{mailbox}`` for the last level of its path."""

    name: str

    def __str__(self) -> str:
        return self.name

    def raw(self, values: Values) -> str | None:
        """Give the name."""
        facts = values.facts
        return facts.account if self.name == "account" else facts.mailbox.rpartition("/")[2]


PLACES = ("account", "mailbox")
"""The names of `PlaceValue`."""

Key = FieldValue | GroupValue | PlaceValue


@value(frozen=True, slots=True)
class TableValue(Value):
    """What a table has for another value: ``{customers[from.domain]}``."""

    table: str
    key: Key

    def __str__(self) -> str:
        return f"{self.table}[{self.key}]"

    @property
    def header_fields(self) -> frozenset[str]:
        """The header fields that the key is read from, in upper case."""
        return self.key.header_fields

    @property
    def owner(self) -> str:
        """The field or its part whose patterns' group is the key."""
        return self.key.owner

    def questions(self, message: Message, facts: Facts) -> Iterable[Question[object]]:
        """Give the questions that the key is the answer to, as far as they can be known yet."""
        return self.key.questions(message, facts)

    def raw(self, values: Values) -> str | None:
        """Give the value; raises `TemplateError` if there is no key, or if the table does not have it."""
        key = self.key.raw(values)
        if not key:
            raise TemplateError(f"{{{self}}} has no value: there is no {self.key} in this message")
        spelling = self.key.spelling
        found = values.definitions.tables[self.table].keys(spelling).value(spelling.of(key, exact=False))
        if found is None:
            raise TemplateError(f"{{{self}}} has no value: '{excerpt(key)}' is not in the table")
        return found


@value(frozen=True, slots=True)
class DateValue(Value):
    """A placeholder for one part of a date, in the time zone of the facts: ``{sent:%Y}``."""

    condition: type[DateCondition]
    part: str
    code: str

    def __str__(self) -> str:
        return _dotted(self.condition, self.part)

    @property
    def header_fields(self) -> frozenset[str]:
        """The header fields that the date is read from, in upper case."""
        return self.condition.date_fields(self.part)

    def raw(self, values: Values) -> str | None:
        """Give the part of the date."""
        dates = self.condition.dates(self.part, values.message, values.facts)
        if not dates:
            reason = "the date is not known" if dates is None else "there is no such date in this message"
            raise TemplateError(f"{{{self}}} has no value: {reason}")
        return dates[0].seen_in(values.facts.timezone).when.strftime(self.code)


Placeholder = FieldValue | GroupValue | PlaceValue | TableValue | DateValue
Part = str | Placeholder


def operators_of(condition: type[Condition], part: str) -> type[TextOperators] | None:
    """Give the operators that can stand on a field, or on a part of it; None where none can."""
    table = condition.child(part) if part else condition
    return table if table is not None and issubclass(table, TextOperators) else None


def _dotted(condition: type[Condition], part: str) -> str:
    return ".".join(filter(None, (condition.key, part)))
