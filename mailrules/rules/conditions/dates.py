"""Conditions on dates: `sent`, `received`, `now`, and `date.NAME` for any header that holds one."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import model_validator

from mailrules.rules.checks import Leaf
from mailrules.rules.clues import Something, best_guard
from mailrules.rules.conditions.age import Age_, write_age
from mailrules.rules.conditions.base import ABSENT, NOT_KNOWN, Condition, condition
from mailrules.rules.conditions.by_header import ByHeader
from mailrules.rules.conditions.date_parts import DateOperators
from mailrules.rules.conditions.moments import ORIGINAL
from mailrules.rules.conditions.occurrences import Nth
from mailrules.rules.conditions.operators import join_wanted
from mailrules.rules.conditions.text import HeaderTexts
from mailrules.rules.dates import Date, date_of
from mailrules.rules.headers import is_field_name
from mailrules.rules.tables import Switch, Table, wrong, wrong_at
from mailrules.rules.text import excerpt
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN, truth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mailrules.rules.checks import Check
    from mailrules.rules.clues import Guard
    from mailrules.rules.conditions.date_parts import DateTest
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts


class HeaderDateOperators(DateOperators):
    """What the date in a header has to be like; all keys must hold of one date.

    A header that is missing or that can't be read as a date matches nothing. A bare day, or list of days, stands for
    `date`.
    """

    over: Age_ | None = None
    """Longer ago than this, as in "90 days"."""
    under: Age_ | None = None
    """Less long ago than this, or still to come."""
    exists: Switch | None = None
    """Whether there is such a date at all."""
    nth: Nth | None = None
    """Which occurrence of the header is looked at: 1 is the first, -1 the last. Without it, any."""

    modifiers: ClassVar[frozenset[str]] = frozenset({"timezone", "nth"})

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.exists is False and self.given() != {"exists"}:
            raise wrong("exists = false stands alone: what is absent can't match anything else")
        if self.over is not None and self.under is not None and self.under <= self.over:
            raise wrong("no date is both longer and less long ago: under must be more than over")
        return self

    def date_test(self, definitions: Definitions) -> DateTest:
        """Make the test that all keys hold of one date."""
        of_date = super().date_test(definitions)
        over, under = self.over, self.under

        def test(date: Date, facts: Facts) -> bool:
            age = facts.now - date.when
            return (over is None or age > over) and (under is None or age < under) and of_date(date, facts)

        return of_date if over is None and under is None else test

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their values, for the trace."""
        ages = (("over", self.over), ("under", self.under))
        wanted = [(name, write_age(age)) for name, age in ages if age is not None]
        if self.exists is not None:
            wanted.append(("exists", str(self.exists).lower()))
        if self.nth is not None:
            wanted.append(("nth", str(self.nth)))
        return wanted + super().wanted()

    def leaf(self, key: str, header: str, definitions: Definitions) -> Leaf:
        """Make it ready to run over the occurrences of a header field, which is named in upper case."""
        nth = self.nth

        def dates(message: Message, _facts: Facts) -> Sequence[Date]:
            found = message.fields.dates(header)
            if nth is not None:
                found = found[nth - 1 : nth] if nth > 0 else found[nth : nth + 1 or None]
            return [date for date in found if date is not None]

        def unread(message: Message) -> str:
            texts = ", ".join(text.value for text in message.fields.texts(header))
            return f"{excerpt(texts)} (no date)" if texts else ABSENT

        leaf = _leaf(key, self, dates, unread, definitions)
        if self.exists is False:
            return replace(leaf, check=lambda message, facts: FALSE if dates(message, facts) else TRUE)
        return leaf

    def date_guard(self, header: str) -> Guard | None:
        """Give the clue that there is such a header field, unless there shall be none."""
        return None if self.exists is False else (Something(HeaderTexts(header)),)


def _leaf(
    key: str,
    operators: DateOperators,
    dates: Callable[[Message, Facts], Sequence[Date] | None],
    unread: Callable[[Message], str],
    definitions: Definitions,
) -> Leaf:
    """Make operators ready to run over dates, of which one is enough; `unread` says what there is instead of them."""
    test = operators.date_test(definitions)

    def check(message: Message, facts: Facts) -> Truth:
        found = dates(message, facts)
        return UNKNOWN if found is None else truth_of(any(test(date, facts) for date in found))

    def seen(message: Message, facts: Facts) -> str:
        found = dates(message, facts)
        if not found:
            return NOT_KNOWN if found is None else unread(message)
        matched = next((date for date in found if test(date, facts)), None)
        return excerpt(", ".join(operators.shown(date, facts) for date in (found if matched is None else (matched,))))

    return Leaf(*join_wanted(key, operators.wanted()), check, seen)


