"""The reasons in the journal are read back as they were written."""

from __future__ import annotations

from mailrules.engine.reasons import read_reasons, reasons_of
from mailrules.rules import ConditionTrace, Plan, RuleTrace, Truth, Verdict

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
