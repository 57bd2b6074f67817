"""Scheduled rules (``every``): which are due, where they run, and when they ran last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from mailrules.client import MailboxInfo, Session
from mailrules.engine.account import AccountContext
from mailrules.engine.apply import ApplyMode
from mailrules.engine.sweeping import Extent, NotOpened, Swept, sweep
from mailrules.engine.watching import is_watched
from mailrules.imap import Refused
from mailrules.rules import Rule, matching
from mailrules.values import value

__all__ = ["RuleRun", "Run", "due_rules", "places", "record_runs", "scheduled_rules"]


_EARLY = timedelta(seconds=30)
"""How much too early a rule may run. The daemon looks each minute, and a run begins some moments after the look: a rule
for each minute must not miss every other one."""


@value(frozen=True, slots=True)
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


class Run:
    """One run of scheduled rules over all their mailboxes, in portions of any size, each on whatever session there is.

    ``refused`` is told of a mailbox that can't be opened; it is passed over. Where the server refuses anything else the
    other mailboxes have their turn all the same, but the run does not count.
    """

    def __init__(
        self, context: AccountContext, rules: Sequence[Rule], refused: Callable[[MailboxInfo, Refused], None]
    ) -> None:
        self._context = context
        self._rules = rules
        self._refused = refused
        self._began = context.now()
        self._to_go = list(places(context, rules).items())
        self._after = 0
        self._swept = Swept()
        self._mailboxes: Counter[str] = Counter()
        self._failure: Refused | None = None

    async def go_on(self, session: Session, most: int | None = None) -> bool:
        """Run over the next mailbox, or over so many windows of it; tell whether this was the last.

        Then it is written down that the rules ran. Raises NetworkError, from where another call goes on, and Outdated
        and Refused: then the run does not count, and what it has not done yet is for another one.
        """
        if self._to_go:
            info, here = self._to_go[0]
            try:
                await self._sweep(session, info, here, most)
            except Refused as error:
                self._failure = self._failure or error
                self._leave()
        if self._to_go:
            return False
        if self._failure is not None:
            raise self._failure
        await record_runs(self._context, self._rules, self._began, self._swept.full_until)
        return True

    async def _sweep(self, session: Session, info: MailboxInfo, here: Sequence[Rule], most: int | None) -> None:
        try:
            extent = Extent(after=self._after, most=most)
            swept = await sweep(self._context, session, info.name, here, mode=ApplyMode.DO, extent=extent)
        except NotOpened as error:
            self._refused(info, error.refused)
            self._leave()
            return
        self._swept.add(swept)
        if swept.reached is None:
            self._mailboxes.update(rule.name for rule in here)
            self._leave()
        else:
            self._after = swept.reached

    def _leave(self) -> None:
        """Go on to the next mailbox."""
        self._to_go.pop(0)
        self._after = 0

    def results(self) -> Mapping[str, RuleRun]:
        """What each rule has done, by its name."""
        swept = self._swept
        return {
            rule.name: RuleRun(
                mailboxes=self._mailboxes[rule.name],
                looked_at=swept.looked_at[rule.name],
                matched=swept.matched[rule.name],
                done=swept.done[rule.name],
                full_until=swept.full_until.get(rule.name),
            )
            for rule in self._rules
        }


async def record_runs(
    context: AccountContext, rules: Iterable[Rule], began: datetime, full_until: Mapping[str, datetime]
) -> None:
    """Write down that rules have run over the account, from which on they will be due again.

    One that has reached its limit, and so has left messages, is due when there is room for them.
    """
    for rule in rules:
        await context.store.record_run(context.name, rule.name, _counts_from(rule, began, full_until.get(rule.name)))


def _counts_from(rule: Rule, began: datetime, full_until: datetime | None) -> datetime:
    """When a run began; earlier where the next one is wanted sooner."""
    if full_until is None or rule.every is None:
        return began
    return min(began, full_until - rule.every)
