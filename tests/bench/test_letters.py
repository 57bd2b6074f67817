"""The mail and the rules of the benchmark are what they are said to be."""

from __future__ import annotations

import statistics
import tomllib
from datetime import UTC, datetime

from mailrules.rules import Facts, Message, Rule, Ruleset, Verdict
from tests.bench.letters import Letter, rules

_NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
_FACTS = Facts(now=_NOW, timezone=UTC, account="work", mailbox="INBOX")


def test_a_letter_is_the_same_each_time() -> None:
    assert Letter(7).octets() == Letter(7).octets()


def test_the_mail_is_as_mail_is() -> None:
    letters = [Letter(number) for number in range(10_000)]
    sizes = statistics.quantiles((len(letter.octets()) for letter in letters), n=10)
    assert all(0.95 < size / said < 1.05 for size, said in zip(sizes[::4], (2_600, 10_800, 54_000), strict=True))
    assert 26 == round(sum(b"\nSubject: =?" in letter.header for letter in letters) / 100)
    assert 44 <= sum(b"\nList-Id: " in letter.header for letter in letters) / 100 < 45.5


def test_few_rules_file_little_of_it_and_many_nearly_all() -> None:
    letters = [Letter(number) for number in range(10_000)]
    filed = [sum(letter.destination(number) is not None for letter in letters) / 100 for number in (10, 100, 1_000)]
    assert [18, 64, 95] == [int(percent // 1) for percent in filed]


def test_the_rules_file_each_letter_where_it_belongs() -> None:
    number = 200
    ruleset = Ruleset(tuple(map(Rule.model_validate, tomllib.loads(rules(number))["rules"])))
    for letter in map(Letter, range(300)):
        verdict = ruleset.evaluate(Message(letter.header, 5_000, _NOW, frozenset()), _FACTS)
        assert isinstance(verdict, Verdict)
        assert ((f"rule {letter.rule}",) if letter.rule < number else ()) == tuple(verdict.matched)
