"""Which mailboxes an account's ``watch`` means; pure.

The wildcards are LIST's (RFC 9051 §6.3.9): ``*`` stands for anything, ``%`` for anything within one level.
Trash, Junk, Sent, Drafts and All are watched only where they are named in full.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from mailrules.client import MailboxInfo
from mailrules.rules.matching import Test, mailbox

__all__ = ["has_wildcards", "is_set_apart", "is_watched", "matches"]

_SET_APART = frozenset({"\\trash", "\\junk", "\\sent", "\\drafts", "\\all"})


def is_watched(info: MailboxInfo, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means this mailbox."""
    if not info.selectable:
        return False
    apart = is_set_apart(info)
    return any(matches(pattern, info.path) for pattern in patterns if not (apart and has_wildcards([pattern])))


def has_wildcards(patterns: Iterable[str]) -> bool:
    """Whether one of the patterns may mean mailboxes that nobody has named."""
    return any("*" in pattern or "%" in pattern for pattern in patterns)


def is_set_apart(info: MailboxInfo) -> bool:
    """Whether a mailbox is meant for something else than mail that is filed: Trash, Junk, Sent, Drafts, All."""
    return (info.special_use or "").lower() in _SET_APART


@lru_cache(maxsize=4096)  # thousands of accounts have an INBOX, and the like beside it
def matches(pattern: str, path: str) -> bool:
    """Whether a mailbox path ("/"-separated) fits a pattern; INBOX is INBOX in any case."""
    return _test(pattern)(path)


@lru_cache(maxsize=1024)
def _test(pattern: str) -> Test:
    return mailbox([pattern])
