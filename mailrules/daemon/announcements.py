"""What a server tells by itself (NOTIFY, RFC 5465) on one session, and how much an account's server can tell.

Of the selected mailbox it shows each new message, which then need not be asked for; of other mailboxes it tells the
STATUS, so that they need no connections of their own. Servers tell it while IDLE runs (Dovecot: only then).
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from mailrules.client import ConnectionLost, NetworkError
from mailrules.engine.reading import wanted
from mailrules.imap import EventGroup, Filter, MessageData, NotifyEvent, Refused, StatusData, StatusResponse

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Mapping, Sequence

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import Session
    from mailrules.engine.account import AccountContext
    from mailrules.engine.filing import Filing
    from mailrules.imap import MailboxName, Response

__all__ = ["Announcements", "Reach", "Terms"]

_BOTH = (NotifyEvent.MESSAGE_NEW, NotifyEvent.MESSAGE_EXPUNGE)
_MOST_NAMES = 100  # in one command, on Dovecot
_MOST_OCTETS = 4_000  # of names: no server likes lines of more than 8,000
_UNANSWERED = 3  # connections in a row that were lost over it


class Reach(Enum):
    """Of which mailboxes a server tells by itself, as far as it is known."""

    ALL = "all"
    SELECTED = "the selected one"
    NONE = "none"


_LOWERED = {
    Reach.SELECTED: "the server does not tell by itself what comes into all mailboxes",
    Reach.NONE: "the server does not show new messages by itself",
}


class Terms:
    """How much the server of one account tells; all its sessions learn of it by what was refused to one of them."""

    def __init__(self, context: AccountContext, log: FilteringBoundLogger, lowered: Callable[[], None]) -> None:
        """Begin in good faith; ``lowered`` is called when it turns out to be less."""
        self.reach = Reach.ALL
        self.context = context
        self._log = log
        self._lowered = lowered
        self._unanswered = 0

    def announcements(self, session: Session) -> Announcements | None:
        """Make those of a session; None where the server has none."""
        offered = "NOTIFY" in session.capabilities and "IDLE" in session.capabilities
        return Announcements(self, session) if offered and self.reach is not Reach.NONE else None

    def lower(self, groups: Sequence[EventGroup], reason: str) -> None:
        """Take note that these groups were too much."""
        if len(groups) > 1 and self.reach is Reach.ALL:
            self._lower_to(Reach.SELECTED, reason)
        elif len(groups) == 1 and self.reach is not Reach.NONE:
            self._lower_to(Reach.NONE, reason)

    def _lower_to(self, reach: Reach, reason: str) -> None:
        self.reach = reach
        self._log.warning(_LOWERED[reach], reason=reason)
        self._lowered()

    def lost(self, reason: str) -> None:
        """Take note that a connection was lost before NOTIFY was answered; where that is so each time, do without."""
        self._unanswered += 1
        if self._unanswered >= _UNANSWERED and self.reach is not Reach.NONE:
            self._lower_to(Reach.NONE, reason)

    def answered(self) -> None:
        """Take note that NOTIFY was answered."""
        self._unanswered = 0


class Announcements:
    """What is told on one session: of the mailbox that it selects, and of others by name."""

    def __init__(self, terms: Terms, session: Session) -> None:
        self._terms = terms
        self._session = session
        self._said: tuple[EventGroup, ...] = ()
        self._filing: Filing | None = None
        self._others: Sequence[MailboxName] = ()
        self._tell: Callable[[Mapping[MailboxName, StatusData]], None] = _nobody
        self.known: dict[MailboxName, StatusData] = {}
        """The STATUS of the other mailboxes that are told of, as it was told last."""
        session.connection.on_unsolicited = self._hear

    def show_to(self, filing: Filing) -> None:
        """Have new messages of the selected mailbox shown to this one."""
        self._filing = filing

    def tell_of(self, others: Sequence[MailboxName], tell: Callable[[Mapping[MailboxName, StatusData]], None]) -> None:
        """Have ``tell`` called with the STATUS of these mailboxes whenever it changes."""
        self._others, self._tell = others, tell
        self.known = {name: status for name, status in self.known.items() if name in others}

    @property
    def reach_here(self) -> bool:
        """Whether the server shows what is new in the selected mailbox."""
        return self._terms.reach is not Reach.NONE

    @property
    def are_due(self) -> bool:
        """Whether the server is to be asked anew: another mailbox was selected, or something else is wanted now."""
        if self._terms.reach is Reach.NONE:
            return self._session.deaf
        return not self._session.announcing or self._said != self._groups()

    def renew(self) -> None:
        """Ask the server to tell, if that is due. UID FETCH is to follow, for what it has not told of meanwhile.

        Raises ConnectionLost where the server was told to be silent and now can't be told otherwise.
        """
        if self._filing is None or not self.are_due:
            return
        if self._terms.reach is Reach.NONE:
            raise ConnectionLost("the server tells nothing any more on this connection")
        self._said = self._groups()
        fields = self._terms.context.rules().header_fields
        # What is shown before the answer may be shown by the terms before these.
        self._session.announce(self._said).add_done_callback(partial(self._answered, self._filing, fields))

    def _groups(self) -> tuple[EventGroup, ...]:
        here = EventGroup(Filter.SELECTED, _BOTH, items=wanted(self._terms.context.rules().header_fields))
        if not self._others or self._terms.reach is not Reach.ALL:
            return (here,)
        octets = sum(len(name.raw) + 3 for name in self._others)
        if len(self._others) > _MOST_NAMES or octets > _MOST_OCTETS:
            return here, EventGroup(Filter.PERSONAL, _BOTH)
        return here, EventGroup(Filter.MAILBOXES, _BOTH, names=tuple(self._others))

    def _answered(
        self, filing: Filing, fields: Collection[str], answer: asyncio.Future[tuple[StatusData, ...]]
    ) -> None:
        if answer.cancelled():
            return
        match answer.exception():
            case None:
                self._terms.answered()
                filing.expect(fields)
                told = answer.result()
                self._learn(told)
                self.known = {status.name: self.known[status.name] for status in told if status.name in self.known}
            case Refused() as refused:
                self._terms.answered()
                self._terms.lower(self._said, str(refused))
                self.known.clear()
            case NetworkError() as error:
                self._terms.lost(str(error))
        self._session.connection.poke()

    def _hear(self, response: Response) -> None:
        match response:
            case MessageData() if self._filing is not None:
                self._filing.hear(response)
            case StatusData():
                self._learn([response])
            case StatusResponse() if response.code_is("NOTIFICATIONOVERFLOW"):
                self._terms.lower(self._said, f"{response.text} [NOTIFICATIONOVERFLOW]")
                self.known.clear()
                self._session.silenced()
            case _:
                pass

    def _learn(self, told: Sequence[StatusData]) -> None:
        """Take in what changed. UIDVALIDITY is told once, and not again with each message (Dovecot)."""
        news: dict[MailboxName, StatusData] = {}
        for status in told:
            before = self.known.get(status.name)
            if status.name in self._others and (now := _together(before, status)) != before:
                news[status.name] = self.known[status.name] = now
        if news:
            self._tell(news)


def _together(before: StatusData | None, now: StatusData) -> StatusData:
    if before is None or now.uidvalidity is not None:
        return now
    return replace(before, messages=now.messages, uidnext=now.uidnext or before.uidnext)


def _nobody(_: Mapping[MailboxName, StatusData]) -> None:
    """Be told of nothing."""
