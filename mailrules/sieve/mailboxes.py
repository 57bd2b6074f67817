"""Mailbox names as scripts have them, as paths of rules."""

from __future__ import annotations

from typing import Final

from pydantic_core import PydanticCustomError

from mailrules.rules.targets import read_target

_PREFIX: Final = "INBOX."
_INBOX: Final = "INBOX"


def path_of(name: str) -> str:
    """Give the path of a mailbox: ``/`` between its levels, and without the namespace ``INBOX.`` of some servers.

    Such servers (Courier, Cyrus, and Dovecot set up like them) part levels with a dot.
    """
    if name.upper().startswith(_PREFIX) and len(name) > len(_PREFIX):
        return name[len(_PREFIX) :].replace(".", "/")
    return _INBOX if name.upper() == _INBOX else name


def why_no_path(path: str) -> str | None:
    """Say why rules can't have this path as a target; None if they can."""
    if path.startswith("\\"):
        return "in rules a name that begins with a backslash is a special use, so there can be no such mailbox"
    try:
        read_target(literal(path))
    except PydanticCustomError as error:
        return error.message()
    return None


def literal(text: str) -> str:
    """Write a text for a target, where braces are for values."""
    return text.replace("{", "{{").replace("}", "}}")
