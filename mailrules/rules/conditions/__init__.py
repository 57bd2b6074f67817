"""The conditions that `match` knows; importing a module here registers what it holds."""

from mailrules.rules.conditions import (
    address,
    age,
    dates,
    duplicate,
    flags,
    kind,
    list_id,
    mine,
    named,
    search,
    size,
    text,
)
from mailrules.rules.conditions.base import CONDITIONS, Condition, condition

__all__ = [
    "CONDITIONS",
    "Condition",
    "address",
    "age",
    "condition",
    "dates",
    "duplicate",
    "flags",
    "kind",
    "list_id",
    "mine",
    "named",
    "search",
    "size",
    "text",
]