class DateCondition(Condition):
    """A condition on dates, whose first one templates can write: `{sent:%Y-%m}`."""

    @classmethod
    def has_date(cls, part: str) -> bool:
        """Tell whether templates may write this part behind the key; the empty text is the key alone."""
        return part == ""

    @classmethod
    def example(cls) -> str:
        """Give a placeholder as templates write it."""
        return f"{{{cls.key}:%Y-%m}}"

    @classmethod
    def date_fields(cls, _part: str) -> frozenset[str]:
        """Give the header fields that a template's date is read from, in upper case."""
        return frozenset()

    @classmethod
    @abstractmethod
    def dates(cls, part: str, message: Message, facts: Facts) -> Sequence[Date] | None:
        """Give the dates that there are; None where that is not known."""


class _OneDate(DateCondition, DateOperators):
    """A date that is in no header: there is just one of it."""

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""

        def dates(message: Message, facts: Facts) -> Sequence[Date] | None:
            return self.dates("", message, facts)

        return (_leaf(self.key, self, dates, lambda _message: ABSENT, definitions),)


@condition("received")
class Received(_OneDate):
    """When the message arrived (INTERNALDATE). A bare day, or list of days, stands for `date`.

    How long ago that is, `age` knows.
    """

    @model_validator(mode="before")
    @classmethod
    def _age_is_elsewhere(cls, value: object) -> object:
        ages = [name for name in ("over", "under") if isinstance(value, dict) and name in value]
        if ages:
            raise wrong_at(ages, 'for how long ago the message arrived write age, as in age.over = "90 days"')
        return value

    @classmethod
    def dates(cls, _part: str, message: Message, _facts: Facts) -> Sequence[Date] | None:
        """Give the date of arrival."""
        return _known(message.received)


@condition("now")
class Now(_OneDate):
    """The moment at which the rule is run: working hours, holidays. A bare day, or list of days, stands for `date`."""

    @model_validator(mode="after")
    def _hangs_somewhere(self) -> Self:
        if self.timezone == ORIGINAL:
            raise wrong_at(["timezone"], 'now was not written anywhere: name a time zone, as in "Europe/Kyiv"')
        return self

    @classmethod
    def dates(cls, _part: str, _message: Message, facts: Facts) -> Sequence[Date] | None:
        """Give the moment of evaluation."""
        return _known(facts.now)


@condition("sent")
class Sent(DateCondition, HeaderDateOperators):
    """When the message was sent, as its sender says (Date). A bare day, or list of days, stands for `date`.

    A Date that is missing or can't be read matches nothing.
    """

    header: ClassVar[str] = "DATE"

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        return (self.leaf(self.key, self.header, definitions),)

    def guard(self, _definitions: Definitions) -> Guard | None:
        """Give the clue that there is a Date."""
        return self.date_guard(self.header)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset({self.header})

    @classmethod
    def date_fields(cls, _part: str) -> frozenset[str]:
        """Give the header fields that a template's date is read from, in upper case."""
        return frozenset({cls.header})

    @classmethod
    def dates(cls, _part: str, message: Message, _facts: Facts) -> Sequence[Date] | None:
        """Give the dates of sending."""
        return _readable(message, cls.header)


@condition("date")
class DateOf(DateCondition, ByHeader):
    """The date in any header, by the header's name: `date."Resent-Date".after = "2024-01-31"`.

    In Received it is what stands behind the last semicolon.
    """

    __pydantic_extra__: dict[str, HeaderDateOperators]
    below: ClassVar[type[Table]] = HeaderDateOperators

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return (
            'write a header\'s name below it: date."Resent-Date".after = "2024-01-31"; for the Date header write sent'
        )

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        return tuple(
            operators.leaf(f"{self.key}.{name}", name.upper(), definitions)
            for name, operators in self.__pydantic_extra__.items()
        )

    def guard(self, _definitions: Definitions) -> Guard | None:
        """Give the clue that there is one of the headers."""
        return best_guard(each.date_guard(name.upper()) for name, each in self.__pydantic_extra__.items())

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset(name.upper() for name in self.__pydantic_extra__)

    @classmethod
    def has_date(cls, part: str) -> bool:
        """Tell a header's name."""
        return is_field_name(part)

    @classmethod
    def example(cls) -> str:
        """Give a placeholder as templates write it."""
        return "{date.NAME:%Y-%m}, with the name of a header"

    @classmethod
    def date_fields(cls, part: str) -> frozenset[str]:
        """Give the header fields that a template's date is read from, in upper case."""
        return frozenset({part.upper()})

    @classmethod
    def dates(cls, part: str, message: Message, _facts: Facts) -> Sequence[Date] | None:
        """Give the dates in this header."""
        return _readable(message, part.upper())


def _known(when: datetime | None) -> Sequence[Date] | None:
    date = None if when is None else date_of(when)
    return None if date is None else (date,)


def _readable(message: Message, header: str) -> Sequence[Date]:
    return [date for date in message.fields.dates(header) if date is not None]
