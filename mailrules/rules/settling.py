"""Asks the rules about one message until they have decided, while somebody answers what they want to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mailrules.rules.questions import Question
from mailrules.rules.verdict import Needs, Verdict

if TYPE_CHECKING:
    from mailrules.rules.message import Message
    from mailrules.rules.ruleset import Ruleset
    from mailrules.rules.verdict import Facts

Answering = Callable[[frozenset[Question[object]]], Mapping[Question[object], object]]
"""Answers questions; what is left out, or is None, can't be found out."""


def settle(ruleset: Ruleset, message: Message, facts: Facts, answering: Answering) -> tuple[Message, Verdict]:
    """Give the message with all the answers that it took, and what the rules decided."""
    while isinstance(said := ruleset.evaluate(message, facts), Needs):
        unknown = dict.fromkeys(said.questions)
        message = message.answered({**unknown, **answering(said.questions)})
    return message, said
