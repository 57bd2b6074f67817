"""The reasons in the journal are read back as they were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailrules.engine.reasons import read_reasons, reasons_of
from mailrules.rules import ConditionTrace, Facts, Message, Plan, RuleTrace, Truth, Verdict
from tests.engine.scene import rule, ruleset

GROUP = ConditionTrace(
    "any",
    "",
    "",
    Truth.TRUE,
    (
        ConditionTrace("subject.contains", '"звіт"', "Звіт за березень", Truth.TRUE),
        ConditionTrace("size.over", "1 MiB", "3 KiB", Truth.FALSE),
    ),
)
MATCHED = RuleTrace("reports", Truth.TRUE, (GROUP,))
WATCHED = RuleTrace("on trial", Truth.TRUE, (GROUP,))
OTHER = RuleTrace("other", Truth.FALSE, ())


def test_the_reasons_of_the_named_rules_are_kept() -> None:
    verdict = Verdict(Plan(), ("reports",), ("on trial",), (), (WATCHED, MATCHED, OTHER), None)
    assert read_reasons(reasons_of(verdict, verdict.matched)) == (MATCHED,)
    assert read_reasons(reasons_of(verdict, verdict.matched + verdict.observed)) == (WATCHED, MATCHED)


def test_nothing_kept_is_no_reason() -> None:
    assert read_reasons("") == ()


@pytest.mark.parametrize(
    "match",
    [
        'subject.contains = ["report", "звіт"]',
        'from = "@people.example"\nmatch.subject.contains = "report"\nmatch.size.over = 10',
        'any = [{ subject.contains = "report" }, { from = "nobody@example.org" }]',
        'not.subject.contains = "invoice"\nmatch.from = "@people.example"',
    ],
)
def test_reasons_filled_in_are_those_written_whole(match: str) -> None:
    """Of a rule without groups all but what was seen is written once; the journal can't tell the difference."""
    header = 'From: "Ann \\\\ \\"Lee\\"" <ann@people.example>\r\nSubject: a "report": звіт\r\n\r\n'
    message = Message(header=header.encode(), size=100, received=None, flags=frozenset())
    facts = Facts(now=datetime(2026, 3, 1, tzinfo=UTC), timezone=UTC, account="work", mailbox="INBOX")
    verdict = ruleset(rule(r"the \"first\"", match, 'move = "Reports"')).evaluate(message, facts)
    assert isinstance(verdict, Verdict)
    assert verdict.matched == ('the "first"',)

    assert reasons_of(verdict, verdict.matched) == reasons_of(
        replace(verdict, trace=tuple(verdict.trace)), verdict.matched
    )
    assert read_reasons(reasons_of(verdict, verdict.matched)) == tuple(verdict.trace)
