"""Goes round the mailboxes that have no connection of their own, and has those visited in which something has come.

Where the server tells by itself that something has come (NOTIFY), it is asked only now and then whether it tells all.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailrules.daemon.vitals import Condition
from mailrules.imap import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import Session
    from mailrules.daemon.announcements import Announcements
    from mailrules.daemon.pulse import Pulse
    from mailrules.daemon.visitor import Visitor
    from mailrules.daemon.visits import Visits
    from mailrules.imap import MailboxName, StatusData

__all__ = ["Rounds"]

_IN_ONE_FLIGHT = 100  # STATUS commands; some servers open each mailbox for it


class Rounds:
    """The rounds of one account, on the lead's session."""

    def __init__(
        self,
        session: Session,
        announcements: Announcements | None,
        visits: Visits,
        visitor: Visitor,
        log: FilteringBoundLogger,
        pulses: Mapping[MailboxName, Pulse],
        every: float,
    ) -> None:
        """Make those of a session; ``every``: seconds after which the server is asked of what it tells by itself."""
        self._session = session
        self._announcements = announcements
        self._visits = visits
        self._visitor = visitor
        self._log = log
        self._pulses = pulses
        self._every = every
        self._ask_at = asyncio.get_running_loop().time() + every
        self.called = False
        """Whether the server has told of something that is to be looked at on this session."""

    def hear(self, told: Mapping[MailboxName, StatusData]) -> None:
        """Take note of what the server has told by itself."""
        for name in told:
            pulse = self._pulses.get(name)
            if pulse is not None and pulse.condition not in (Condition.NOTIFY_STATUS, Condition.REFUSED):
                pulse.turn(Condition.NOTIFY_STATUS)
                self._log.info("watching", mailbox=pulse.name, by=pulse.condition.value)
        if self._visitor.may:
            self._visitor.call(told)
        else:
            self.called = True
            self._session.connection.poke()

    async def go(self, names: Sequence[MailboxName], told: Mapping[MailboxName, StatusData]) -> None:
        """Visit each mailbox that has grown since its last visit, or in which a retry is due.

        ``told`` are the answers that came with the list of mailboxes; STATUS asks for the others.
        """
        self.called = False
        by_itself = self._announcements.known if self._announcements is not None else {}
        now = asyncio.get_running_loop().time()
        if now < self._ask_at:
            told = {**by_itself, **told}
        else:
            self._ask_at = now + self._every
        asked = [name for name in names if name not in told]
        for start in range(0, len(asked), _IN_ONE_FLIGHT):
            told = {**told, **await self._ask(asked[start : start + _IN_ONE_FLIGHT])}
        known = [name for name in names if name in told]
        by_visitor = self._visitor.is_there or (self._visitor.may and bool(by_itself))
        stirred = {name: told[name] for name in known if await self._visits.are_due(name, told[name])}
        for name in known:
            way = Condition.NOTIFY_STATUS if name in by_itself else Condition.ROUNDS
            if name not in stirred:
                self._pulses[name].turn(way)
            elif not by_visitor:
                await self._visits.visit(self._session, name, told[name], way)
        if by_visitor:
            self._visitor.call(stirred)

    async def _ask(self, names: Sequence[MailboxName]) -> dict[MailboxName, StatusData]:
        self._session.connection.done()
        answers = await asyncio.gather(*(self._session.status(name) for name in names), return_exceptions=True)
        told: dict[MailboxName, StatusData] = {}
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, Refused):
                path = self._session.namespace.to_path(name)
                self._log.debug("no STATUS of a mailbox", mailbox=path, reason=str(answer))
                self._pulses[name].turn(Condition.REFUSED, str(answer))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                told[name] = answer
        return told
