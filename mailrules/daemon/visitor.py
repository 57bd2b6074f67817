"""Visits mailboxes of which the server has told that something came (NOTIFY), on one connection for all of them.

The connection is opened when it is first needed, and kept for a while.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailrules.client import NetworkError
from mailrules.daemon.door import TurnedAway
from mailrules.daemon.link import ended, retried
from mailrules.daemon.pulse import Pulse
from mailrules.daemon.vitals import Condition
from mailrules.daemon.worker import patience

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import Session
    from mailrules.config import Account
    from mailrules.daemon.door import Door
    from mailrules.daemon.visits import Visits
    from mailrules.imap import MailboxName, StatusData

__all__ = ["Visitor"]

_KEPT = 240.0  # seconds; what is silent for longer, a router on the way may have forgotten
_QUIET = 30.0  # seconds after which a connection is asked whether it still lives, before it is relied on
_TURNED_AWAY = 3  # sign-ins in a row


class Visitor:
    """The connection of one account for the mailboxes that have none. `call` it; to stop, `end` it."""

    def __init__(
        self,
        settings: Account,
        visits: Visits,
        door: Door,
        spawn: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        log: FilteringBoundLogger,
    ) -> None:
        self.pulse = Pulse("the mailboxes that share a connection")
        self.may = settings.max_connections > 1
        """Whether there is a connection for it, by the settings and by what the server grants."""
        self._patience = patience(settings)
        self._visits = visits
        self._door = door
        self._spawn = spawn
        self._log = log
        self._told: dict[MailboxName, StatusData] = {}
        self._task: asyncio.Task[None] | None = None
        self._turned_away = 0

    def call(self, told: Mapping[MailboxName, StatusData]) -> None:
        """Have these mailboxes visited, as far as there is something to do by their STATUS."""
        self._told |= told
        if self._told and not self.is_there:
            self._task = self._spawn(retried(self._go, self._log, self.pulse))
        elif self.pulse.connection is not None:
            self.pulse.connection.poke()

    @property
    def is_there(self) -> bool:
        """Whether it has a connection, or wants one."""
        return self._task is not None and not self._task.done()

    def waits_in(self, name: MailboxName) -> bool:
        """Whether a mailbox is to be visited, and the connection for it fails."""
        return name in self._told and self.pulse.condition in (Condition.BACKING_OFF, Condition.REFUSED)

    async def end(self) -> None:
        """Come to the end of the visit in hand, and make no more until it is called again."""
        self._told.clear()
        if self._task is not None:
            await ended([self._task])

    async def _go(self) -> None:
        while await self._is_wanted():
            try:
                async with self._door.session() as session:
                    self._turned_away = 0
                    self.pulse.attend(session.connection)
                    await self._visit_all(session)
            except TurnedAway:
                self._turned_away += 1
                if self._turned_away < _TURNED_AWAY:
                    raise
                self.may = False
                self._told.clear()  # the first connection finds it on its next round
                self.pulse.turn(Condition.ROUNDS)
                self._log.warning("the server takes no second connection, so the first one looks after all mailboxes")
                return

    async def _visit_all(self, session: Session) -> None:
        connection, loop = session.connection, asyncio.get_running_loop()
        while True:
            while await self._is_wanted():
                name, status = next(iter(self._told.items()))
                self.pulse.make("at work")
                if loop.time() - connection.last_heard > _QUIET:
                    connection.ask_for_life(self._patience)
                await self._visits.visit(session, name, status, Condition.NOTIFY_STATUS)
                self._forget(name, status)
            self.pulse.arrived = True
            self.pulse.turn(Condition.ROUNDS)
            self.pulse.make("waiting to be called", _KEPT)
            try:
                called = await connection.until(lambda: bool(self._told), _KEPT)
            except NetworkError:
                return  # nobody waits for it
            if not called:
                return

    async def _is_wanted(self) -> bool:
        """Whether there is something to do in a mailbox; forgets those in which there is nothing."""
        while self._told:  # more may be told meanwhile
            name, status = next(iter(self._told.items()))
            if await self._visits.are_due(name, status):
                return True
            self._forget(name, status)
        return False

    def _forget(self, name: MailboxName, status: StatusData) -> None:
        if self._told.get(name) is status:  # it was not told of again meanwhile
            del self._told[name]
