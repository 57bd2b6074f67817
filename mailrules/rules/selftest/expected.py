"""The model of what a test expects of the rules."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mailrules.rules.actions import AllFlags, FlagsToChange, Yes
from mailrules.rules.selftest.reading import read_filled
from mailrules.rules.tables import NonEmpty, OneOrMany, Table, each, wrong, wrong_at
from mailrules.rules.targets import read_target
from mailrules.rules.templates import Template


def read_mailbox(value: object) -> str:
    """Read the mailbox that a message ends up in: a path without templates, or a special use."""
    if isinstance(value, str) and not value.startswith("\\") and _has_values(value):
        raise wrong(f'"{value}" is a template: write the mailbox that this message goes to, as in "Customers/Acme"')
    text = value.replace("{", "{{").replace("}", "}}") if isinstance(value, str) else value
    target = read_target(text)
    return target.special_use or str(value)


def _has_values(text: str) -> bool:
    try:
        return any(not isinstance(part, str) for level in Template.parse(text).levels for part in level)
    except PydanticCustomError:  # braces that are no template stand for themselves
        return False


def _read_mailboxes(value: object) -> tuple[str, ...]:
    return each(value, read_mailbox, "an empty list names no mailbox; leave copy out, and no copy is expected")


def _read_rules(value: object) -> tuple[str, ...]:
    return each(value, read_filled, "an empty list names no rule; leave it out")


Mailbox = Annotated[str, BeforeValidator(read_mailbox, json_schema_input_type=NonEmpty)]
Mailboxes = Annotated[tuple[str, ...], BeforeValidator(_read_mailboxes, json_schema_input_type=OneOrMany)]
RuleNames = Annotated[tuple[str, ...], BeforeValidator(_read_rules, json_schema_input_type=OneOrMany)]

_ENDINGS = ("move", "trash", "expunge")
_ALONE = ("stay", "held")
_MATCHES = ("matched", "not_matched")


class Expected(Table):
    """What the rules shall do with the message. What is not named here must not happen.

    With `matched` and `not_matched` alone, it does not matter what is done.
    """

    move: Mailbox | None = None
    """The mailbox it is moved to."""
    copy_: Annotated[Mailboxes | None, Field(alias="copy")] = None
    """The mailbox it is copied to, or a list of all."""
    trash: Yes | None = None
    """It goes to the trash."""
    expunge: Yes | None = None
    """It is removed for good."""
    add_flags: FlagsToChange | None = None
    """The flags that are set."""
    remove_flags: FlagsToChange | None = None
    """The flags that are taken away."""
    set_flags: AllFlags | None = None
    """Exactly the flags that it has then."""
    stay: Yes | None = None
    """Nothing at all is done with it."""
    held: Yes | None = None
    """It stays because a rule that matches can't act, as when a value for a mailbox's name is missing."""
    matched: RuleNames | None = None
    """Rules that match, on trial or not; others may match as well."""
    not_matched: RuleNames | None = None
    """Rules that do not match, or are not reached."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write what is to happen, as in expect.move = "Invoices", or expect.stay = true'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Say why nothing but a table will do."""
        if value is None:
            raise wrong(f"a test needs expect: {cls.usage()}")
        return super().from_bare(value)

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        given = self.actions()
        endings = [key for key in _ENDINGS if key in given]
        alone = [key for key in _ALONE if key in given]
        if len(endings) > 1:
            raise wrong_at(endings[1:], f"a message goes one way only: keep {' or '.join(endings)}")
        if alone and len(given) > 1:
            raise wrong_at(alone[:1], f"{alone[0]} = true says that nothing is done: keep it alone")
        if "set_flags" in given and given & {"add_flags", "remove_flags"}:
            raise wrong_at(["set_flags"], "it says all flags: leave add_flags and remove_flags out")
        return self

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        both = set(self.matched or ()) & set(self.not_matched or ())
        if both:
            raise wrong_at(["not_matched"], f"'{min(both)}' is among matched as well: keep it in one of them")
        return self

    def actions(self) -> frozenset[str]:
        """Give the keys that say what is done; with none of them, only what matches is looked at."""
        names = {field.alias or name: name for name, field in type(self).model_fields.items()}
        return frozenset(key for key in names if key not in _MATCHES and getattr(self, names[key]) is not None)
