"""The conditions that `match` knows; importing a module here registers what it holds."""

from mailrules.rules.conditions import (
    address,
    age,
    auth,
    dates,
    duplicate,
    flags,
    kind,
    list_id,
    mailboxes,
    mine,
    named,
    search,
    size,
    spam,
    text,
    thread,
)
from mailrules.rules.conditions.base import CONDITIONS, Condition, condition

__all__ = [
    "CONDITIONS",
    "Condition",
    "address",
    "age",
    "auth",
    "condition",
    "dates",
    "duplicate",
    "flags",
    "kind",
    "list_id",
    "mailboxes",
    "mine",
    "named",
    "search",
    "size",
    "spam",
    "text",
    "thread",
]
