"""What conditions on parts of a message share: their tests, what they ask, and how a trace shows it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.base import ABSENT, NOT_ASKED, NOT_KNOWN, Condition
from mailrules.rules.conditions.numbers import Count
from mailrules.rules.conditions.occurrences import captured
from mailrules.rules.conditions.operators import TextOperators, join_wanted
from mailrules.rules.conditions.size import Sizes
from mailrules.rules.mime.items import Item, items_of
from mailrules.rules.questions import Structure
from mailrules.rules.tables import each, read_pattern, wrong
from mailrules.rules.text import excerpt
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN, all_of, any_of, truth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mailrules.rules.captures import Captured
    from mailrules.rules.checks import Check
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Question
    from mailrules.rules.text import Text
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

    Look = Callable[[Message, Item], Truth]


_KINDS = frozenset({"application", "audio", "font", "image", "message", "model", "multipart", "text", "video"})


def read_media_type(value: object) -> str:
    """Read a content type, or a glob over it."""
    pattern = read_pattern(value).strip()
    if "/" in pattern or pattern == "*":
        return pattern
    meant = f'"{pattern}/*"' if pattern.lower() in _KINDS else 'it in full ("application/pdf"), or a kind ("image/*")'
    raise wrong(f'"{pattern}" is no content type: write {meant}')


class MediaType(TextOperators):
    """Operators on a content type such as `application/pdf`. A bare text may have `*` in it: `image/*`."""

    shorthand: ClassVar[str] = "glob"

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return f'write a content type ("image/*"), a list of them, or a table of {", ".join(cls.keys())}'

    @classmethod
    def read_bare(cls, value: object) -> tuple[str, ...]:
        """Read the patterns of a bare text or list, errors at their places in it."""
        return each(value, read_media_type, "an empty list matches nothing; write at least one content type")


class PartTest(NamedTuple):
    """One key of a condition on parts, ready to run."""

    key: str
    wanted: list[tuple[str, str]]
    holds: Look
    asks: Callable[[Message, Item], Iterable[Question[object]]] = lambda _message, _item: ()
    """The questions besides the structure that decide it for a part."""


def text_of_part(
    key: str, operators: TextOperators, read: Callable[[Item], Text | None], definitions: Definitions
) -> PartTest:
    """Make operators ready to run over one text of a part, which may be absent."""
    test = operators.texts_test(definitions)

    def holds(_message: Message, item: Item) -> Truth:
        text = read(item)
        return truth_of(test(() if text is None else (text,)))

    return PartTest(key, operators.wanted(), holds)


def _size_test(sizes: Sizes) -> PartTest:
    """Make limits ready to run; a multipart has no octets of its own, so it keeps to none."""

    def holds(_message: Message, item: Item) -> Truth:
        return FALSE if item.type.value.startswith("multipart/") else sizes.holds(item.size)

    return PartTest("size", sizes.wanted(), holds)


class PartCondition(Condition):
    """What is wanted of one part of the message."""

    name: TextOperators | None = None
    """The file's name as people see it, decoded; a bare text is looked for anywhere in it."""
    type: MediaType | None = None
    """The content type, such as `application/pdf`; a bare text may have `*` in it: `image/*`."""
    size: Sizes | None = None
    """Its size; of what is encoded in base64, about the size of the file."""
    count: Count | None = None
    """How many there are for which all else holds; a bare number is that number."""

    @abstractmethod
    def candidates(self, items: Sequence[Item]) -> Sequence[Item]:
        """Choose the parts that can be meant at all."""

    def tests(self, definitions: Definitions) -> list[PartTest]:
        """Make every key but `count` ready to run."""
        tests: list[PartTest] = []
        if self.name is not None:
            tests.append(text_of_part("name", self.name, lambda item: item.name, definitions))
        if self.type is not None:
            tests.append(text_of_part("type", self.type, lambda item: item.type, definitions))
        if self.size is not None:
            tests.append(_size_test(self.size))
        return tests

    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        tests = self.tests(definitions)

        def look(message: Message, item: Item) -> Truth:
            return all_of(test.holds(message, item) for test in tests)

        def check(message: Message, _facts: Facts) -> Truth:
            items = items_of(message)
            if items is None:
                return UNKNOWN
            return self._decide(look(message, item) for item in self.candidates(items))

        def find(message: Message) -> Item | None:
            return next((item for item in self._known(message) if look(message, item) is TRUE), None)

        def seen(message: Message, _facts: Facts) -> str:
            if items_of(message) is None:
                return NOT_KNOWN if message.asked(Structure()) else NOT_ASKED
            found = find(message)
            shown = self._known(message) if found is None or self.count is not None else (found,)
            return excerpt(", ".join(map(str, shown)), limit=200) or ABSENT

        def asks(message: Message, _facts: Facts) -> Iterator[Question[object]]:
            yield Structure()
            for item in self._known(message):
                if look(message, item) is UNKNOWN:
                    yield from (question for test in tests for question in test.asks(message, item))

        def captures(message: Message) -> Iterator[tuple[str, Captured]]:
            found = find(message)
            if found is not None:
                yield from captured(f"{self.key}.name", self.name, found.name)
                yield from captured(f"{self.key}.type", self.type, found.type)

        wanted = [(f"{test.key}.{operator}", text) for test in tests for operator, text in test.wanted]
        if self.count is not None:
            wanted += [(f"count.{operator}", text) for operator, text in self.count.wanted()]
        leaf = Leaf(
            *join_wanted(self.key, wanted or self.wanted_alone()), check, seen, self.key, find, asks, captures=captures
        )
        return (leaf,)

    def wanted_alone(self) -> list[tuple[str, str]]:
        """List what is wanted, for the trace, where nothing is wanted of any one part."""
        return []

    def _known(self, message: Message) -> Sequence[Item]:
        return self.candidates(items_of(message) or ())

    def _decide(self, truths: Iterable[Truth]) -> Truth:
        """Decide by what is true of each part."""
        if self.count is None:
            return any_of(truths)
        known = tuple(truths)
        possible = range(known.count(TRUE), len(known) - known.count(FALSE) + 1)
        held = {self.count.holds(number) for number in possible}
        return UNKNOWN if len(held) > 1 else truth_of(held.pop())
