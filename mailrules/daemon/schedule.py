"""Runs an account's scheduled rules when they are due, on a connection of their own so that new mail goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.daemon.link import retried, unhurried
from mailrules.engine.schedule import due_rules, run_scheduled
from mailrules.engine.sweeping import Outdated

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Mapping

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import MailboxInfo
    from mailrules.engine.account import AccountContext
    from mailrules.engine.schedule import RuleRun
    from mailrules.imap import Refused

__all__ = ["Schedule"]


class Schedule:
    """The schedule of one account. There is no timer: ``look`` now and then, no rule runs more often than that."""

    def __init__(
        self,
        context: AccountContext,
        spawn: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        log: FilteringBoundLogger,
    ) -> None:
        self._context = context
        self._spawn = spawn
        self._log = log
        self._run: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Begin a run if rules are due and none is under way."""
        if (self._run is None or self._run.done()) and await due_rules(self._context):
            self._run = self._spawn(retried(self._run_due, self._log))

    async def _run_due(self) -> None:
        """Run what is due by now: other rules may have come into force since the last try."""
        rules = await due_rules(self._context)
        if not rules:
            return
        async with self._context.open_session() as session:
            try:
                runs = await unhurried(run_scheduled(self._context, session, rules, self._refused))
            except Outdated:
                return  # the next look begins with the rules that are in force then
        self._tell(runs)

    def _refused(self, info: MailboxInfo, error: Refused) -> None:
        self._log.warning("a scheduled rule can't look into a mailbox", mailbox=info.path, reason=str(error))

    def _tell(self, runs: Mapping[str, RuleRun]) -> None:
        for rule, run in runs.items():
            log = self._log.bind(rule=rule)
            log.info(
                "scheduled rule ran",
                mailboxes=run.mailboxes,
                looked_at=run.looked_at,
                matched=run.matched,
                done=run.done,
            )
            if run.full_until is not None:
                log.warning(
                    "scheduled rule has reached its limit", next_try=run.full_until.isoformat(timespec="seconds")
                )
