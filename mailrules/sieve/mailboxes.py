"""Mailbox names as scripts have them, as paths of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic_core import PydanticCustomError

from mailrules.rules.targets import read_target
from mailrules.sieve.values import Placeholder, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PREFIX: Final = "INBOX."
_INBOX: Final = "INBOX"


def path_of(name: str) -> str:
    """Give the path of a mailbox: ``/`` between its levels, and without the namespace ``INBOX.`` of some servers.

    Such servers (Courier, Cyrus, and Dovecot set up like them) part levels with a dot.
    """
    if name.upper().startswith(_PREFIX) and len(name) > len(_PREFIX):
        return name[len(_PREFIX) :].replace(".", "/")
    return _INBOX if name.upper() == _INBOX else name


def value_path(value: Value) -> Value:
    """Give the same of a name that has values of the message in it, as a target: its constants alone are looked at."""
    first, *rest = value
    if not isinstance(first, str) or not first.upper().startswith(_PREFIX):
        return tuple(piece if isinstance(piece, Placeholder) else literal(piece) for piece in value)
    pieces = [first[len(_PREFIX) :], *rest]
    return tuple(piece if isinstance(piece, Placeholder) else literal(piece.replace(".", "/")) for piece in pieces)


def on_levels(names: Mapping[str, str]) -> Iterator[str]:
    """Say how dots were understood in names of mailboxes, each given with its path."""
    split = [f"{name} is {path}" for name, path in names.items() if path != name]
    whole = [name for name, path in names.items() if path == name]
    if split:
        yield (
            "mailboxes below INBOX. are taken to have dots between their levels, and neither these nor INBOX. are"
            f" written in rules: {', '.join(split)}"
        )
    if whole:
        yield (
            "a dot was taken for a part of the name; write / instead where it separates levels, whatever the server"
            f" uses: {', '.join(whole)}"
        )


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
