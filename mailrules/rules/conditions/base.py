"""What a condition is, and the register of them all.

A new one is one class with ``@condition("key")``, and a line in this package's table that says where: from it `match`
has its key, templates have its values, and error messages, suggestions and the JSON Schema know both.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from mailrules.rules.tables import Table
from mailrules.rules.text import excerpt
from mailrules.rules.truth import FALSE, TRUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mailrules.rules.checks import Check, Decide, Element, Found
    from mailrules.rules.clues import Guard
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.questions import Mark, Question
    from mailrules.rules.text import Text
    from mailrules.rules.verdict import Facts

    Find = Callable[[Message], Element | None]
    Marking = Callable[[Message], Mark | None]


class Condition(Table):
    """One key of `match`: what is wanted of one field of the message."""

    key: ClassVar[str]
    """The key in `match`, and the first part of its names in templates."""
    value_parts: ClassVar[tuple[str, ...]] = ()
    """What templates may write behind the key; the empty text is the key alone."""

    path_parts: ClassVar[frozenset[str]] = frozenset()
    """Those of them whose value is a whole mailbox, and one that is there."""

    @abstractmethod
    def checks(self, definitions: Definitions) -> tuple[Check, ...]:
        """Make the condition ready to run; `definitions` has what it may refer to by name.

        Each of the checks must hold, and under `not` each excludes by itself, as keys of `match` do.
        """

    def guard(self, _definitions: Definitions) -> Guard | None:
        """Give clues without any of which not all of its checks can hold; None if none can be looked up."""
        return None

    def marking(self) -> Marking | None:
        """Give what makes the marks by which it has to know messages again."""
        return None

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset()

    def mailboxes(self) -> tuple[str, ...]:
        """Give the mailboxes that it names, patterns too."""
        return ()

    def wants(self) -> frozenset[str]:
        """Name the account's settings without which it is always unknown."""
        return frozenset()

    @classmethod
    def has_value(cls, part: str) -> bool:
        """Tell whether templates may write this part behind the key."""
        return part in cls.value_parts

    @classmethod
    def value_fields(cls, part: str) -> frozenset[str]:
        """Give the header fields that a template's value is read from, in upper case."""
        raise AssertionError(f"a condition with value_parts says where they come from: {cls.key}.{part}")

    @classmethod
    def value(cls, part: str, _message: Message, _found: Found) -> str | None:
        """Give the value for a template: what the rule matched by, else the first there is."""
        raise AssertionError(f"a condition with value_parts can give them: {cls.key}.{part}")

    @classmethod
    def value_questions(cls, _part: str, _message: Message, _facts: Facts) -> Iterable[Question[object]]:
        """Give the questions that a template's value is the answer to, as far as they can be known yet."""
        return ()


REGISTERED: dict[str, type[Condition]] = {}
"""The conditions whose modules have been imported."""

C = TypeVar("C", bound=Condition)


def condition(key: str) -> Callable[[type[C]], type[C]]:
    """Register a condition under its key."""

    def register(cls: type[C]) -> type[C]:
        if key in REGISTERED:
            raise AssertionError(f"two conditions have the key {key}")
        cls.key = key
        REGISTERED[key] = cls
        return cls

    return register


def holds_if_found(find: Find) -> Decide:
    """Decide by whether there is what is looked for."""
    return lambda message, _facts: FALSE if find(message) is None else TRUE


def holds_if_absent(find: Find) -> Decide:
    """Decide by whether there is nothing of what is looked for."""
    return lambda message, _facts: TRUE if find(message) is None else FALSE


def shown(patterns: tuple[str, ...]) -> str:
    """Write patterns for a trace: ``"a" or "b"``."""
    return " or ".join(f'"{pattern}"' for pattern in patterns)


def seen_texts(texts: Iterable[Text]) -> str:
    """Show values in a trace."""
    return excerpt(", ".join([text.value for text in texts])) or ABSENT


ABSENT = "(absent)"
"""What a trace shows for a field that the message does not have."""
NOT_ASKED = "(not asked)"
"""What a trace shows for what only the server or the state could say."""
NOT_KNOWN = "(unknown)"
"""What a trace shows for what was not fetched or could not be read."""
