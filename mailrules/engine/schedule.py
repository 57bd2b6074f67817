"""Scheduled rules (``every``): which are due, where they run, and when they ran last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailrules.client import MailboxInfo, Session
from mailrules.engine.account import AccountContext
from mailrules.engine.apply import ApplyMode
from mailrules.engine.sweeping import NotOpened, Swept, sweep
from mailrules.engine.watching import is_watched
from mailrules.imap import Refused
from mailrules.rules import Rule, matching

__all__ = ["RuleRun", "due_rules", "places", "record_runs", "run_scheduled", "scheduled_rules"]


_EARLY = timedelta(seconds=30)
"""How much too early a rule may run. The daemon looks each minute, and a run begins some moments after the look: a rule
for each minute must not miss every other one."""


@dataclass(slots=True)
class RuleRun:
    """What came out of one run of a rule over all its mailboxes."""

    mailboxes: int = 0
    looked_at: int = 0
    matched: int = 0
    done: int = 0
    full_until: datetime | None = None
    """Set when the rule has reached its limit; the rest of its messages wait until then."""


def scheduled_rules(context: AccountContext) -> tuple[Rule, ...]:
    """The rules that run over this account on a schedule, in the order of the file."""
    return tuple(
        rule
        for rule in context.rules().rules
        if rule.every is not None and rule.enabled and matching.glob(rule.accounts or ("*",))(context.name)
    )


async def due_rules(context: AccountContext) -> tuple[Rule, ...]:
    """Those whose time has come. One that never ran is due at once, and so is one that was missed, once."""
    now = context.now()
    due: list[Rule] = []
    for rule in scheduled_rules(context):
        last = await context.store.last_run(context.name, rule.name)
        # A clock that was put back must not keep a rule from running for years.
        if last is None or rule.every is None or not timedelta() <= now - last < rule.every - _EARLY:
            due.append(rule)
    return tuple(due)


def places(context: AccountContext, rules: Iterable[Rule]) -> Mapping[MailboxInfo, Sequence[Rule]]:
    """The mailboxes in which rules run, each with its rules in order: those they name, else those that are watched.

    Trash, Junk, Sent, Drafts and All only where a rule names them in full.
    """
    rules = tuple(rules)
    watched = context.settings.watch
    found = {
        info: [rule for rule in rules if is_watched(info, rule.mailboxes or watched)]
        for info in context.directory.mailboxes
    }
    return {info: here for info, here in found.items() if here}


async def run_scheduled(
    context: AccountContext, session: Session, rules: Sequence[Rule], refused: Callable[[MailboxInfo, Refused], None]
) -> Mapping[str, RuleRun]:
    """Run scheduled rules over all their mailboxes, and write down that they ran; what each has done, by its name.

    ``refused`` is told of a mailbox that can't be opened; it is passed over. Raises NetworkError and Outdated: then the
    run does not count, and what it has not done yet is for the next one.
    """
    began = context.now()
    runs = {rule.name: RuleRun() for rule in rules}
    for info, here in places(context, rules).items():
        try:
            swept = await sweep(context, session, info.name, here, mode=ApplyMode.DO, progress=lambda _done, _all: None)
        except NotOpened as error:
            refused(info, error.refused)
            continue
        for rule in here:
            _add(runs[rule.name], rule.name, swept)
    await record_runs(context, rules, began, {name: run.full_until for name, run in runs.items() if run.full_until})
    return runs


async def record_runs(
    context: AccountContext, rules: Iterable[Rule], began: datetime, full_until: Mapping[str, datetime]
) -> None:
    """Write down that rules have run over the account, from which on they will be due again.

    One that has reached its limit, and so has left messages, is due when there is room for them.
    """
    for rule in rules:
        await context.store.record_run(context.name, rule.name, _counts_from(rule, began, full_until.get(rule.name)))


def _add(run: RuleRun, name: str, swept: Swept) -> None:
    run.mailboxes += 1
    run.looked_at += swept.looked_at[name]
    run.matched += swept.matched[name]
    run.done += swept.done[name]
    run.full_until = swept.full_until.get(name, run.full_until)


def _counts_from(rule: Rule, began: datetime, full_until: datetime | None) -> datetime:
    """When a run began; earlier where the next one is wanted sooner."""
    if full_until is None or rule.every is None:
        return began
    return min(began, full_until - rule.every)
