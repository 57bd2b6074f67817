"""Looks after one mailbox on one session: what is there, what comes, what is due again.

News come by IDLE, or by polling where there is no IDLE. Neither is trusted alone: now and then the
server is asked by STATUS how many messages there should be.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailrules.daemon.link import unhurried
from mailrules.engine.filing import Filing
from mailrules.imap import Noop, Refused, Status, StatusItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import Session
    from mailrules.engine.account import AccountContext
    from mailrules.imap import MailboxName
    from mailrules.store import Entry

__all__ = ["Worker"]

_SHORTEST_IDLE = 5.0  # seconds; a server that ends IDLE sooner by itself has none worth the name
_SHORTEST_WAIT = 5.0  # seconds; what is due and can't be taken up yet must not make us ask without pause
_FOREVER = float("inf")


class Worker:
    """One mailbox on one session. Either ``visit`` it, or ``hold`` it and then ``look`` and ``wait`` in turn."""

    def __init__(
        self,
        context: AccountContext,
        session: Session,
        name: MailboxName,
        mend: Callable[[MailboxName, Sequence[Entry]], None],
        log: FilteringBoundLogger,
    ) -> None:
        self.name = name
        self._context = context
        self._connection = session.connection
        self._filing = Filing(context, session, name)
        self._mend = mend
        self._log = log.bind(mailbox=session.namespace.to_path(name))
        self._idles = "IDLE" in session.capabilities
        self._rest: asyncio.Future[None] | None = None
        self._rested_at = 0.0
        self._check_at = 0.0
        self._uidnext = 0

    async def serve(self, arrived: asyncio.Event) -> None:
        """Look after the mailbox for as long as the connection lasts; set ``arrived`` after the first look."""
        await self.hold()
        while True:
            await self.look()
            arrived.set()
            await self.wait()

    async def hold(self) -> None:
        """Begin to stay in the mailbox. Raises Refused if it can't be selected."""
        await self._begin()
        self._log.info("watching", by="idle" if self._idles else "poll")

    async def _begin(self) -> None:
        self._connection.done()
        # What is unfinished now is not in this session's hands; later the journal could not tell.
        stale = await self._context.store.unfinished(self._context.name, self.name.raw)
        self._mend(self.name, stale)
        await self._filing.start()
        selected = self._connection.selected
        self._uidnext = selected.uidnext or 0 if selected else 0
        self._check_later()

    async def visit(self) -> None:
        """Handle what is new and due in the mailbox, once, without staying."""
        await self._begin()
        await unhurried(self._filing.retry_due(_no_rest))
        await unhurried(self._filing.handle_new(_no_rest))

    async def look(self) -> None:
        """Handle everything new and everything due, then leave the connection at rest."""
        due = await self._filing.next_due()
        if due is not None and due <= self._context.now():
            await unhurried(self._filing.retry_due(_no_rest))
        if self._now() < self._check_at:
            await unhurried(self._filing.handle_new(self._begin_rest))
        else:
            await unhurried(self._look_twice())
            self._check_later()

    async def wait(self, limit: float = _FOREVER) -> None:
        """Return when ``look`` may find something to do, at the latest after ``limit`` seconds."""
        due = await self._filing.next_due()
        seconds = min(limit, self._check_at - self._now())
        if due is not None:
            seconds = min(seconds, max(_SHORTEST_WAIT, (due - self._context.now()).total_seconds()))
        await self._connection.until(self._stirred, max(0.0, seconds))
        if self._connection.selected is None:
            await self._connection.submit(Noop())  # the server said BYE, or something as final: this raises it
        if self._rest is not None and self._rest.done():
            self._judge_idle(self._rest)

    def _stirred(self) -> bool:
        if self._connection.selected is None:
            return True
        return self._filing.news or (self._rest is not None and self._rest.done())

    def _begin_rest(self) -> None:
        if self._idles:
            self._rest = self._connection.idle()
            self._rested_at = self._now()

    def _judge_idle(self, rest: asyncio.Future[None]) -> None:
        """IDLE has ended although nobody asked for it: give it up where the server means it."""
        self._rest = None
        error = rest.exception()
        if isinstance(error, Refused):
            self._log.warning("the server refuses IDLE, so it is polled", reason=str(error))
        elif error is not None:
            raise error
        elif self._now() - self._rested_at < _SHORTEST_IDLE:
            self._log.warning("the server ends IDLE at once, so it is polled")
        else:
            return
        self._idles = False
        self._check_later()

    def _check_later(self) -> None:
        settings = self._context.settings
        self._check_at = self._now() + (settings.keepalive if self._idles else settings.poll)

    async def _look_twice(self) -> None:
        """Look, and ask by STATUS in the same flight whether the server keeps something from this session."""
        self._connection.done()
        asked = self._connection.submit(Status(self.name, (StatusItem.UIDNEXT,)))
        await self._filing.handle_new(self._begin_rest)
        try:
            uidnext = (await asked).uidnext or 0
        except Refused:
            return
        if uidnext <= self._uidnext:
            return
        self._uidnext = uidnext
        checkpoint = await self._context.store.checkpoint(self._context.name, self.name.raw)
        if checkpoint is not None and checkpoint.uid + 1 < uidnext:
            # mailutils shows a session only what was there at SELECT: select it again.
            self._connection.done()
            await self._filing.start()
            await self._filing.handle_new(self._begin_rest)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _no_rest() -> None:
    """Leave the connection as it is: something else follows at once."""
