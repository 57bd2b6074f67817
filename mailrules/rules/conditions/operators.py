"""The operators on text, as keys in the file: each field of text is a table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules import matching
from mailrules.rules.conditions.base import shown
from mailrules.rules.tables import (
    ONE_OR_MANY_SCHEMAS,
    OneOrMany,
    Patterns,
    Switch,
    Table,
    each,
    kind,
    read_pattern,
    wrong,
)
from mailrules.rules.text import Text, fold, nfc, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    TextTest = Callable[[Text], bool]


def read_regex(value: object) -> str:
    """Read a regular expression; one that RE2 refuses is an error now, not when mail comes."""
    pattern = read_pattern(value)
    problem = matching.regex_problem(pattern)
    if problem is not None:
        raise wrong(
            f"not a regular expression that RE2 knows ({problem}); it has no look-around and no back-references"
        )
    return pattern


def _read_regexes(value: object) -> tuple[str, ...]:
    return each(value, read_regex, "an empty list matches nothing; write at least one regular expression")


Regexes = Annotated[tuple[str, ...], BeforeValidator(_read_regexes, json_schema_input_type=OneOrMany)]


class TextOperators(Table):
    """What is wanted of one text; all operators must hold of the same text, and of a list one value is enough."""

    is_: Annotated[Patterns | None, Field(alias="is")] = None
    """The whole text."""
    contains: Patterns | None = None
    """Somewhere in the text."""
    starts_with: Patterns | None = None
    """The beginning of the text."""
    ends_with: Patterns | None = None
    """The end of the text."""
    glob: Patterns | None = None
    """The whole text, with `*` for any characters and `?` for one."""
    regex: Regexes | None = None
    """An RE2 regular expression, searched for; it minds the case unless it says `(?i)`."""
    exists: Switch | None = None
    """Whether there is such a text at all."""
    case_sensitive: Switch = False
    """Makes the operators beside it mind the case."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ONE_OR_MANY_SCHEMAS
    shorthand: ClassVar[str] = "contains"
    """The operator that a bare text stands for."""

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare text or list as the shorthand's value."""
        if not isinstance(value, str | list):
            raise wrong(f"this is {kind(value)}: {cls.usage()}")
        return {cls.shorthand: cls.read_bare(value)}

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return f"write a text, a list of texts, or a table of {', '.join(cls.keys())}"

    @classmethod
    def read_bare(cls, value: object) -> tuple[str, ...]:
        """Read the patterns of a bare text or list, errors at their places in it."""
        return each(value, read_pattern, "an empty list matches nothing; write at least one text")

    @classmethod
    def prepare(cls, pattern: str, *, exact: bool) -> str:
        """Bring a pattern into the form that its texts are compared in."""
        return nfc(pattern) if exact else fold(pattern)

    @model_validator(mode="after")
    def _says_what_it_wants(self) -> Self:
        given = self.given()
        if self.case_sensitive and not given & {*_MAKERS, "regex", "matches"}:
            raise wrong('case_sensitive goes beside an operator: { contains = "Foo", case_sensitive = true }')
        if not given:
            raise wrong(f"this table asks for nothing: {self.usage()}")
        if self.exists is False and given != {"exists"}:
            raise wrong("exists = false stands alone: what is absent can't match anything else")
        return self

    def given(self) -> set[str]:
        """Name the fields that are set, `case_sensitive` aside."""
        return {
            name for name in type(self).model_fields if name != "case_sensitive" and getattr(self, name) is not None
        }

    def text_test(self) -> TextTest | None:
        """Make the test that all operators but `exists` hold of one text; None if there are none."""
        tests: list[TextTest] = []
        for name, make in _MAKERS.items():
            patterns: tuple[str, ...] | None = getattr(self, name)
            if patterns:
                prepared = [self.prepare(pattern, exact=self.case_sensitive) for pattern in patterns]
                tests.append(on_value(make(prepared)) if self.case_sensitive else on_folded(make(prepared)))
        if self.regex:
            tests.append(on_value(matching.regex([nfc(pattern) for pattern in self.regex])))
        return all_hold(tests) if tests else None

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their patterns, for the trace."""
        wanted = [
            (name.rstrip("_"), shown(patterns)) for name in (*_MAKERS, "regex") if (patterns := getattr(self, name))
        ]
        if self.exists is not None:
            wanted.append(("exists", str(self.exists).lower()))
        return wanted


_MAKERS: dict[str, Callable[[Sequence[str]], matching.Test]] = {
    "is_": matching.equals,
    "contains": matching.contains,
    "starts_with": matching.starts_with,
    "ends_with": matching.ends_with,
    "glob": matching.glob,
}


def on_folded(test: matching.Test) -> TextTest:
    """Look at a text without its case."""
    return lambda text: test(text.folded)


def on_value(test: matching.Test) -> TextTest:
    """Look at a text as it is."""
    return lambda text: test(text.value)


def all_hold(tests: Sequence[TextTest]) -> TextTest:
    """Join tests of one text."""
    if len(tests) == 1:
        return tests[0]
    first, *others = tests
    return lambda text: first(text) and all(test(text) for test in others)


def join_wanted(key: str, wanted: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Give a trace's key and wanted text: with one operator it is part of the key, several are listed."""
    if len(wanted) == 1:
        operator, patterns = wanted[0]
        return f"{key}.{operator}", printable(patterns)
    return key, printable(" and ".join(f"{operator} {patterns}" for operator, patterns in wanted), limit=200)
