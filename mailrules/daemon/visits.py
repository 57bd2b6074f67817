"""Visits mailboxes that have no connection of their own, on whatever session, and knows what they were like then."""

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

__all__ = ["Visits"]


class Visits:
    """Those of one account, one at a time."""

    def __init__(
        self,
        context: AccountContext,
        mend: Callable[[MailboxName, Sequence[Entry]], None],
        log: FilteringBoundLogger,
        pulses: Mapping[MailboxName, Pulse],
    ) -> None:
        self._context = context
        self._mend = mend
        self._log = log
        self._pulses = pulses
        self._turn = asyncio.Lock()  # no two connections may ever handle one mailbox
        self._visited: dict[MailboxName, tuple[int | None, ...]] = {}

    async def are_due(self, name: MailboxName, status: StatusData) -> bool:
        """Whether a mailbox has grown since its last visit, by what STATUS says, or a retry is due in it."""
        if (pulse := self._pulses.get(name)) is None:
            return False  # it is watched no more
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
        pulse.waits(ahead if status.messages is None else min(ahead, status.messages))
        return ahead > 0

    async def visit(self, session: Session, name: MailboxName, status: StatusData, way: Condition) -> None:
        """Visit a mailbox that STATUS has told of; ``way``: how it is watched."""
        if (pulse := self._pulses.get(name)) is None:
            return
        try:
            async with self._turn:
                await Worker(self._context, session, name, self._mend, self._log, pulse).visit(status.uidnext)
            self._visited[name] = _mark(status)
            pulse.turn(way)
        except Refused as error:
            mailbox = session.namespace.to_path(name)
            self._log.warning("mailbox can't be watched", mailbox=mailbox, reason=str(error))
            pulse.turn(Condition.REFUSED, str(error))


def _mark(status: StatusData) -> tuple[int | None, ...]:
    """Reduce a status to what changes when something comes: Courier tells no UIDNEXT here, so the count has to do."""
    if status.uidnext is None:
        return (status.uidvalidity, status.messages)
    return (status.uidvalidity, status.uidnext)
