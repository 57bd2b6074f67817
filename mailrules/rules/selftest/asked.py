"""Lists the searches that rules ask for, so that a test which answers another one can be told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.rules.checks import Group
from mailrules.rules.match import Groups
from mailrules.rules.message import Message
from mailrules.rules.questions import Search
from mailrules.rules.verdict import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailrules.rules.checks import Check
    from mailrules.rules.ruleset import Ruleset


_ANYWHERE = Facts(datetime(2000, 1, 1, tzinfo=UTC), UTC, "", "INBOX")


def asked_searches(ruleset: Ruleset) -> frozenset[str]:
    """Give the texts of all searches, whatever rule they are in; they don't depend on the message."""
    nothing = Message(header=b"")
    found: set[str] = set()
    for rule in ruleset.rules:
        if isinstance(rule.match, Groups):
            for leaf_asks in _asks(rule.match.check("match", ruleset.definitions), nothing):
                found |= leaf_asks
    return frozenset(found)


def _asks(check: Check, message: Message) -> Iterator[set[str]]:
    if isinstance(check, Group):
        for child in check.children:
            yield from _asks(child, message)
    elif check.asks is not None:
        yield {question.text for question in check.asks(message, _ANYWHERE) if isinstance(question, Search)}
