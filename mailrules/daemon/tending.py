"""Keeps one account going for as long as the daemon serves it: has its lease, begins it anew after what should not be.

It tells of the account also while there is nothing to ask.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from mailrules.daemon import logs
from mailrules.daemon.account import Account
from mailrules.daemon.pulse import Pulse
from mailrules.daemon.vitals import AccountReport, Condition
from mailrules.store import Locked, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from structlog.typing import FilteringBoundLogger

    from mailrules.config import Loaded
    from mailrules.daemon.door import Pace
    from mailrules.engine.outcome import Outcome
    from mailrules.store import Counts, Store

__all__ = ["Tending"]

_LEASE_PAUSE = 10.0  # seconds between tries for an account that another process works on
_LETTING_GO = 0.2  # seconds that the kernel may take to free the lease of a process that was killed
_RESTART_PAUSE = 10.0  # seconds before an account that could not begin, or failed in an unexpected way, begins anew


class Tending:
    """Serves one account from now on; cancel `task` to end it."""

    def __init__(
        self,
        name: str,
        loaded: Callable[[], Loaded],
        store: Store,
        report: Callable[[Outcome], None],
        pace: Pace,
    ) -> None:
        self._name = name
        self._store = store
        self._pulse = Pulse("the way in")
        self._account: Account | None = None
        self._make = partial(Account, name, loaded, store, report, pace, self._pulse)
        self.task = asyncio.create_task(self._look_after(), name=f"account {name}")

    async def _look_after(self) -> None:
        """Serve the account until cancelled, whatever happens to it."""
        pause = _LETTING_GO
        while True:
            try:
                async with self._store.lease(self._name):
                    pause = _LETTING_GO
                    self._account = self._make()
                    await self._account.run()
            except Locked as error:
                if pause == _LEASE_PAUSE:
                    self._log.error("account in use", reason=str(error))
                await self._rest(Condition.PAUSED, str(error), pause)
                pause = _LEASE_PAUSE
            except StateError as error:
                self._log.warning("interrupted", reason=str(error), next_try=f"in {_RESTART_PAUSE:.1f} s")
                await self._rest(Condition.BACKING_OFF, str(error), _RESTART_PAUSE)
            except Exception as error:
                log = self._log
                log.exception("unexpected error")
                await self._rest(Condition.BACKING_OFF, f"unexpected error: {error!r}", _RESTART_PAUSE)

    @property
    def _log(self) -> FilteringBoundLogger:
        return logs.logger(account=self._name)

    async def _rest(self, condition: Condition, reason: str, pause: float) -> None:
        self._account = None
        self._pulse.turn(condition, reason, pause)
        await asyncio.sleep(pause)

    def report(self, counts: Mapping[bytes, Counts]) -> AccountReport:
        """Tell how the account and its mailboxes are; `counts` are what its journal holds open, by mailbox."""
        way_in = self._pulse
        return AccountReport(
            name=self._name,
            condition=way_in.condition,
            since=way_in.since,
            reason=way_in.reason,
            next_try=way_in.next_try,
            mailboxes=self._account.report(counts) if self._account else (),
        )

    def rules_changed(self) -> None:
        """Take note that other rules are in force."""
        if self._account:
            self._account.rules_changed()

    def may_be_late(self, now: float) -> bool:
        """Whether there is anything to look into; thousands are asked each few seconds."""
        return self.task.done() or (self._account is not None and self._account.may_be_late(now))

    def late(self, now: float) -> Iterator[str]:
        """Tell what has not kept its promise."""
        if self.task.done():
            yield "nobody looks after it"
        elif self._account:
            yield from self._account.late(now)
