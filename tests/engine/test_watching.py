"""Which mailboxes a pattern means."""

from __future__ import annotations

import pytest

from mailrules.client import MailboxInfo
from mailrules.engine.watching import is_watched, matches
from mailrules.imap import MailboxName


def info(path: str, special_use: str | None = None, *, selectable: bool = True) -> MailboxInfo:
    """Build a mailbox as LIST told it."""
    return MailboxInfo(MailboxName.from_text(path), path, frozenset(), special_use, selectable)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("INBOX", "INBOX", True),
        ("inbox", "INBOX", True),
        ("Inbox/Work", "INBOX/Work", True),
        ("INBOX", "inbox/Work", False),
        ("Inboxes", "INBOXES", False),
        ("INBOX", "\u0131nbox", False),
        ("Caf\u00e9", "Cafe\u0301", True),
        ("Lists", "lists", False),
        ("Lists", "Lists/Python", False),
        ("Lists/%", "Lists/Python", True),
        ("Lists/%", "Lists/Python/Dev", False),
        ("Lists/%", "Lists", False),
        ("Lists/*", "Lists/Python/Dev", True),
        ("Lists*", "Lists", True),
        ("*", "Any/thing", True),
        ("%", "Any/thing", False),
        ("%/Done", "Work/Done", True),
        ("*/Done", "A/B/Done", True),
        ("A.B", "AxB", False),
        ("[a]+(b)", "[a]+(b)", True),
        ("Büro & *", "Büro & Söhne", True),
        ("A*", "A\nB", True),
    ],
)
def test_the_wildcards_are_those_of_list(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize("use", ["\\Trash", "\\Junk", "\\Sent", "\\Drafts", "\\All", "\\JUNK"])
def test_a_special_mailbox_is_watched_only_where_it_is_named_in_full(use: str) -> None:
    special = info("Special", use)

    assert [is_watched(special, [pattern]) for pattern in ("*", "%", "Spec*", "Special")] == [False, False, False, True]
    assert is_watched(special, ["*", "Special"])


@pytest.mark.parametrize("use", [None, "\\Archive", "\\Flagged", "\\Important"])
def test_other_uses_are_watched_like_any_mailbox(use: str | None) -> None:
    assert is_watched(info("Box", use), ["*"])


def test_a_mere_level_is_never_watched() -> None:
    assert not is_watched(info("Lists", selectable=False), ["*", "Lists"])


def test_without_patterns_nothing_is_watched() -> None:
    assert not is_watched(info("INBOX"), [])
