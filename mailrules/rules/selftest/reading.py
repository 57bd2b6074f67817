"""Reads the values of a test's message: header lines, addresses, texts, and tables by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from mailrules.rules.addresses import parse_addresses
from mailrules.rules.conditions.search import read_search
from mailrules.rules.flags import read_all_flags
from mailrules.rules.headers import is_field_name
from mailrules.rules.tables import NonEmpty, OneOrMany, each, kind, read_switch, wrong

T = TypeVar("T")

_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]*/[a-z0-9][a-z0-9.+_-]*", re.IGNORECASE)  # RFC 6838 §4.2
_LINE_BREAKS = re.compile(r"[\r\n]")
_FILE = re.compile(r"\S+\.(?:eml|msg|txt)", re.IGNORECASE)
_OURS = re.compile(r"content-.*|mime-version", re.IGNORECASE)
_NO_FIELD = "an empty list says nothing; leave the key out for a message without this field"


def read_text(value: object) -> str:
    """Read a text that may have several lines."""
    if not isinstance(value, str):
        raise wrong(f"this is {kind(value)} and should be text in quotes")
    return value


def read_line(value: object) -> str:
    """Read a text of one line."""
    text = read_text(value)
    if _LINE_BREAKS.search(text):
        raise wrong("this must be one line; raw, body, html and an attachment's content may have several")
    return text


def read_filled(value: object) -> str:
    """Read a text of one line that says something."""
    text = read_line(value)
    if not text.strip():
        raise wrong("must not be empty; leave the key out instead")
    return text.strip()


def read_filled_list(value: object) -> tuple[str, ...]:
    """Read one text or several, or none at all."""
    return () if value == [] else each(value, read_filled, "")


def read_addresses(value: object) -> tuple[str, ...]:
    """Read one address, or several in a list or as in a header."""
    return each(value, _read_address, _NO_FIELD)


def _read_address(value: object) -> str:
    text = read_filled(value)
    if not any(mailbox.local and mailbox.domain for mailbox in parse_addresses(text).mailboxes):
        raise wrong(f'"{text}" has no address in it: write it as in "Bob <bob@example.com>" or "bob@example.com"')
    return text


def read_raw(value: object) -> str:
    """Read a whole message."""
    text = read_text(value).lstrip("\r\n")
    if _FILE.fullmatch(text.strip()):
        raise wrong(f'for a message in a file write message.file = "{text.strip()}"')
    name, colon, _ = text.partition("\n")[0].partition(":")
    if not colon or not is_field_name(name):
        raise wrong('a message as text begins with its header, with a line such as "Subject: invoice"')
    return text


def read_type(value: object) -> str:
    """Read an attachment's content type."""
    text = read_filled(value).lower()
    if not _TYPE.fullmatch(text) or text.startswith("multipart/"):
        raise wrong(f'"{text}" is no type of an attachment: write it as in "application/pdf"')
    return text


def read_headers(value: object) -> Mapping[str, tuple[str, ...]]:
    """Read header fields by name, each with one value or several."""
    return _by_name(value, _check_header, _read_lines, 'write names below it: header."X-Spam-Flag" = "yes"')


def _read_lines(value: object) -> tuple[str, ...]:
    return each(value, read_line, _NO_FIELD)


def _check_header(name: str) -> None:
    if not is_field_name(name):
        raise wrong("no header can have this name: write it as in the message, without the colon")
    if _OURS.fullmatch(name):
        raise wrong("this follows from body, html and attachments; for anything else write the message as text")


def read_searches(value: object) -> Mapping[str, bool]:
    """Read what the server would find the message by."""
    usage = "write a search as the rule has it, and whether the message is found: search = { 'UNSEEN' = true }"
    return {name.strip(): found for name, found in _by_name(value, read_search, read_switch, usage).items()}


def _by_name(value: object, check: Callable[[str], object], read: Callable[[object], T], usage: str) -> Mapping[str, T]:
    if not isinstance(value, Mapping) or not value:
        raise wrong(f"this is {kind(value) if value != {} else 'empty'} and should be a table: {usage}")
    found: dict[str, T] = {}
    errors: list[InitErrorDetails] = []
    for name, inner in value.items():
        try:
            check(name)
            found[name] = read(inner)
        except PydanticCustomError as error:
            errors.append(InitErrorDetails(type=error, loc=(name,), input=inner))
        except ValidationError as error:  # each item that is wrong in a list
            errors += [
                InitErrorDetails(type=wrong(details["msg"]), loc=(name, *details["loc"]), input=details["input"])
                for details in error.errors()
            ]
    if errors:
        raise ValidationError.from_exception_data("table", errors)
    return found


Line = Annotated[str, BeforeValidator(read_line, json_schema_input_type=str)]
Filled = Annotated[str, BeforeValidator(read_filled, json_schema_input_type=NonEmpty)]
FilledList = Annotated[
    tuple[str, ...], BeforeValidator(read_filled_list, json_schema_input_type=NonEmpty | list[NonEmpty])
]
Addresses = Annotated[tuple[str, ...], BeforeValidator(read_addresses, json_schema_input_type=OneOrMany)]
Headers = Annotated[
    Mapping[str, tuple[str, ...]], BeforeValidator(read_headers, json_schema_input_type=dict[str, str | list[str]])
]
Searches = Annotated[Mapping[str, bool], BeforeValidator(read_searches, json_schema_input_type=dict[str, bool])]
FlagList = Annotated[tuple[str, ...], BeforeValidator(read_all_flags, json_schema_input_type=NonEmpty | list[NonEmpty])]
Raw = Annotated[str, BeforeValidator(read_raw, json_schema_input_type=NonEmpty)]
Text = Annotated[str, BeforeValidator(read_text, json_schema_input_type=str)]
ContentType = Annotated[str, BeforeValidator(read_type, json_schema_input_type=NonEmpty)]
