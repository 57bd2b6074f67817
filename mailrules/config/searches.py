"""Checks the `search` conditions of rules against IMAP's grammar, which the rules themselves do not know."""

from collections.abc import Iterator

from mailrules.config.problems import KeyPath
from mailrules.imap import ArgumentError, parse_search


def wrong_searches(match: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Return the place and the message of each search in a ``match`` table that is none (RFC 9051 §6.4.4)."""
    for where, text in _searches(match, path):
        try:
            parse_search(text)
        except ArgumentError as error:
            yield where, f"not an IMAP search: {error}"


def _searches(match: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if not isinstance(match, dict):
        return
    if (search := match.get("search")) is not None:
        yield from _texts(search, (*path, "search"))
        if isinstance(search, dict):
            yield from _texts(search.get("matches"), (*path, "search", "matches"))
    for key in ("any", "all"):
        if isinstance(tables := match.get(key), list):
            for index, table in enumerate(tables):
                yield from _searches(table, (*path, key, index))
    if "not" in match:
        yield from _searches(match["not"], (*path, "not"))


def _texts(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Return the texts that are worth a look; what is empty or no text is the rules' own business."""
    items = [((*path, index), item) for index, item in enumerate(value)] if isinstance(value, list) else [(path, value)]
    yield from ((where, item) for where, item in items if isinstance(item, str) and item.strip())
