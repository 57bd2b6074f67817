"""Templates in mailbox names: ``Lists/{list_id.name}``, ``Archive/{received:%Y/%m}``.

Names are checked when the file is loaded. Values come from strangers' mail, so they are cleaned: no value can make a
level of its own, leave its level or look like something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mailrules.rules.conditions import CONDITIONS
from mailrules.rules.conditions.dates import DateCondition
from mailrules.rules.tables import wrong
from mailrules.rules.text import fold, is_unprintable, nfc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.rules.checks import Found
    from mailrules.rules.conditions import Condition
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Question
    from mailrules.rules.verdict import Facts

DATE_CODES = ("%Y", "%y", "%m", "%d", "%H", "%M", "%S", "%j", "%G", "%V", "%u")
"""The strftime codes that templates know: those that are numbers, the same in every locale."""

MAX_VALUE = 120
"""The most octets of UTF-8 that one value can bring: servers bound a level of a name, and modified UTF-7 doubles it."""


class TemplateError(Exception):
    """A template has no value in this message; the text says which."""


@dataclass(frozen=True, slots=True)
class Values:
    """Where the values come from: one message and what a rule matched in it."""

    message: Message
    facts: Facts
    found: Found


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A placeholder for a field of the message: ``{from.domain}``."""

    condition: type[Condition]
    part: str

    def __str__(self) -> str:
        return ".".join(filter(None, (self.condition.key, self.part)))

    def render(self, values: Values) -> str:
        """Give the value; raises `TemplateError` if there is none."""
        value = self.condition.value(self.part, values.message, values.found)
        cleaned = clean(value or "", values.facts.delimiter)
        if not cleaned:
            raise TemplateError(f"{{{self}}} has no value in this message")
        return cleaned


@dataclass(frozen=True, slots=True)
class DateValue:
    """A placeholder for one part of a date, in the time zone of the facts: ``{sent:%Y}``."""

    condition: type[DateCondition]
    part: str
    code: str

    def __str__(self) -> str:
        return ".".join(filter(None, (self.condition.key, self.part)))

    def render(self, values: Values) -> str:
        """Give the value; raises `TemplateError` if there is none."""
        dates = self.condition.dates(self.part, values.message, values.facts)
        if not dates:
            reason = "the date is not known" if dates is None else "there is no such date in this message"
            raise TemplateError(f"{{{self}}} has no value: {reason}")
        return dates[0].seen_in(values.facts.timezone).when.strftime(self.code)


Part = str | FieldValue | DateValue


