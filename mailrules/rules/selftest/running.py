"""Runs the tests of a rule file: what each message would meet with, compared with what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from mailrules.rules.questions import Labels, Search
from mailrules.rules.selftest.closest import Closest, closest
from mailrules.rules.selftest.differences import Difference, differences
from mailrules.rules.selftest.stage import Trial, answers, stage
from mailrules.rules.settling import settle
from mailrules.values import value

if TYPE_CHECKING:
    from datetime import datetime

    from mailrules.rules.message import Message
    from mailrules.rules.ruleset import Ruleset
    from mailrules.rules.verdict import Verdict


@value(frozen=True, slots=True)
class Result:
    """What came out of one test."""

    trial: Trial
    verdict: Verdict
    differences: tuple[Difference, ...]
    closest: Closest | None
    """For a test that failed, unless the rule that acted is known: the one that should have, if that can be told."""
    notes: tuple[str, ...]
    """For a test that failed: what it leaves open, in words."""

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.differences


def run(ruleset: Ruleset, trials: Iterable[Trial], now: datetime) -> Iterator[Result]:
    """Run the tests one by one; ``now`` (aware) is for those that say nothing of time."""
    scheduled = ruleset.on_schedule()
    for trial in trials:
        yield _run(scheduled if trial.case.scheduled else ruleset, trial, now)


def _run(ruleset: Ruleset, trial: Trial, now: datetime) -> Result:
    case = trial.case
    staged = stage(trial, now)
    message, verdict = settle(
        ruleset, staged.message, staged.facts, partial(answers, trial.case.message, staged.content)
    )
    differing = tuple(differences(case.expect, verdict, staged.facts.mailbox))
    if not differing:
        return Result(trial, verdict, (), None, ())
    names = [name for name in case.expect.matched or () if name not in (*verdict.matched, *verdict.observed)]
    nearest = None
    if names or not any(each.rule for each in differing):
        explained = ruleset.explain(message, staged.facts)
        missed = [each.missed for each in differing if each.missed is not None]
        nearest = closest(ruleset.rules, explained, staged.facts, missed, names)
    return Result(trial, verdict, differing, nearest, tuple(_notes(message, verdict)))


def _notes(message: Message, verdict: Verdict) -> Iterator[str]:
    if not verdict.unknown:
        return
    rules = " and ".join(f"'{name}'" for name in verdict.unknown)
    yield f"{'rule' if len(verdict.unknown) == 1 else 'rules'} {rules} could not be decided"
    unanswered = {question for question, answer in message.answers.items() if answer is None}
    for text in sorted(question.text for question in unanswered if isinstance(question, Search)):
        yield f"whether the search '{text}' finds the message is not said: search = {{ '{text}' = true }}"
    if any(isinstance(question, Labels) for question in unanswered):
        yield 'its labels are not said: labels = ["work"], or labels = []'
