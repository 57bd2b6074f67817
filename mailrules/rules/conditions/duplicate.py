"""The condition that a message has come before: `duplicate` (RFC 7352)."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from mailrules.rules.checks import Leaf
from mailrules.rules.conditions.age import Age_, AgeText, read_age, write_age
from mailrules.rules.conditions.base import ABSENT, NOT_ASKED, NOT_KNOWN, Condition, condition
from mailrules.rules.headers import is_field_name
from mailrules.rules.questions import Mark, Met
from mailrules.rules.tables import NonEmpty, Switch, SwitchOrTable, kind, wrong
from mailrules.rules.text import excerpt, is_name
from mailrules.rules.truth import opposite, truth_of

if TYPE_CHECKING:
    from mailrules.rules.checks import Check
    from mailrules.rules.conditions.base import Marking
    from mailrules.rules.definitions import Definitions
    from mailrules.rules.message import Message
    from mailrules.rules.truth import Truth
    from mailrules.rules.verdict import Facts

_ADDRESS_FIELDS = {"from": "FROM", "sender": "SENDER", "reply_to": "REPLY-TO"}
_TEXT_FIELDS = {"message_id": "MESSAGE-ID", "subject": "SUBJECT", "list_id": "LIST-ID"}
_SEEN = {True: "(met before)", False: "(the first)", None: NOT_KNOWN}
_WITHIN = timedelta(days=7)
LONGEST = timedelta(days=365)
"""How long marks can matter."""


def read_by(value: object) -> str:
    """Read what messages are compared by."""
    if not isinstance(value, str):
        raise wrong(f"this is {kind(value)}: write one field's name as text: {_choices()}")
    header, _, name = value.partition(".")
    if value in _ADDRESS_FIELDS or value in _TEXT_FIELDS or (header == "header" and is_field_name(name)):
        return value
    raise wrong(f'messages can\'t be compared by "{value}": write one of {_choices()}')


def _choices() -> str:
    return ", ".join(f'"{name}"' for name in (*_TEXT_FIELDS, *_ADDRESS_FIELDS, "header.NAME"))


def read_within(value: object) -> timedelta:
    """Read for how long a message is remembered."""
    within = read_age(value)
    if not timedelta() < within <= LONGEST:
        raise wrong(f'write a time of up to {write_age(LONGEST)}, as in within = "7 days"')
    return within


def read_handle(value: object) -> str:
    """Read the name of what is remembered apart."""
    if not isinstance(value, str) or not is_name(value):
        raise wrong('a handle is a text of 1 to 200 characters, as in handle = "alerts"')
    return value


@condition("duplicate")
class Duplicate(Condition, SwitchOrTable):
    """Whether another message like this one came to the account before: `true`, `false`, or a table (RFC 7352).

    By default a message is like another if it has the same Message-ID. One without the field that is compared by is no
    duplicate, nor is one that was received before the other. Messages are remembered from the day the rule is there, in
    the mailboxes that it is for, whether they are still there or not.
    """

    is_: Annotated[Switch, Field(alias="is")] = True
    """What a bare `true` or `false` stands for: whether it shall be a duplicate or the first of its kind."""
    by: Annotated[str, BeforeValidator(read_by, json_schema_input_type=NonEmpty)] = "message_id"
    """The field that is the same: `message_id`, `subject`, `list_id`, `from`, `sender`, `reply_to` or `header.NAME`."""
    within: Annotated[Age_, BeforeValidator(read_within, json_schema_input_type=AgeText)] = _WITHIN
    """How long a message is remembered, as in `"12 hours"`; counted from the first of its kind."""
    handle: Annotated[str, BeforeValidator(read_handle, json_schema_input_type=NonEmpty)] = ""
    """A name. Rules with different names remember apart from each other."""
    since_last: Switch = False
    """Counts `within` from the last duplicate instead, so that a flood of them stays one for as long as it goes on."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write duplicate = true, or a table, as in duplicate = { by = "subject", within = "1 day" }'

    def checks(self, _definitions: Definitions) -> tuple[Check, ...]:
        """Make it ready to run."""
        of_absent = truth_of(not self.is_)

        def check(message: Message, _facts: Facts) -> Truth:
            question = self._question(message)
            if question is None:
                return of_absent
            met = truth_of(message.answer(question))
            return met if self.is_ else opposite(met)

        def seen(message: Message, _facts: Facts) -> str:
            question = self._question(message)
            if question is None:
                return ABSENT
            value = excerpt(self._value(message))
            if not message.asked(question):
                return f"{value} {NOT_ASKED}"
            return f"{value} {_SEEN[message.answer(question)]}"

        def asks(message: Message, _facts: Facts) -> tuple[Met, ...]:
            question = self._question(message)
            return () if question is None else (question,)

        wanted = f"{str(self.is_).lower()} by {self.by} within {write_age(self.within)}"
        return (Leaf(self.key, wanted, check, seen, asks=asks),)

    def marking(self) -> Marking:
        """Give what makes the mark of a message."""
        return self._mark

    def header_fields(self) -> frozenset[str]:
        """Give the header fields it looks at, in upper case."""
        return frozenset({self._header()})

    def _header(self) -> str:
        known = _TEXT_FIELDS.get(self.by) or _ADDRESS_FIELDS.get(self.by)
        return known or self.by.partition(".")[2].upper()

    def _value(self, message: Message) -> str:
        """Give what the message is compared by, empty if it has no such thing."""
        if self.by in _ADDRESS_FIELDS:
            fields = message.fields.addresses((self._header(),))
            return ", ".join(address.address.folded for field in fields for address in field.addresses)
        return next((text.value for text in message.fields.texts(self._header())), "")

    def _question(self, message: Message) -> Met | None:
        mark = self._mark(message)
        return None if mark is None else Met(mark, self.within, self.since_last)

    def _mark(self, message: Message) -> Mark | None:
        # A stranger writes the value, and it is kept for long: so its hash is kept, which is short and tells nothing.
        value = self._value(message)
        digest = sha256(f"{self._header()}:{value}".encode("utf-8", "replace")).hexdigest()
        return Mark(self.handle, digest) if value else None
