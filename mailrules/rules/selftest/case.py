"""The model of one test in a rule file: a message, and what the rules shall do with it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, model_validator

from mailrules.rules.selftest.expected import Expected
from mailrules.rules.selftest.mail import Mail
from mailrules.rules.tables import NonEmpty, Switch, Table, kind, wrong
from mailrules.rules.text import is_name


def _read_name(value: object) -> str:
    if value is None:
        raise wrong('a test needs a name that says what it shows: name = "invoices are filed by month"')
    if not isinstance(value, str):
        raise wrong(f'a test\'s name is text, not {kind(value)}: name = "invoices are filed by month"')
    if not is_name(value):
        raise wrong("a test's name has 1 to 200 characters, none of them a control character")
    return value


class Case(Table):
    """One test: `mailrules test` runs it, and so does whoever is about to take the rules into use."""

    name: Annotated[str, BeforeValidator(_read_name, json_schema_input_type=NonEmpty)]
    """Unique; says what is shown."""
    message: Mail
    """The message: a table of its fields, or the whole of it as text."""
    expect: Expected
    """What shall happen. What is not named must not happen."""
    scheduled: Switch = False
    """Whether the rules with `every` run, in place of those for new mail."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return "write [[tests]], and below it name, message and expect"

    @model_validator(mode="before")
    @classmethod
    def _name_what_is_missing(cls, value: object) -> object:
        """Let the types of required keys say what to write, as in a rule."""
        return {"name": None, "message": None, "expect": None} | value if isinstance(value, dict) else value
