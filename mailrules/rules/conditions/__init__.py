"""The conditions that `match` knows, by their keys.

There are many, and a rule file needs a few of them: a module here is imported when the first of its keys is met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from mailrules.rules.conditions.base import REGISTERED, Condition, condition

__all__ = ["CONDITIONS", "Condition", "condition"]

_HOMES = {
    "from": "address",
    "to": "address",
    "cc": "address",
    "bcc": "address",
    "sender": "address",
    "reply_to": "address",
    "recipient": "address",
    "delivered_to": "address",
    "address": "address_of",
    "age": "age",
    "size": "size",
    "attachment": "attachment",
    "auth": "auth",
    "body": "body",
    "subject": "text",
    "message_id": "text",
    "header": "text",
    "received": "dates",
    "now": "dates",
    "sent": "dates",
    "date": "dates",
    "duplicate": "duplicate",
    "flags": "flags",
    "search": "search",
    "gmail": "gmail",
    "to_me": "mine",
    "kind": "kind",
    "list_id": "list_id",
    "mailbox_exists": "mailboxes",
    "special_use_exists": "mailboxes",
    "condition": "named",
    "part": "part",
    "spam": "spam",
    "virus": "spam",
    "thread": "thread",
}
"""Where each key's class is, in the order in which they are listed everywhere."""


class Conditions(Mapping[str, type[Condition]]):
    """The class for each key."""

    def __getitem__(self, key: str) -> type[Condition]:
        """Give the class. Raises KeyError for a key that `match` does not know."""
        if key not in REGISTERED:
            import_module(f"{__name__}.{_HOMES[key]}")
        return REGISTERED[key]

    def __contains__(self, key: object) -> bool:
        return key in _HOMES

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


CONDITIONS = Conditions()
