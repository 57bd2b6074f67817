"""The operators on a field that may be there more than once: which occurrence is meant, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self, TypeVar, cast

from pydantic import BeforeValidator, model_validator

from mailrules.rules.captures import Captured
from mailrules.rules.clues import Something
from mailrules.rules.conditions.base import holds_if_absent, holds_if_found, seen_texts
from mailrules.rules.conditions.numbers import Count, read_number
from mailrules.rules.conditions.operators import TextOperators, TrimmedOperators
from mailrules.rules.tables import wrong
from mailrules.rules.truth import FALSE, TRUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mailrules.rules.checks import Decide, Element
    from mailrules.rules.clues import Guard, Source
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.text import Text
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

T = TypeVar("T")


def read_nth(value: object) -> int:
    """Read which one is meant, from the beginning or from the end."""
    number = read_number(value)
    if not isinstance(number, int) or number == 0:
        raise wrong("write 1 for the first, 2 for the second, -1 for the last")
    return number


Nth = Annotated[int, BeforeValidator(read_nth, json_schema_input_type=int)]


class FieldOperators(TrimmedOperators):
    """Operators on a header field; all must hold of the same occurrence, and of a list one value is enough."""

    count: Count | None = None
    """How many there are; of what is absent there are 0."""
    nth: Nth | None = None
    """Makes the operators beside it look at one occurrence of the header only: 1 is the first, -1 the last."""

    modifiers: ClassVar[frozenset[str]] = TrimmedOperators.modifiers | {"nth"}

    @model_validator(mode="after")
    def _counts_what_is_there(self) -> Self:
        if self.nth is not None and self.count is not None:
            raise wrong("nth means one occurrence, so there is nothing to count: leave nth or count out")
        if self.count is not None and self.count.means_none and self.given() != {"count"}:
            raise wrong("a count of 0 stands alone: what is absent can't match anything else")
        return self

    def pick(self, occurrences: Sequence[T]) -> Sequence[T]:
        """Give those of a header's occurrences that are to be looked at."""
        if self.nth is None:
            return occurrences
        place = self.nth - 1 if self.nth > 0 else len(occurrences) + self.nth
        return occurrences[place : place + 1] if place >= 0 else ()

    def decide(self, find: Callable[[Message], Element | None], number: Callable[[Message], int]) -> Decide:
        """Decide by what is found, and by how many there are if that is asked for."""
        if self.exists is False:
            return holds_if_absent(find)
        found = holds_if_found(find)
        if self.count is None:
            return found
        holds = self.count.holds
        alone = self.counts_only

        def decide(message: Message, facts: Facts) -> Truth:
            if not holds(number(message)):
                return FALSE
            return TRUE if alone else found(message, facts)

        return decide

    def text_guard(self, source: Source, definitions: Definitions) -> Guard | None:
        """Give the clues without any of which no text of the source can match."""
        guard = super().text_guard(source, definitions)
        if guard is None and self.count is not None and not self.count.holds(0):
            return (Something(source),)
        return guard

    def shows(self, texts: Callable[[T], Iterable[Text]]) -> Callable[[Element], str] | None:
        """Make what shows the texts of what was found in a trace; None if more than that it was found decides."""
        if self.exists is False or self.count is not None:
            return None
        return lambda found: seen_texts(texts(cast("T", found)))

    @property
    def counts_only(self) -> bool:
        """Whether all that is asked for is how many there are."""
        return self.given() == {"count"}

    def wanted(self) -> list[tuple[str, str]]:
        """List the operators with their patterns, for the trace."""
        wanted = super().wanted()
        if self.count is not None:
            wanted += [(f"count.{name}", text) for name, text in self.count.wanted()]
        return wanted if self.nth is None else [("nth", str(self.nth)), *wanted]


def captured(
    name: str, operators: TextOperators | None, text: Text | None, show: Callable[[str], str] = str
) -> Iterator[tuple[str, Captured]]:
    """Give a text with the operators that hold of it, if those can have groups; ``name`` is what templates call it."""
    if operators is not None and text is not None and (operators.regex or operators.glob):
        yield name, Captured(text, operators, show)
