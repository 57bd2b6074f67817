"""Decides rules over whole messages at hand, as `mailrules test` does: questions are answered from the octets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.rules import Message, Needs
from mailrules.rules.reader import local_answers
from tests.rules.builders import FACTS, NOW, rule, ruleset

if TYPE_CHECKING:
    from mailrules.rules import Ruleset, Verdict

ROUNDS = 4
"""An answer may lead to further questions, but not for ever."""


def message_of(raw: bytes) -> Message:
    """A message of which the header was fetched."""
    return Message(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", size=len(raw), received=NOW, flags=frozenset())


def decide_locally(rules: Ruleset, raw: bytes) -> Verdict:
    """Evaluate, answer and evaluate again."""
    message = message_of(raw)
    for _ in range(ROUNDS):
        match rules.evaluate(message, FACTS):
            case Needs(questions):
                message = message.answered(local_answers(raw, questions))
            case verdict:
                return verdict
    raise AssertionError("the rules ask and ask")


def holds(match: object, raw: bytes) -> bool:
    """Say whether one rule's `match` holds of a message; it must not be unknown."""
    verdict = decide_locally(ruleset(rule(match)), raw)
    assert verdict.unknown == ()
    return verdict.matched == ("r",)
