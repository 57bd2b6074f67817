"""Flags as scripts write them (RFC 5232 §2), and which of them rules can set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydantic_core import PydanticCustomError

from mailrules.rules.flags import read_flag, read_settable_flag

_SYSTEM: Final = {flag.lower(): flag for flag in (r"\Seen", r"\Answered", r"\Flagged", r"\Draft", r"\Deleted")}


def split_flags(texts: Iterable[str]) -> tuple[str, ...]:
    """Give the flags in a list of texts, each of which may hold several; each flag once, whatever its case."""
    flags: dict[str, str] = {}
    for text in texts:
        for flag in text.split():
            flags.setdefault(flag.lower(), _SYSTEM.get(flag.lower(), flag))
    return tuple(flags.values())


def why_not(flag: str) -> str | None:
    """Say why rules can't set a flag; None if they can."""
    try:
        read_settable_flag(flag)
    except PydanticCustomError as error:
        return error.message()
    return None


def can_be(flag: str) -> bool:
    """Tell whether a message can have such a flag at all."""
    try:
        read_flag(flag)
    except PydanticCustomError:
        return False
    return True