@dataclass(frozen=True, slots=True)
class Template:
    """A mailbox path, level by level; text stands for itself."""

    levels: tuple[tuple[Part, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read a template; raises `PydanticCustomError` for a name that nothing is known by."""
        levels: list[list[Part]] = [[]]
        for part in _parts(text):
            if isinstance(part, str):
                first, *others = part.split("/")
                levels[-1].append(first)
                levels += [[level] for level in others]
            else:
                levels[-1].append(part)
        return cls(tuple(tuple(part for part in level if part) for level in levels))

    @property
    def header_fields(self) -> frozenset[str]:
        """The header fields that values are read from, in upper case."""
        fields: set[str] = set()
        for level in self.levels:
            for part in level:
                match part:
                    case FieldValue():
                        fields |= part.condition.value_fields(part.part)
                    case DateValue():
                        fields |= part.condition.date_fields(part.part)
        return frozenset(fields)

    def questions(self, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the questions that values are the answers to, as far as they can be known yet."""
        for level in self.levels:
            for part in level:
                if isinstance(part, FieldValue):
                    yield from part.condition.value_questions(part.part, message, facts)

    def render(self, values: Values) -> str:
        """Fill in the values; raises `TemplateError` if one is missing."""
        first, *others = (self._level(level, values) for level in self.levels)
        if not all(isinstance(part, str) for part in self.levels[0]) and _is_reserved(first, values.facts):
            first = _filler(values.facts.delimiter) + first
        return "/".join((first, *others))

    @staticmethod
    def _level(level: tuple[Part, ...], values: Values) -> str:
        text = "".join(part if isinstance(part, str) else part.render(values) for part in level)
        return text if text.strip(".") else text.replace(".", _filler(values.facts.delimiter))


def clean(value: str, delimiter: str) -> str:
    """Make a value safe as part of one level of a mailbox name; empty if nothing is left.

    `delimiter` is the server's. Besides what separates levels and what LIST takes for wildcards, the backslash and the
    double quote go, which Cyrus and mox refuse.
    """
    filler = _filler(delimiter)
    kept = "".join(" " if character.isspace() else character for character in nfc(value))
    kept = "".join(character for character in kept if not is_unprintable(character))
    for character in {"/", "%", "*", "\\", '"', delimiter} - {""}:
        kept = kept.replace(character, filler)
    kept = " ".join(kept.split()).encode("utf-8")[:MAX_VALUE].decode("utf-8", "ignore").strip()
    if not kept.strip("."):  # another level
        return kept.replace(".", filler)
    return filler + kept[1:] if kept[0] in "~#" else kept  # a home directory or a namespace


def _is_reserved(level: str, facts: Facts) -> bool:
    """Tell whether a first level leads out of the user's own mailboxes, or into INBOX."""
    return fold(level) in map(fold, ("INBOX", *facts.reserved))


def _filler(delimiter: str) -> str:
    """Give what stands for the characters that can't stay."""
    return "-" if delimiter == "_" else "_"


_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_DATE_CODE = re.compile(r"%.?")


def _parts(text: str) -> list[Part]:
    parts: list[Part] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[end : found.start()])
        end = found.end()
        match found[0]:
            case "{{" | "}}":
                parts.append(found[0][0])
            case "{" | "}":
                raise wrong(
                    f"a single {found[0]}: write {{from.domain}} for a value, {{{{ and }}}} for the braces themselves"
                )
            case _:
                parts += _placeholder(found[1])
    return [*parts, text[end:]]


def _placeholder(inside: str) -> list[Part]:
    name, colon, form = inside.partition(":")
    field, _, part = name.partition(".")
    condition = CONDITIONS.get(field)
    if condition is not None and issubclass(condition, DateCondition):
        if not condition.has_date(part):
            raise wrong(f"{{{inside}}} is no value that is known: write {condition.example()}")
        return _date(condition, part, form)
    if colon:
        raise wrong(f"{{{inside}}}: only dates take a format, as in {{received:%Y-%m}} or {{sent:%Y}}")
    if condition is None or not condition.has_value(part):
        raise wrong(f"{{{inside}}} is no value that is known: {_hint(name, condition)}")
    return [FieldValue(condition, part)]


def _date(condition: type[DateCondition], part: str, form: str) -> list[Part]:
    if not form:
        raise wrong(f"a date needs a format, as in {{{DateValue(condition, part, '')}:%Y-%m}}")
    parts: list[Part] = []
    end = 0
    for found in _DATE_CODE.finditer(form):
        if found[0] not in DATE_CODES:
            raise wrong(f"{found[0]} is not among the codes for dates: use {' '.join(DATE_CODES)}")
        parts += [form[end : found.start()], DateValue(condition, part, found[0])]
        end = found.end()
    return [*parts, form[end:]]


def _hint(name: str, condition: type[Condition] | None) -> str:
    names = value_names()
    close = get_close_matches(name, names, n=1, cutoff=0.75)
    if close:
        return f"did you mean {{{close[0]}}}?"
    if condition is not None:
        return f"write {' or '.join(f'{{{each}}}' for each in names if each.partition('.')[0] == condition.key)}"
    fields = dict.fromkeys(each.partition(".")[0] for each in names)
    return f"there are {{received:%Y-%m}}, {{sent:%Y-%m}} and the values of {', '.join(fields)}"


def value_names() -> tuple[str, ...]:
    """List the names of fields that templates can hold; NAME stands for any header field's."""
    names = [
        ".".join(filter(None, (key, part))) for key, condition in CONDITIONS.items() for part in condition.value_parts
    ]
    return (*names, "header.NAME")
