"""Short ways to make what tests of rules talk about: a message, facts, a ruleset, a verdict."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mailrules.rules import Facts, Message, Needs, Rule, Ruleset, Verdict
from mailrules.rules.questions import Question, Search

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)
FACTS = Facts(now=NOW, timezone=UTC, account="work", mailbox="INBOX")


def message(*lines: str | bytes, **known: object) -> Message:
    """Make a message of these header lines; by default it is small, has just come and has no flags."""
    block = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\r\n" for line in lines) + b"\r\n"
    return Message(block, **({"size": 2000, "received": NOW, "flags": frozenset[str]()} | known))  # type: ignore[arg-type]


def searched(answers: Mapping[str, bool | None]) -> dict[Question[object], object]:
    """Say which IMAP searches find the message."""
    return {Search(text): answer for text, answer in answers.items()}


def rule(match: object = "everything", then: object = None, name: str = "r", **keys: object) -> Rule:
    r"""Make a rule from what TOML would give; by default it sets \Flagged."""
    return Rule.model_validate({"name": name, "match": match, "then": then or {"add_flags": "\\Flagged"}, **keys})


def ruleset(*rules: Rule) -> Ruleset:
    return Ruleset(rules)


def decide(rules: Ruleset, mail: Message, facts: Facts = FACTS) -> Verdict:
    """Evaluate where no server has to be asked."""
    verdict = rules.evaluate(mail, facts)
    assert not isinstance(verdict, Needs)
    return verdict


def matches(match: object, mail: Message, facts: Facts = FACTS) -> bool:
    """Say whether one rule's `match` holds; it must not be unknown."""
    verdict = decide(ruleset(rule(match)), mail, facts)
    assert verdict.unknown == ()
    return verdict.matched == ("r",)


def problems(**keys: object) -> list[tuple[tuple[int | str, ...], str]]:
    """Give the place and the words of each mistake in a rule; a key of None is left out."""
    table = {"name": "r", "match": "everything", "then": {"stop": True}} | keys
    try:
        Rule.model_validate({key: value for key, value in table.items() if value is not None})
    except ValidationError as error:
        return [
            (each["loc"], each["msg"] if each["type"] == "rule" else each["type"])
            for each in error.errors(include_url=False)
        ]
    return []
