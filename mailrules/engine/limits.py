"""Which messages have to wait because a rule has handled as many as its `limit` allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailrules.engine.deciding import Decision
from mailrules.rules import Limit, Ruleset
from mailrules.store import Store

__all__ = ["Waiting", "limits_of", "over_limit"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What holds a message back, and until when."""

    rule: str
    limit: Limit
    until: datetime

    @property
    def reason(self) -> str:
        """For people."""
        return f"rule '{self.rule}' has reached its limit of {self.limit}"


def limits_of(ruleset: Ruleset) -> Mapping[str, Limit]:
    """The rules that have a limit."""
    return {rule.name: rule.limit for rule in ruleset.rules if rule.limit is not None}


async def over_limit(
    store: Store, account: str, limits: Mapping[str, Limit], decisions: Sequence[Decision], now: datetime
) -> dict[int, Waiting]:
    """Go through the decisions in order and name, by UID, the messages that have to wait; none of their rules acts."""
    acting = [decision for decision in decisions if decision.verdict.plan]
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


@dataclass(slots=True)
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
