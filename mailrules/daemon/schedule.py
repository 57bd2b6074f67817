"""Runs an account's scheduled rules when they are due, on a connection of their own so that new mail goes on.

Where the server grants none, or the account's settings do, the lead lends them its own between two looks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailrules.daemon.door import TurnedAway
from mailrules.daemon.link import retried, unhurried
from mailrules.daemon.pulse import Pulse
from mailrules.engine.schedule import Run, due_rules, scheduled_rules
from mailrules.engine.sweeping import Outdated
from mailrules.imap import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import MailboxInfo, Session
    from mailrules.engine.account import AccountContext
    from mailrules.engine.schedule import RuleRun

__all__ = ["Schedule"]

_PORTION = 5.0  # seconds, after which the lead looks for new mail


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
        self._task: asyncio.Task[None] | None = None
        self._on_lead: Run | None = None

    @property
    def waits_for_lead(self) -> bool:
        """Whether a run is under way on the lead's session, and wants to `go_on`."""
        return self._on_lead is not None

    @property
    def has_rules(self) -> bool:
        """Whether there are any rules to run, due or not."""
        return bool(scheduled_rules(self._context))

    async def look(self, connections: int) -> None:
        """Begin a run if rules are due and none is under way; where no more ``connections`` are left, on the lead's."""
        if self._on_lead is not None or (self._task is not None and not self._task.done()):
            return
        if rules := await due_rules(self._context):
            if connections > 0:
                self._task = self._spawn(retried(self._run_due, self._log, Pulse("scheduled rules")))
            else:
                self._on_lead = Run(self._context, rules, self._refused)

    async def go_on(self, session: Session) -> None:
        """Go on with the run for some seconds, on the lead's session; it has another mailbox selected afterwards."""
        run, loop = self._on_lead, asyncio.get_running_loop()
        until = loop.time() + _PORTION
        try:
            while run is not None:
                if await unhurried(run.go_on(session, 1)):
                    self._tell(run.results())
                    run = None
                elif loop.time() >= until:
                    break
        except Outdated:
            run = None  # the next look begins with the rules that are in force then
        except Refused as error:
            self._log.warning("scheduled rules could not run", reason=str(error))
            run = None  # the next look is soon enough
        self._on_lead = run

    async def _run_due(self) -> None:
        """Run what is due by now: other rules may have come into force since the last try."""
        rules = await due_rules(self._context)
        if not rules:
            return
        run = Run(self._context, rules, self._refused)
        try:
            async with self._context.open_session() as session:
                while not await unhurried(run.go_on(session)):
                    pass
        except Outdated:
            return  # the next look begins with the rules that are in force then
        except TurnedAway:
            self._on_lead = run
            return
        self._tell(run.results())

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
