"""The operators on text, as keys in the file: each field of text is a table of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules import matching
from mailrules.rules.captures import exact_glob_group, glob_group, regex_group
from mailrules.rules.clues import Expression, Guard, Member, Something, Source, Whole, joint_guard, piece_guard
from mailrules.rules.conditions.base import shown
from mailrules.rules.conditions.numbers import LIMITS, Number, Numbers, leading_number
from mailrules.rules.pieces import Pieces, glob_pieces, plain_pieces, regex_pieces
from mailrules.rules.spelling import Spelling
from mailrules.rules.tables import (
    ONE_OR_MANY_SCHEMAS,
    OneOrMany,
    Patterns,
    Switch,
    Table,
    each,
    kind,
    read_pattern,
    read_patterns,
    wrong,
)
from mailrules.rules.text import Text, excerpt, nfc

if TYPE_CHECKING:
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.lookup import Keys

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


def read_name(value: object) -> str:
    """Read the name of something that the file defines; whether it does is known once all of it is read."""
    if not isinstance(value, str) or not value.strip():
        raise wrong('write names as text, as in "customers" for what stands under [tables.customers]')
    return value


def _read_tables(value: object) -> tuple[str, ...]:
    return each(value, read_name, "an empty list has no table in it; write the name of at least one")


Regexes = Annotated[tuple[str, ...], BeforeValidator(_read_regexes, json_schema_input_type=OneOrMany)]
TableNames = Annotated[tuple[str, ...], BeforeValidator(_read_tables, json_schema_input_type=OneOrMany)]


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
    in_: Annotated[TableNames | None, Field(alias="in")] = None
    """The whole text is a key of this table, `[tables.NAME]`, or of one of these."""
    over: Number | None = None
    """The text begins with a number that is more than this."""
    under: Number | None = None
    """The text begins with a number that is less than this."""
    at_least: Number | None = None
    """The text begins with this number or more."""
    at_most: Number | None = None
    """The text begins with this number or less."""
    exists: Switch | None = None
    """Whether there is such a text at all."""
    case_sensitive: Switch = False
    """Makes the operators beside it mind the case."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ONE_OR_MANY_SCHEMAS
    shorthand: ClassVar[str] = "contains"
    """The operator that a bare text stands for."""
    spelling: ClassVar[Spelling] = Spelling.TEXT
    """How its texts are spelt."""
    modifiers: ClassVar[frozenset[str]] = frozenset({"case_sensitive"})
    """The keys that say how the others are meant, and nothing by themselves."""

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

    @model_validator(mode="after")
    def _says_what_it_wants(self) -> Self:
        given = self.given()
        if self.case_sensitive and not given & {*_OPERATORS, "regex", "matches", "in_"}:
            raise wrong('case_sensitive goes beside an operator: { contains = "Foo", case_sensitive = true }')
        if not given and "nth" in self.model_fields_set:
            raise wrong('nth goes beside an operator: { contains = "foo", nth = -1 }')
        if not given:
            raise wrong(f"this table asks for nothing: {self.usage()}")
        if self.exists is False and given != {"exists"}:
            raise wrong("exists = false stands alone: what is absent can't match anything else")
        self._numbers()  # raises if no number can be so
        return self

    def given(self) -> set[str]:
        """Name the fields that are set, those aside that only say how the others are meant."""
        return {name for name, value in vars(self).items() if value is not None and name not in self.modifiers}

    def text_test(self, definitions: Definitions) -> TextTest | None:
        """Make the test that all operators but `exists` hold of one text; None if there are none."""
        on_text = on_value if self.case_sensitive else on_folded
        tests = [on_text(matching.equals(self._prepared("is_")))] if self.is_ else []
        given = self.given() - {"is_"}
        of_parts = [on_text(each.test(self._prepared(name))) for name, each in _OPERATORS.items() if name in given]
        if self.regex:
            of_parts.append(on_value(matching.regex([nfc(pattern) for pattern in self.regex])))
        tests += of_parts if self.spelling is Spelling.TEXT else map(in_some_spelling, of_parts)
        if listed := self.tables(definitions):
            tests.append(on_text(matching.any_test([keys.__contains__ for keys in listed])))
        if numbers := self._numbers():
            tests.append(on_value(_begins_with_number(numbers)))
        return all_hold(tests) if tests else None

    def texts_test(self, definitions: Definitions) -> Callable[[Sequence[Text]], bool]:
        """Make the test that one of several texts is as wanted, or, if that is wanted, that there is none."""
        if self.exists is False:
            return lambda texts: not texts
        test = self.text_test(definitions)
        return bool if test is None else lambda texts: any(map(test, texts))

    def text_guard(self, source: Source, definitions: Definitions) -> Guard | None:
        """Give the clues without any of which no text of the source can match."""
        if self.is_:
            return tuple(Whole(source, self.case_sensitive, text) for text in self._prepared("is_"))
        if listed := self.tables(definitions):
            return tuple(Member(source, self.case_sensitive, keys) for keys in listed)
        given = self.given()
        for name, operator in _OPERATORS.items():
            if name in given:
                pieces = map(operator.pieces, self._prepared(name))
                guards = [piece_guard(source, each, exact=self.case_sensitive) for each in pieces]
                return joint_guard(guards) or (Something(source),)
        if self.regex:
            return joint_guard(_regex_guard(source, nfc(pattern)) for pattern in self.regex)
        if self._numbers():
            return (Expression(source, "[0-9]"),)
        return (Something(source),) if self.exists else None

    def tables(self, definitions: Definitions) -> tuple[Keys, ...]:
        """Give the tables that the text has to be in one of."""
        return tuple(definitions.tables[name].keys(self.spelling, exact=self.case_sensitive) for name in self.in_ or ())

    def group(self, text: Text, name: str) -> str | None:
        """Give what a group of the regular expressions, or of the globs, stood for in a text that all this holds of."""
        if self.regex:
            return regex_group(map(nfc, self.regex), text, name)
        group = exact_glob_group if self.case_sensitive else glob_group
        return group(self._prepared("glob"), text, name) if self.glob else None

    def _numbers(self) -> Numbers | None:
        limits = {name: limit for name in LIMITS if (limit := getattr(self, name)) is not None}
        return Numbers.model_validate(limits) if limits else None

    def _prepared(self, name: str) -> list[str]:
        patterns: tuple[str, ...] = getattr(self, name)
        spelt = self.spelling.of if name == "is_" else self.spelling.part
        return [spelt(pattern, exact=self.case_sensitive) for pattern in patterns]

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their patterns, for the trace."""
        wanted = [
            (name.rstrip("_"), shown(patterns)) for name in (*_OPERATORS, "regex") if (patterns := getattr(self, name))
        ]
        if self.in_:
            wanted.append(("in", shown(self.in_)))
        if numbers := self._numbers():
            wanted += numbers.wanted()
        if self.exists is not None:
            wanted.append(("exists", str(self.exists).lower()))
        return wanted


def _read_stripped(value: object) -> tuple[str, ...]:
    return tuple(map(str.strip, read_patterns(value)))


class TrimmedOperators(TextOperators):
    """Operators on a text that has no spaces around it; nor, then, has what it may be as a whole."""

    is_: Annotated[
        Annotated[tuple[str, ...], BeforeValidator(_read_stripped, json_schema_input_type=OneOrMany)] | None,
        Field(alias="is"),
    ] = None
    """The whole text."""


class _Operator(NamedTuple):
    test: Callable[[Sequence[str]], matching.Test]
    pieces: Callable[[str], Pieces | None]


def _regex_guard(source: Source, pattern: str) -> Guard:
    return piece_guard(source, regex_pieces(pattern), exact=True) or (Expression(source, pattern),)


_OPERATORS: dict[str, _Operator] = {
    "is_": _Operator(matching.equals, plain_pieces),
    "contains": _Operator(matching.contains, plain_pieces),
    "starts_with": _Operator(matching.starts_with, plain_pieces),
    "ends_with": _Operator(matching.ends_with, plain_pieces),
    "glob": _Operator(matching.glob, glob_pieces),
}


def _begins_with_number(numbers: Numbers) -> matching.Test:
    def test(text: str) -> bool:
        number = leading_number(text)
        return number is not None and numbers.holds(number)

    return test


def on_folded(test: matching.Test) -> TextTest:
    """Look at a text without its case."""
    return lambda text: test(text.folded)


def on_value(test: matching.Test) -> TextTest:
    """Look at a text as it is."""
    return lambda text: test(text.value)


def in_some_spelling(test: TextTest) -> TextTest:
    """Look at a text in each way that it can be written."""
    return lambda text: test(text) or (text.readable is not None and test(text.readable))


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
        return f"{key}.{operator}", excerpt(patterns)
    return key, excerpt(" and ".join(f"{operator} {patterns}" for operator, patterns in wanted), limit=200)
