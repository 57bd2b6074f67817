"""Looks after one mailbox on one session: what is there, what comes, what is due again.

News come by NOTIFY, which shows the messages themselves, by IDLE, or by polling. None is trusted alone: now and then
the server is asked by STATUS whether it has more than it has told, and from time to time by SELECT. It is a proof of
life too, asked for early enough that a dead connection is given up within the account's ``keepalive``. Where all is as
it was known, that is one flight, and the mailbox rests on: whoever waits for it is not even woken up.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import closing
from typing import TYPE_CHECKING

from mailrules.daemon.backoff import together
from mailrules.daemon.link import unhurried
from mailrules.daemon.vitals import Condition
from mailrules.engine.filing import Filing
from mailrules.imap import Noop, Refused, Select, Status, StatusItem

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from structlog.typing import FilteringBoundLogger

    from mailrules.client import Session
    from mailrules.config import Account
    from mailrules.daemon.announcements import Announcements
    from mailrules.daemon.pulse import Pulse
    from mailrules.engine.account import AccountContext
    from mailrules.imap import MailboxName, StatusData
    from mailrules.store import Entry

__all__ = ["Worker", "patience"]

_PATIENCE = 60.0  # seconds for a sign of life

_SHORTEST_IDLE = 5.0  # seconds; a server that ends IDLE sooner by itself has none worth the name
_SHORTEST_WAIT = 5.0  # seconds; what is due and can't be taken up yet must not make us ask without pause
_SELECT_EVERY = 30 * 60.0  # seconds; what STATUS says may be as old as what the session sees (Exchange)
_RIGHT_BEHIND = 0.2  # seconds in which the server shows the messages that it has told of
_AS_KNOWN = (StatusItem.MESSAGES, StatusItem.UIDNEXT)
_EARLY = 0.01  # seconds that a timer may be early
_FOREVER = float("inf")


def patience(settings: Account) -> float:
    """Return the seconds that a server has for a sign of life; asked for in time, they are the end of `keepalive`."""
    return min(_PATIENCE, settings.keepalive / 2)


def _never() -> bool:
    """Have nothing else to do."""
    return False


class Worker:
    """One mailbox on one session. Either ``visit`` it, or ``hold`` it and then ``look`` and ``wait`` in turn."""

    def __init__(
        self,
        context: AccountContext,
        session: Session,
        name: MailboxName,
        mend: Callable[[MailboxName, Sequence[Entry]], None],
        log: FilteringBoundLogger,
        pulse: Pulse,
        announcements: Announcements | None = None,
    ) -> None:
        self.name = name
        self._announcements = announcements
        self._shows = True
        """Whether the last new messages were shown by the server, as soon as it told how many there are."""
        self._context = context
        self._connection = session.connection
        self._filing = Filing(context, session, name)
        self._pulse = pulse
        self._patience = patience(context.settings)
        self._mend = mend
        self._path = session.namespace.to_path
        self._account_log = log
        self._idles = "IDLE" in session.capabilities
        self._rest: asyncio.Future[None] | None = None
        self._rested_at = 0.0
        self._check_at = 0.0
        self._select_at = 0.0
        self._uidnext = 0
        self._due: datetime | None = None
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._asked: asyncio.Future[StatusData] | None = None
        self._goes_on: bool | None = None
        """Whether ``wait`` is to go on, which it is woken up to decide."""

    @property
    def _log(self) -> FilteringBoundLogger:
        """A logger takes a kilobyte, which a mailbox at rest does not need."""
        return self._account_log.bind(mailbox=self._path(self.name))

    async def serve(self) -> None:
        """Look after the mailbox for as long as the connection lasts; its pulse has arrived after the first look."""
        self._pulse.make("at work")
        await self.hold()
        while True:
            await self.look()
            self._pulse.arrived = True
            self._pulse.make("waiting for new mail", self._context.settings.keepalive)
            await self.wait()
            self._pulse.make("at work")

    async def hold(self) -> None:
        """Begin to stay in the mailbox. Raises Refused if it can't be selected."""
        await self._begin()
        if self._announcements is not None:
            self._announcements.show_to(self._filing)
        self._tell_way()
        self._log.info("watching", by=self._pulse.condition.value)

    def _tell_way(self) -> None:
        """Tell how the mailbox is watched."""
        way = Condition.IDLE if self._idles else Condition.POLL
        self._pulse.turn(
            Condition.NOTIFY if self._announcements is not None and self._announcements.reach_here else way
        )

    async def _begin(self, uidnext: int | None = None) -> None:
        self._pulse.attend(self._connection, self._filing)
        self._connection.done()
        # What is unfinished now is not in this session's hands; later the journal could not tell.
        stale = await self._context.store.unfinished(self._context.name, self.name.raw)
        self._mend(self.name, stale)
        await self._filing.start(uidnext)
        selected = self._connection.selected
        self._uidnext = selected.uidnext or 0 if selected else 0
        self._select_later()
        self._check_later()
        # Thousands that began together are not looked at together.
        until = self._check_at - self._now()
        self._check_at = together(self._check_at - random.random() / 2 * until, until)  # noqa: S311 - no secret

    async def visit(self, uidnext: int | None = None) -> None:
        """Handle what is new and due in the mailbox, once, without staying; ``uidnext``: as it was told of."""
        try:
            await self._begin(uidnext)
            await unhurried(self._filing.retry_due(_no_rest))
            await unhurried(self._filing.handle_new(_no_rest))
        finally:
            self._pulse.leave()

    async def look(self) -> None:
        """Handle everything new and everything due, then leave the connection at rest."""
        if self._filing.renumbered:  # SELECT, or a word in passing, has told so
            await unhurried(self._filing.start())
        due = await self._filing.next_due()
        if due is not None and due <= self._context.now():
            await unhurried(self._ask_first(self._filing.retry_due(_no_rest)))
        if self._is_time(self._check_at):
            self._filing.ask()
            await unhurried(self._ask_first(self._look_twice()))
            self._check_later()
        elif self._filing.shown and not self._must_renew():
            await unhurried(self._filing.handle_new(self._begin_rest))
        else:
            await unhurried(self._ask_first(self._filing.handle_new(self._begin_rest)))

    async def rests(self) -> bool:
        """Whether the connection is at rest, and ``look`` would find nothing to do."""
        if self._stirred() or not self._connection.idling or self._is_time(self._check_at):
            return False
        due = await self._filing.next_due()
        return due is None or due > self._context.now()

    async def wait(self, limit: float = _FOREVER, called: Callable[[], bool] = _never) -> None:
        """Return when ``look`` may find something to do, at the latest after ``limit`` seconds, or when ``called``.

        Meanwhile it is looked whether the server is alive and keeps nothing back; ``called`` is asked again when
        the connection is poked.
        """
        end = self._now() + limit

        def is_over() -> bool:
            return self._goes_on is not None or self._stirred() or called()

        while True:
            self._due, self._until = await self._filing.next_due(), end
            if self._due is not None:
                seconds = (self._due - self._context.now()).total_seconds()
                self._until = min(end, self._now() + max(_SHORTEST_WAIT, seconds))
            self._look_in_time()
            try:
                await self._connection.until(is_over)
            finally:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = self._asked = None
            if not self._goes_on or not await self._is_the_same_again():
                break
        if self._announcements is not None and self._connection.selected is not None and self._filing.news:
            # EXISTS has come. As a rule the messages are shown right behind it.
            limit = _RIGHT_BEHIND if self._shows else 0.0
            self._shows = await self._connection.until(
                lambda: self._connection.selected is None or self._filing.shown, limit
            )
        if self._connection.selected is None:
            await self._connection.submit(Noop())  # the server said BYE, or something as final: this raises it
        if self._rest is not None and self._rest.done():
            self._judge_idle(self._rest)

    # While it waits

    def _look_in_time(self) -> None:
        self._goes_on = None
        self._timer = asyncio.get_running_loop().call_at(min(self._until, self._check_at), self._look_after_it)

    def _wake(self, *, goes_on: bool) -> None:
        self._goes_on = goes_on
        self._connection.poke()

    def _look_after_it(self) -> None:
        """Ask whether there is more than what was told and handled, and rest on meanwhile: all in one flight."""
        if not self._is_time(self._check_at) or not self._idles or self._stirred():
            self._wake(goes_on=False)
        elif self._is_time(self._select_at):
            self._wake(goes_on=self._announcements is None)
        else:
            self._connection.ask_for_life(self._patience)
            self._asked = self._connection.submit(Status(self.name, _AS_KNOWN))
            self._asked.add_done_callback(self._compare)
            self._begin_rest()

    def _compare(self, answer: asyncio.Future[StatusData]) -> None:
        """Go on to rest if all is as it was known; else wake up whoever waits."""
        as_known = not answer.cancelled() and answer.exception() is None and self._is_as_known(answer.result())
        if answer is not self._asked:
            return  # nobody waits any more
        if as_known:
            self._check_later()
        if as_known and self._filing.falls_due(self._due):
            self._look_in_time()
        else:
            self._wake(goes_on=as_known)

    def _is_as_known(self, status: StatusData) -> bool:
        selected = self._connection.selected
        if selected is None or status.messages is None or status.messages > selected.exists:
            return False
        return status.uidnext == max(self._uidnext, self._filing.reached + 1)

    async def _is_the_same_again(self) -> bool:
        """SELECT the mailbox anew if it is time, and tell whether that finds it as it was known."""
        if self._announcements is not None or not self._is_time(self._select_at):
            return True  # announcements end with SELECT: it waits for a `look`
        self._connection.ask_for_life(self._patience)
        again = self._connection.submit(Select(self.name))
        self._begin_rest()
        found = await again
        if found.uidnext != max(self._uidnext, self._filing.reached + 1) or not self._filing.goes_on_in(found):
            return False
        self._select_later()
        self._check_later()
        return True

    def _must_renew(self) -> bool:
        return self._announcements is not None and self._announcements.are_due

    def _is_told_wrong(self) -> bool:
        """Whether the server shows messages by itself no more, while it is told that it does."""
        told = self._pulse.condition is Condition.NOTIFY
        return told and self._announcements is not None and not self._announcements.reach_here

    def _stirred(self) -> bool:
        if self._connection.selected is None or self._filing.news:
            return True
        if self._announcements is not None and (self._must_renew() or self._is_told_wrong()):
            return True
        return self._rest is not None and self._rest.done()

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
        self._tell_way()
        self._check_later()

    def _select_later(self) -> None:
        self._select_at = self._now() + _SELECT_EVERY * (0.5 + random.random() / 2)  # noqa: S311 - no secret

    def _check_later(self) -> None:
        settings = self._context.settings
        quiet = settings.keepalive - self._patience
        self._check_at = together(self._now() + (quiet if self._idles else min(settings.poll, quiet)), quiet)

    async def _ask_first(self, work: Coroutine[None, None, None]) -> None:
        """Do what begins with a flight, and let that begin with a question that a living server answers at once."""
        with closing(work):  # it may never begin
            self._connection.ask_for_life(self._patience)
            if self._announcements is not None:
                self._announcements.renew()
            await work
        self._tell_way()

    async def _look_twice(self) -> None:
        """Look, and ask by STATUS in the same flight whether the server keeps something from this session."""
        asked = self._connection.submit(Status(self.name, (StatusItem.UIDNEXT,)))
        await self._filing.handle_new(self._begin_rest)
        if await self._is_behind(asked) or self._is_time(self._select_at):
            self._select_later()
            await self._filing.start()
            if self._announcements is not None:
                self._announcements.renew()
            await self._filing.handle_new(self._begin_rest)

    async def _is_behind(self, asked: asyncio.Future[StatusData]) -> bool:
        """Whether there is mail that the session can't see: mailutils shows only what was there at SELECT."""
        try:
            uidnext = (await asked).uidnext or 0
        except Refused:
            return False
        if uidnext == self._uidnext:
            return False
        self._uidnext = uidnext
        checkpoint = await self._context.store.checkpoint(self._context.name, self.name.raw)
        return checkpoint is not None and checkpoint.uid + 1 < uidnext

    def _is_time(self, at: float) -> bool:
        return self._now() > at - _EARLY

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _no_rest() -> None:
    """Leave the connection as it is: something else follows at once."""
