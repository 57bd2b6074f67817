"""Which messages have to wait because a rule has handled as many as its `limit` allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mailrules.engine.account import AccountContext
from mailrules.engine.deciding import Decision
from mailrules.rules import Limit, Ruleset
from mailrules.store import Entry, EntryState, HistoryQuery, Store
from mailrules.values import value

__all__ = ["Waiting", "limits_of", "over_limit", "release", "resume"]


@value(frozen=True, slots=True)
class Waiting:
    """What holds a message back, and until when."""

    rule: str
    limit: Limit
    until: datetime

    @property
    def reason(self) -> str:
        """For people, and to tell whether the limit is still the same."""
        return _reason(self.rule, self.limit)


_REACHED = "has reached its limit of"


def _reason(rule: str, limit: Limit | str) -> str:
    return f"rule '{rule}' {_REACHED} {limit}"


async def release(context: AccountContext) -> None:
    """Let messages be looked at again that wait for a limit which is another one by now, or is there no longer."""
    in_force = {_reason(rule, limit) for rule, limit in limits_of(context.rules()).items()}
    reasons = await context.store.pending_reasons(context.name)
    if outdated := {reason for reason in reasons if _REACHED in reason and reason not in in_force}:
        await context.store.hasten(context.name, outdated, context.now())


async def resume(store: Store, account: str, rule: str, now: datetime) -> Sequence[Entry]:
    """Let the rule count anew and what waits for its limit fall due now; return what does.

    Of more messages than the limit admits the others will wait again.
    """
    await store.forget_uses(account, rule)
    reasons = {each for each in await store.pending_reasons(account) if each.startswith(_reason(rule, ""))}
    await store.hasten(account, reasons, now)
    pending = await store.history(HistoryQuery(account=account, states=frozenset({EntryState.PENDING})))
    return [entry for entry in reversed(pending) if entry.reason in reasons]


def limits_of(ruleset: Ruleset) -> Mapping[str, Limit]:
    """The rules that have a limit."""
    return {rule.name: rule.limit for rule in ruleset.rules if rule.limit is not None}


async def over_limit(
    store: Store, account: str, limits: Mapping[str, Limit], acting: Sequence[Decision], now: datetime
) -> dict[int, Waiting]:
    """Go through decisions that something is to be done by, in order, and name the messages that have to wait, by UID.

    None of their rules acts, whichever has reached its limit.
    """
    limited = {name for decision in acting for name in decision.verdict.matched} & limits.keys()
    windows = {name: await _window(store, account, name, limits[name], now) for name in sorted(limited)}
    waiting: dict[int, Waiting] = {}
    for decision in acting:
        own = [windows[name] for name in decision.verdict.matched if name in windows]
        full = next((window for window in own if window.is_full), None)
        if full is not None:
            waiting[decision.message.uid] = Waiting(full.rule, full.limit, full.next_free())
            continue
        for window in own:
            window.uses.append(now)
    return waiting


@value(slots=True)
class _Window:
    """The uses of one rule that count against its limit, ascending."""

    rule: str
    limit: Limit
    uses: list[datetime]
    waiting: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.uses) >= self.limit.count

    def next_free(self) -> datetime:
        """When there is room for one more: so many wait already, and each use makes room for one of them."""
        rounds, place = divmod(self.waiting, self.limit.count)
        self.waiting += 1
        return self.uses[place] + (1 + rounds) * self.limit.within


async def _window(store: Store, account: str, rule: str, limit: Limit, now: datetime) -> _Window:
    # A use that is as old as the window is long counts no more: it falls due in that very moment.
    uses = await store.used(account, rule, now - limit.within, limit.count)
    return _Window(rule, limit, [use for use in uses if use > now - limit.within])
