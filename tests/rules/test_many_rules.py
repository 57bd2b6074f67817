"""What a header says is worked out once, however many rules look at it."""

from __future__ import annotations

from time import process_time

import pytest

from mailrules.rules import Message, Ruleset
from tests.rules.builders import FACTS, rule

OCTETS = 250 << 10
TRIES = 5
SOMETHING_ELSE = 0.2  # seconds of CPU that a collection of garbage, say, may put on top


def took(rules: Ruleset, block: bytes) -> float:
    message = Message(block)
    begin = process_time()
    rules.evaluate(message, FACTS)
    return process_time() - begin


@pytest.mark.parametrize(
    ("match", "name", "value"),
    [
        ({"thread": "A/*"}, "References", "<a@b>"),
        ({"thread": {"exists": False}}, "References", "<a@b> "),
        ({"kind": "bounce"}, "Content-Type", "a/b; a=b;"),
        ({"kind": "bulk"}, "Content-Type", "multipart/report; a=b;"),
        ({"kind": "calendar"}, "Content-Type", "multipart/mixed; a=b;"),
        ({"spam": {"score": {"over": 1}}}, "X-Spam-Status", "score="),
        ({"spam": {"percent": {"over": 1}}}, "X-Spam-Status", "score="),
        ({"spam": {"score": {"over": 1}}}, "X-Spam-Score", "1"),
        ({"header": {"X-Spam-Score": {"over": 1}}}, "X-Spam-Score", "1"),
    ],
)
def test_200_rules_take_hardly_longer_than_one(match: object, name: str, value: str) -> None:
    block = f"{name}: {value * (OCTETS // len(value))}\r\n\r\n".encode()
    one, many = (Ruleset(tuple(rule(match, name=f"{place}") for place in range(number))) for number in (1, 200))

    assert any(took(many, block) < 5 * took(one, block) + SOMETHING_ELSE for _ in range(TRIES))
