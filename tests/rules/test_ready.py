"""What need not be worked out for a message, or for none at all, is not."""

from __future__ import annotations

import pytest

from mailrules.rules import Facts, Message, RuleTrace, Truth
from mailrules.rules import ruleset as ruleset_module
from mailrules.rules.ready import ReadyRule
from tests.rules.builders import decide, message, rule, ruleset


def test_a_plan_without_values_is_worked_out_once() -> None:
    rules = ruleset(rule({"subject": "a"}, {"move": "A", "copy": "B"}))

    assert decide(rules, message("Subject: a")).plan is decide(rules, message("Subject: aa")).plan


def test_a_plan_with_values_is_each_messages_own() -> None:
    rules = ruleset(rule({"subject": "a"}, {"move": "A/{subject}"}))

    assert decide(rules, message("Subject: a")).plan != decide(rules, message("Subject: aa")).plan


def test_a_level_of_dots_alone_is_no_fixed_name() -> None:
    fixed = [ruleset(rule("everything", {"move": path})) for path in ("A...", "A/...")]

    assert [decide(each, message()).plan.to_json() for each in fixed] == [[{"move": "A..."}], [{"move": "A/___"}]]


def test_the_trace_is_made_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    reasons = ReadyRule.reasons

    def counted(self: ReadyRule, truth: Truth, message: Message, facts: Facts) -> RuleTrace:
        made.append(self.name)
        return reasons(self, truth, message, facts)

    monkeypatch.setattr(ReadyRule, "reasons", counted)
    verdict = decide(ruleset(rule({"subject": "a"})), message("Subject: a"))

    assert (verdict.plan.to_json(), made) == ([{"add_flags": ["\\Flagged"]}], [])
    assert [each.rule for each in verdict.trace] == ["r"]
    assert len(verdict.trace) == 1
    assert made == ["r"]


def test_of_many_rules_those_are_made_ready_that_messages_ask_for() -> None:
    rules = ruleset(*(rule({"subject": f"<{place}>"}, name=f"{place}") for place in range(3_000)))

    assert decide(rules, message("Subject: <7> <2999>")).matched == ("7", "2999")
    assert [ready.name for ready in rules._ready if ready is not None] == ["7", "2999"]


def test_the_rules_on_schedule_are_not_hashed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ruleset(rule("everything", {"trash": True}, every="1 day"))
    monkeypatch.delattr(ruleset_module, "_digest")

    assert rules.on_schedule().digest == rules.digest
