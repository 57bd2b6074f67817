r"""Flags and keywords: words that hang on a message, alike in any case.

A flag is a `str`, "\\Seen" or "$Invoice", and keeps the server's spelling, since servers change the case of keywords
(mox, goimap) and of system flags (go-imap v2). Two flags are compared through `flag_key`. RFC 9051 §2.3.2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Flag = str
Flags = frozenset[Flag]

SEEN = "\\Seen"
ANSWERED = "\\Answered"
FLAGGED = "\\Flagged"
DELETED = "\\Deleted"
DRAFT = "\\Draft"
RECENT = "\\Recent"
ANY_KEYWORD = "\\*"
"""In PERMANENTFLAGS: new keywords can be made by storing them."""

_USUAL = 500
"""Letters of all the flags of a mailbox together, more than nearly all mailboxes have."""


def shared(flags: Flags) -> Flags:
    """Return one value for all that are equal: thousands of mailboxes have the same flags. Long ones are not kept."""
    return _shared(flags) if sum(map(len, flags)) <= _USUAL else flags  # a server could send any number of those


@lru_cache(maxsize=256)
def _shared(flags: Flags) -> Flags:
    return flags


def flag_key(flag: Flag) -> str:
    """Return what two spellings of one flag have in common. Keywords are ASCII, so this is its lower case."""
    return flag.lower()


def has_flag(flags: Iterable[Flag], flag: Flag) -> bool:
    """Whether `flag` is among `flags` in any spelling."""
    key = flag_key(flag)
    return any(flag_key(other) == key for other in flags)


def missing_flags(wanted: Iterable[Flag], flags: Iterable[Flag]) -> Flags:
    """Return those of `wanted` that are in no spelling among `flags`."""
    present = {flag_key(flag) for flag in flags}
    return frozenset(flag for flag in wanted if flag_key(flag) not in present)


def admits(permanent: Flags | None, flag: Flag) -> bool:
    r"""Whether a mailbox with these PERMANENTFLAGS (None: the server sent none) keeps `flag`.

    RFC 3501 §6.3.1: without the code "the client should assume that all flags can be changed permanently"; only a
    keyword can be made anew, so `\*` admits no system flag that is not listed.
    """
    if permanent is None or has_flag(permanent, flag):
        return True
    return not flag.startswith("\\") and ANY_KEYWORD in permanent
