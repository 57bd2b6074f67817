"""Lists the searches that rules ask for, so that a test which answers another one can be told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.rules.match import Groups
from mailrules.rules.message import Message
from mailrules.rules.questions import Search
from mailrules.rules.verdict import Facts

if TYPE_CHECKING:
    from mailrules.rules.ruleset import Ruleset


_ANYWHERE = Facts(datetime(2000, 1, 1, tzinfo=UTC), UTC, "", "INBOX")


def asked_searches(ruleset: Ruleset) -> frozenset[str]:
    """Give the texts of all searches, whatever rule they are in; they don't depend on the message."""
    nothing = Message(header=b"")
    matches = (rule.match for rule in ruleset.rules if isinstance(rule.match, Groups))
    trees = (match.check("match", ruleset.definitions) for match in matches)
    asks = (leaf.asks for tree in trees for leaf in tree.leaves() if leaf.asks is not None)
    return frozenset(each.text for ask in asks for each in ask(nothing, _ANYWHERE) if isinstance(each, Search))
