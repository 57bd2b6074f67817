r"""Knows the words that other mail filters have for what rule files call differently: ``delete``, ``mark_read``."""

from collections.abc import Mapping
from typing import Final

from mailrules.config.problems import KeyPath

_SENDS_NOTHING = "mailrules sends no mail, so it can't be done"

_IN_RULE: Final = {
    **dict.fromkeys(("if", "when", "where", "condition", "conditions", "criteria", "filter"), "write match"),
    **dict.fromkeys(("action", "actions", "do"), "write then"),
    **dict.fromkeys(("folder", "folders", "mailbox"), "write mailboxes"),
    **dict.fromkeys(("cron", "interval", "schedule"), 'write every = "1 day"'),
    "disabled": "write enabled = false",
    **dict.fromkeys(("order", "priority"), "leave it out: rules run in the order of the file"),
    **dict.fromkeys(("comment", "description"), "write a comment, which begins with #"),
}
_IN_MATCH: Final = {
    **dict.fromkeys(("is_read", "read", "seen"), r"write flags = '\Seen'"),
    **dict.fromkeys(("is_unread", "unread", "unseen"), r"write not.flags = '\Seen'"),
    **dict.fromkeys(("flagged", "starred"), r"write flags = '\Flagged'"),
    "answered": r"write flags = '\Answered'",
    "case_sensitive": 'it goes beside an operator: subject = { contains = "ABC", case_sensitive = true }',
    "nth": 'it goes beside an operator: to = { contains = "ann", nth = 1 }',
    **dict.fromkeys(("larger", "larger_than"), 'write size.over = "1 MB"'),
    **dict.fromkeys(("smaller", "smaller_than"), 'write size.under = "1 MB"'),
    **dict.fromkeys(("older", "older_than"), 'write age.over = "90 days"'),
    **dict.fromkeys(("newer", "newer_than", "younger_than"), 'write age.under = "90 days"'),
    **dict.fromkeys(("folder", "mailbox"), "write mailboxes, beside match"),
    "or": "write any = [{ … }, { … }]",
    "and": "leave it out: all keys must hold",
    **dict.fromkeys(("always", "everything"), 'write match = "everything"'),
    "match": 'leave it out, as in from = "@example.org": its keys stand here by themselves',
}
_IN_THEN: Final = {
    **dict.fromkeys(("flag", "mark", "star"), r"write add_flags = '\Flagged'"),
    **dict.fromkeys(("flags", "keyword", "keywords", "label", "labels", "tag", "tags"), 'write add_flags = "$Work"'),
    **dict.fromkeys(("mark_as_read", "mark_read", "read", "seen"), r"write add_flags = '\Seen'"),
    **dict.fromkeys(("mark_as_unread", "mark_unread", "unread"), r"write remove_flags = '\Seen'"),
    **dict.fromkeys(("unflag", "unstar"), r"write remove_flags = '\Flagged'"),
    **dict.fromkeys(
        ("delete", "discard", "drop", "remove"), "write trash = true, or expunge = true to remove it for good"
    ),
    **dict.fromkeys(("bounce", "forward", "notify", "redirect", "reject", "reply", "vacation"), _SENDS_NOTHING),
    "keep": "write stop = true, and no later rule sees the message",
    **dict.fromkeys(("file", "fileinto", "folder", "mailbox", "move_to"), "write move"),
    "copy_to": "write copy",
    "archive": r"write move = '\Archive'",
    **dict.fromkeys(("junk", "spam"), r"write move = '\Junk'"),
}
_IN_DAEMON: Final = {
    **dict.fromkeys(
        ("address", "health", "http", "metrics", "port"),
        'write listen = "127.0.0.1:9464"; a server\'s port stands in [accounts.NAME]',
    ),
    **dict.fromkeys(("log", "log_level", "loglevel"), "leave it out: run mailrules with --log-level"),
}


def instead(table: KeyPath, key: str) -> str | None:
    """Say what to write instead of a key that a table does not know; None if it is no well-known word."""
    return _words(table).get(key.lower())


def stands_for(table: KeyPath, key: str) -> str | None:
    """Return the key of the same table that is to be written instead; None if it is not as simple as that."""
    _, write, known = (instead(table, key) or "").partition("write ")
    return known if write and known.isalpha() else None


def _words(table: KeyPath) -> Mapping[str, str]:
    match table:
        case ("rules", int()):
            return _IN_RULE
        case ("rules", int(), "then"):
            return _IN_THEN
        case ("rules", int(), "match", *rest) | ("conditions", str(), *rest) if _GROUPS.issuperset(
            part for part in rest if isinstance(part, str)
        ):
            return _IN_MATCH
        case ("daemon",):
            return _IN_DAEMON
    return {}


_GROUPS: Final = frozenset({"any", "all", "not"})
