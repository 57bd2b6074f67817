"""Target mailboxes as rule files write them: a path that may hold templates, or a special use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic_core import CoreSchema, core_schema

from mailrules.rules.plan import SPECIAL_USES, Target
from mailrules.rules.tables import any_case, kind, wrong
from mailrules.rules.templates import Template
from mailrules.rules.text import is_unprintable
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import GetCoreSchemaHandler

    from mailrules.rules.placeholders import Part, Values

_NAMES_OF_VALUES = re.compile(r"(\{\{|\{[^{}:]*[}:])")
TARGET_SCHEMA = rf"^(\\({any_case(*(use[1:] for use in SPECIAL_USES))})|[^\\/][^/]*(/[^/]+)*)$"
"""What a target is like, as a regular expression of JSON Schema."""
_SPECIAL_USES = {use.lower(): use for use in SPECIAL_USES}


@value(frozen=True, slots=True)
class TargetText:
    """A target as written in the file."""

    text: str
    special_use: str | None
    template: Template | None

    def __str__(self) -> str:
        return self.text

    def with_slashes(self, separator: str) -> str:
        """Write it with ``/`` for another separator of levels, which stays in the names of values alone."""
        if self.template is None:
            return self.text
        pieces = _NAMES_OF_VALUES.split(self.text)
        pieces[::2] = (piece.replace(separator, "/") for piece in pieces[::2])
        return "".join(pieces)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In the file it is text; so it is again when written back."""
        return core_schema.no_info_plain_validator_function(
            read_target,
            json_schema_input_schema=core_schema.str_schema(pattern=TARGET_SCHEMA),
            serialization=core_schema.to_string_ser_schema(when_used="always"),
        )

    def target(self, values: Values | None, *, create: bool) -> Target:
        """Fill in the values, None where there are none; raises `TemplateError` if one is missing."""
        if self.template is None:
            return Target(special_use=self.special_use, create=create)
        if values is None:
            return Target(path=self.template.fixed or self.text, create=create)
        return Target(path=self.template.render(values), create=create)


def read_target(value: object) -> TargetText:
    """Read a mailbox's path or special use."""
    if isinstance(value, TargetText):
        return value
    if not isinstance(value, str):
        raise wrong(f"a mailbox is text, not {kind(value)}: write \"Archive/2024\" or '\\Junk'")
    if not value.strip():
        raise wrong("a mailbox can't be empty: write \"Archive/2024\" or '\\Junk'")
    return _read_path(value)


@lru_cache(maxsize=1_000)  # many rules name the same mailboxes
def _read_path(value: str) -> TargetText:
    if any(map(is_unprintable, value)):
        raise wrong(r"there is a control character in this name: TOML reads \ in double quotes, so write '\Flagged'")
    if value.startswith("\\"):
        special_use = _SPECIAL_USES.get(value.lower())
        if special_use is None:
            raise wrong(f"{value} is no special use: write one of {', '.join(SPECIAL_USES)}, or a name without \\")
        return TargetText(special_use, special_use, None)
    template = Template.parse(value)
    for level in template.levels:
        _check_level(level, value)
    if sum(map(_octets, template.levels)) + len(template.levels) - 1 > _LONGEST_NAME:
        raise wrong(f"a mailbox's name has at most {_LONGEST_NAME:,} octets in all")
    return TargetText(value, None, template)


_LONGEST_NAME, _LONGEST_LEVEL = 1_000, 255
"""Octets; what is longer no server's file system can hold."""


def _octets(parts: Iterable[Part]) -> int:
    return sum(len(part.encode()) for part in parts if isinstance(part, str))


def _check_level(level: tuple[Part, ...], text: str) -> None:
    literal = "".join(part for part in level if isinstance(part, str))
    if not level:
        raise wrong(
            f'"{text}" has an empty level: write it without / at its start or end, and with single ones between'
        )
    if _octets(level) > _LONGEST_LEVEL:
        raise wrong(f"a level of a mailbox's name has at most {_LONGEST_LEVEL} octets")
    if "%" in literal or "*" in literal:
        raise wrong(f"\"{text}\": a mailbox's name can't hold % or *, which stand for any name")
    if all(isinstance(part, str) for part in level):
        if literal in {".", ".."}:
            raise wrong(f'"{text}": a level can\'t be {literal}; write the whole path from the top')
        if literal != literal.strip():
            raise wrong(f'"{text}" has a level that starts or ends with a space; leave the space out')
