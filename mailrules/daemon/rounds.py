"""Goes round the mailboxes that have no connection of their own, and visits those in which something has come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailrules.daemon.vitals import Condition
from mailrules.daemon.worker import Worker
from mailrules.imap import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import Session
    from mailrules.daemon.pulse import Pulse
    from mailrules.engine.account import AccountContext
    from mailrules.imap import MailboxName, StatusData
    from mailrules.store import Entry

__all__ = ["Rounds"]

_IN_ONE_FLIGHT = 100  # STATUS commands; some servers open each mailbox for it


class Rounds:
    """The rounds of one account, on one session."""

    def __init__(
        self,
        context: AccountContext,
        session: Session,
        mend: Callable[[MailboxName, Sequence[Entry]], None],
        log: FilteringBoundLogger,
        pulses: Mapping[MailboxName, Pulse],
    ) -> None:
        self._context = context
        self._session = session
        self._mend = mend
        self._log = log
        self._pulses = pulses
        self._visited: dict[MailboxName, tuple[int | None, ...]] = {}

    async def go(self, names: Sequence[MailboxName], told: Mapping[MailboxName, StatusData]) -> None:
        """Visit each mailbox that has grown since its last visit, or in which a retry is due.

        ``told`` are the answers that came with the list of mailboxes; STATUS asks for the others.
        """
        asked = [name for name in names if name not in told]
        for start in range(0, len(asked), _IN_ONE_FLIGHT):
            told = {**told, **await self._ask(asked[start : start + _IN_ONE_FLIGHT])}
        known = [name for name in names if name in told]
        stirred = [name for name in known if await self._has_stirred(name, told[name])]
        for name in known:
            if name in stirred:
                await self._visit(name, told[name])
            else:
                self._pulses[name].turn(Condition.ROUNDS)

    async def _ask(self, names: Sequence[MailboxName]) -> dict[MailboxName, StatusData]:
        self._session.connection.done()
        answers = await asyncio.gather(*(self._session.status(name) for name in names), return_exceptions=True)
        told: dict[MailboxName, StatusData] = {}
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, Refused):
                self._log.debug("no STATUS of a mailbox", mailbox=self._path(name), reason=str(answer))
                self._pulses[name].turn(Condition.REFUSED, str(answer))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                told[name] = answer
        return told

    async def _has_stirred(self, name: MailboxName, status: StatusData) -> bool:
        store, account = self._context.store, self._context.name
        due = await store.next_due(account, name.raw)
        if due is not None and due <= self._context.now():
            return True
        if self._visited.get(name) == _mark(status):
            return False
        checkpoint = await store.checkpoint(account, name.raw)
        if checkpoint is None or status.uidnext is None or status.uidvalidity != checkpoint.uidvalidity:
            return True
        ahead = max(0, status.uidnext - 1 - checkpoint.uid)
        self._pulses[name].waits(ahead if status.messages is None else min(ahead, status.messages))
        return ahead > 0

    async def _visit(self, name: MailboxName, status: StatusData) -> None:
        try:
            await Worker(self._context, self._session, name, self._mend, self._log, self._pulses[name]).visit()
            self._visited[name] = _mark(status)
        except Refused as error:
            self._log.warning("mailbox can't be watched", mailbox=self._path(name), reason=str(error))
            self._pulses[name].turn(Condition.REFUSED, str(error))

    def _path(self, name: MailboxName) -> str:
        return self._session.namespace.to_path(name)


def _mark(status: StatusData) -> tuple[int | None, ...]:
    """Reduce a status to what changes when something comes: Courier tells no UIDNEXT here, so the count has to do."""
    if status.uidnext is None:
        return (status.uidvalidity, status.messages)
    return (status.uidvalidity, status.uidnext)
