"""Templates in mailbox names: ``Lists/{list_id.name}``, ``Archive/{received:%Y/%m}``.

Names are checked when the file is loaded. Values come from strangers' mail, so they are cleaned: no value can make a
level of its own, leave its level or look like something else.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mailrules.rules.captures import is_number
from mailrules.rules.cleaning import filler_of, is_reserved
from mailrules.rules.conditions import CONDITIONS
from mailrules.rules.conditions.dates import DateCondition
from mailrules.rules.placeholders import (
    PLACES,
    DateValue,
    FieldValue,
    GroupValue,
    PlaceValue,
    TableValue,
    operators_of,
)
from mailrules.rules.tables import wrong
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.rules.conditions import Condition
    from mailrules.rules.message import Message
    from mailrules.rules.placeholders import Key, Part, Placeholder, Values
    from mailrules.rules.questions import Question
    from mailrules.rules.verdict import Facts

DATE_CODES = ("%Y", "%y", "%m", "%d", "%H", "%M", "%S", "%j", "%G", "%V", "%u")
"""The strftime codes that templates know: those that are numbers, the same in every locale."""


@value(frozen=True, slots=True)
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
    def fixed(self) -> str | None:
        """The path that it is for every message; None if that depends on the message or on the server."""
        if any(not isinstance(part, str) for level in self.levels for part in level):
            return None
        texts = ["".join(map(str, level)) for level in self.levels]
        return "/".join(texts) if all(text.strip(".") for text in texts) else None

    @property
    def header_fields(self) -> frozenset[str]:
        """The header fields that values are read from, in upper case."""
        return frozenset().union(*(each.header_fields for each in self.placeholders()))

    def questions(self, message: Message, facts: Facts) -> Iterator[Question[object]]:
        """Give the questions that values are the answers to, as far as they can be known yet."""
        for each in self.placeholders():
            yield from each.questions(message, facts)

    def placeholders(self) -> Iterator[Placeholder]:
        """Give what stands in braces."""
        yield from (part for level in self.levels for part in level if not isinstance(part, str))

    def render(self, values: Values) -> str:
        """Fill in the values; raises `TemplateError` if one is missing."""
        first, *others = (self._level(level, values) for level in self.levels)
        cleaned = any(not isinstance(part, str) and not part.is_path for part in self.levels[0])
        if cleaned and is_reserved(first, values.facts):
            first = filler_of(values.facts.delimiter) + first
        return "/".join((first, *others))

    @staticmethod
    def _level(level: tuple[Part, ...], values: Values) -> str:
        text = "".join(part if isinstance(part, str) else part.render(values) for part in level)
        return text if text.strip(".") else text.replace(".", filler_of(values.facts.delimiter))


_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_DATE_CODE = re.compile(r"%.?")
_LOOK_UP = re.compile(r"([^\[\].:]+)\[(.*)\]")
_LONGEST_NUMBER = 3


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
    if look_up := _LOOK_UP.fullmatch(inside):
        return [TableValue(look_up[1], _key(look_up[2]))]
    name, colon, form = inside.partition(":")
    field, _, part = name.partition(".")
    condition = CONDITIONS.get(field)
    if condition is not None and issubclass(condition, DateCondition):
        if not condition.has_date(part):
            raise wrong(f"{{{inside}}} is no value that is known: write {condition.example()}")
        return _date(condition, part, form)
    if colon:
        raise wrong(f"{{{inside}}}: only dates take a format, as in {{received:%Y-%m}} or {{sent:%Y}}")
    return [_key(inside)]


def _key(name: str) -> Key:
    """Read the name of a value that is one text."""
    if name in PLACES:
        return PlaceValue(name)
    field, _, part = name.partition(".")
    condition = CONDITIONS.get(field)
    if condition is not None and condition.has_value(part):
        return FieldValue(condition, part)
    owner, _, group = part.rpartition(".")
    if condition is not None and operators_of(condition, owner) and _may_be_group(group, condition):
        return GroupValue(condition, owner, group)
    raise wrong(f"{{{name}}} is no value that is known: {_hint(name, condition)}")


def _may_be_group(name: str, condition: type[Condition]) -> bool:
    """Tell a number or a name, unless it looks like a slip: ``{from.domian}``."""
    if is_number(name):
        return len(name) <= _LONGEST_NUMBER
    return name.isidentifier() and not get_close_matches(name, condition.value_parts, n=1, cutoff=0.75)


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
    return (*names, *PLACES, "header.NAME")
