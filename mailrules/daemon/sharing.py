"""Shares an account's mailboxes out: to connections of their own, as far as the server grants them, or to the lead."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mailrules.daemon.door import TurnedAway
from mailrules.daemon.layout import Layout, arrange
from mailrules.daemon.link import ended, retried
from mailrules.daemon.pulse import Pulse
from mailrules.daemon.worker import Worker
from mailrules.imap import Refused

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import MailboxInfo
    from mailrules.daemon.announcements import Terms
    from mailrules.daemon.door import Door
    from mailrules.engine.account import AccountContext
    from mailrules.imap import MailboxName
    from mailrules.store import Entry

__all__ = ["Sharing"]

_TURNED_AWAY = 3  # sign-ins in a row


class Sharing:
    """Who watches what in one account, and the connections that hold a mailbox each.

    `layout` is how it is shared out, `room` how many connections there may be with the lead's. `pulses` are those of
    the watched mailboxes, INBOX first: always the same mapping.
    """

    __slots__ = (
        "_context",
        "_door",
        "_list_soon",
        "_log",
        "_mend",
        "_spawn",
        "_terms",
        "_turned_away",
        "_workers",
        "layout",
        "led",
        "pulses",
        "room",
    )

    def __init__(
        self,
        context: AccountContext,
        door: Door,
        terms: Terms,
        log: FilteringBoundLogger,
        spawn: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        mend: Callable[[MailboxName, Sequence[Entry]], None],
        list_soon: Callable[[], None],
    ) -> None:
        """Make one; ``list_soon`` is called when a mailbox may be gone, or is to have another place."""
        self.layout = Layout()
        self.pulses: dict[MailboxName, Pulse] = {}
        self.room = context.settings.max_connections
        self.led = False
        """Whether the lead is signed in, so that a mailbox can be left to it."""
        self._context = context
        self._door = door
        self._terms = terms
        self._log = log
        self._spawn = spawn
        self._mend = mend
        self._list_soon = list_soon
        self._workers: dict[MailboxName, asyncio.Task[None]] = {}
        self._turned_away: dict[MailboxName, int] = {}

    async def arrange(self, watched: Sequence[MailboxInfo], room: int) -> None:
        """Share out these mailboxes anew to so many connections; who no longer holds one has ended then."""
        self.layout = arrange([info.name for info in watched], room, self.layout)
        before = dict(self.pulses)
        self.pulses.clear()
        self.pulses.update((info.name, before.get(info.name) or Pulse(info.path)) for info in watched)
        # No two connections may ever handle one mailbox: who leaves is waited for.
        await ended([self._workers.pop(name) for name in set(self._workers) - set(self.layout.held)])

    def begin(self) -> None:
        """Let connections begin for the mailboxes that are to have one and have none."""
        for name in self.layout.held:
            if name not in self._workers:
                pulse = self.pulses[name]
                log = self._log.bind(mailbox=pulse.name)
                self._workers[name] = self._spawn(retried(partial(self._hold, name, pulse), log, pulse))

    async def _hold(self, name: MailboxName, pulse: Pulse) -> None:
        try:
            session = await self._door.enter()
            try:
                self._turned_away.pop(name, None)
                announcements = self._terms.announcements(session)
                await Worker(self._context, session, name, self._mend, self._log, pulse, announcements).serve()
            finally:
                await session.connection.close()
        except Refused:
            self._list_soon()
            raise
        except TurnedAway:
            if not self._leave_to_lead(name):
                raise

    def _leave_to_lead(self, name: MailboxName) -> bool:
        """Give up a connection that the server does not grant, while it goes on serving the lead."""
        self._turned_away[name] = self._turned_away.get(name, 0) + 1
        if not self.led or self._turned_away[name] < _TURNED_AWAY:
            return False
        held = tuple(other for other in self.layout.held if other != name)
        self.room = 1 + len(held)
        self.layout = replace(self.layout, held=held)
        del self._workers[name]
        self._list_soon()
        self._log.warning(
            "the server takes no further connection, so a mailbox is only looked at now and then",
            mailbox=str(name),
            connections=self.room,
        )
        return True

    # What it tells of itself

    def holds(self, name: MailboxName) -> bool:
        """Whether a mailbox has a connection of its own."""
        return name in self._workers

    @property
    def served(self) -> set[MailboxName]:
        """The mailboxes in which a connection stays, the lead's own among them."""
        return {name for name in (*self._workers, self.layout.lead) if name is not None}

    def of_lead(self) -> Iterator[Pulse]:
        """The pulses of the mailboxes for whose watch the lead's connection is needed."""
        return (pulse for name, pulse in self.pulses.items() if name not in self._workers)

    def may_be_late(self, now: float) -> bool:
        """Whether there is anything to look into."""
        if self._workers:
            return True
        for pulse in self.pulses.values():  # noqa: SIM110 - any() takes twice as long
            if now > pulse.due:
                return True
        return False

    def deserted(self) -> Iterator[str]:
        """Name mailboxes whose connection nobody looks after any more."""
        return (self.pulses[name].name for name, task in self._workers.items() if task.done())
