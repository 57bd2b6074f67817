"""The condition on the conversation that a message belongs to: `thread`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules import matching
from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.base import ABSENT, NOT_ASKED, NOT_KNOWN, Condition, condition, shown
from mailrules.rules.conditions.operators import join_wanted
from mailrules.rules.questions import Filed
from mailrules.rules.tables import ONE_OR_MANY_SCHEMAS, Patterns, Switch, kind, read_patterns, wrong
from mailrules.rules.text import excerpt
from mailrules.rules.truth import FALSE, UNKNOWN, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mailrules.rules.checks import Check, Found
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import HeaderFields, Message
    from mailrules.rules.questions import Question
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

MAX_RELATIVES = 50
"""How many messages of a conversation are looked for, the nearest first."""

_HEADERS = frozenset({"IN-REPLY-TO", "REFERENCES"})
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_LONGEST_ID = 998  # octets of a line, RFC 5322 §2.1.1


def relatives(message: Message) -> tuple[str, ...]:
    """Give the Message-IDs of what a message answers, with their brackets, the nearest relative first."""
    return message.fields.once(relatives, _relatives)


def _relatives(fields: HeaderFields) -> tuple[str, ...]:
    answered = _message_ids(fields, "IN-REPLY-TO")
    before = reversed(_message_ids(fields, "REFERENCES"))
    return tuple(dict.fromkeys((*answered, *before)))[:MAX_RELATIVES]


def _message_ids(fields: HeaderFields, name: str) -> list[str]:
    found = (each for written in fields.written(name) for each in _MESSAGE_ID.findall(written))
    return [each for each in found if len(each) <= _LONGEST_ID]


@condition("thread")
class Thread(Condition):
    """What is known of the message's conversation (In-Reply-To and References).

    A bare text is a mailbox, as in `thread = "Support/*"`: mailrules has filed an earlier message of the conversation
    there. With `then.move = "{thread.mailbox}"` answers follow what they answer.
    """

    in_: Annotated[Patterns | None, Field(alias="in")] = None
    """The mailbox where mailrules last filed the nearest earlier message, or a pattern of it (`*`, `%`)."""
    exists: Switch | None = None
    """Whether the message answers another one at all."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ONE_OR_MANY_SCHEMAS
    value_parts: ClassVar[tuple[str, ...]] = ("mailbox",)
    path_parts: ClassVar[frozenset[str]] = frozenset({"mailbox"})

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a bare text or list as mailboxes."""
        if not isinstance(value, str | list):
            raise wrong(f"this is {kind(value)}: {cls.usage()}")
        return {"in": read_patterns(value)}

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write thread.in with mailboxes, as in thread.in = "Support/*", or thread.exists = true'

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.exists is False and self.in_ is not None:
            raise wrong("exists = false stands alone: what answers nothing has no conversation that could be anywhere")
        if use := next((pattern for pattern in self.in_ or () if pattern.startswith("\\")), None):
            raise wrong(f'{use} is a special use: write the mailbox itself, by its path, as in "Archive"')
        return self

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        covers = None if self.in_ is None else matching.mailbox(self.in_)

        def check(message: Message, _facts: Facts) -> Truth:
            known = relatives(message)
            if self.exists is False or covers is None or not known:
                return truth_of(bool(known) is not (self.exists is False))
            path = message.answer(Filed(known))
            if path is None:
                return UNKNOWN
            return truth_of(covers(path)) if path else FALSE

        def seen(message: Message, _facts: Facts) -> str:
            known = relatives(message)
            if not known:
                return ABSENT
            if covers is None:
                return excerpt(known[0])
            if not message.asked(Filed(known)):
                return NOT_ASKED
            path = message.answer(Filed(known))
            return NOT_KNOWN if path is None else excerpt(path or "(never filed)")

        wanted = [("in", shown(self.in_))] if self.in_ else []
        if self.exists is not None:
            wanted.append(("exists", str(self.exists).lower()))
        asks = None if covers is None else _questions
        return (Leaf(*join_wanted(self.key, wanted), check, seen, asks=asks),)

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return _HEADERS

    def mailboxes(self) -> tuple[str, ...]:
        """Give the mailboxes that it names."""
        return self.in_ or ()

    @classmethod
    def value_fields(cls, _part: str) -> frozenset[str]:
        """Give the header fields that the value is read from, in upper case."""
        return _HEADERS

    @classmethod
    def value_questions(cls, _part: str, message: Message, facts: Facts) -> Iterable[Question[object]]:
        """Give the question where the conversation is filed."""
        return _questions(message, facts)

    @classmethod
    def value(cls, _part: str, message: Message, _found: Found) -> str | None:
        """Give the mailbox in which mailrules last filed the nearest earlier message."""
        return message.answer(Filed(relatives(message)))


def _questions(message: Message, _facts: Facts) -> tuple[Filed, ...]:
    known = relatives(message)
    return (Filed(known),) if known else ()
