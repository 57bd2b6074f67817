"""Looks after one account: its list of mailboxes, who watches which, and what was left half done.

The lead is the connection that asks for the list of mailboxes: each minute where that may soon tell something that
matters, else now and then. It holds a mailbox of its own like the others, and goes on rounds over those for which there
is no connection.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from mailrules.daemon import logs
from mailrules.daemon.announcements import Reach, Terms
from mailrules.daemon.door import Door
from mailrules.daemon.link import ended, retried
from mailrules.daemon.pulse import Promise, Pulse
from mailrules.daemon.rounds import Rounds
from mailrules.daemon.schedule import Schedule
from mailrules.daemon.sharing import Sharing
from mailrules.daemon.visitor import Visitor
from mailrules.daemon.visits import Visits
from mailrules.daemon.vitals import Condition, MailboxReport
from mailrules.daemon.worker import Worker, patience
from mailrules.engine.account import AccountContext
from mailrules.engine.directory import Directory
from mailrules.engine.limits import release
from mailrules.engine.recovery import replay
from mailrules.engine.shortcomings import Shortcomings
from mailrules.engine.strays import strays
from mailrules.engine.watching import has_wildcards
from mailrules.imap import MailboxName, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence

    from mailrules.client import Session
    from mailrules.config import Loaded
    from mailrules.daemon.announcements import Announcements
    from mailrules.daemon.door import Pace
    from mailrules.engine.outcome import Outcome
    from mailrules.imap import StatusData
    from mailrules.store import Counts, Entry, Store

__all__ = ["Account"]

_LIST_EVERY = 60.0  # seconds, where mailboxes may appear that are to be watched or are missed
_LIST_RARELY = 2 * 60 * 60.0  # seconds, where all that is named is there
_REPAIRS = 2  # connections beside those of the watchers
_NONE_THERE = "none of the mailboxes that it is to watch is there"


class Account:
    """One account of the rule file. ``run`` it; to stop, cancel that."""

    def __init__(
        self,
        name: str,
        loaded: Callable[[], Loaded],
        store: Store,
        report: Callable[[Outcome], None],
        pace: Pace,
        pulse: Pulse,
    ) -> None:
        config = loaded().config
        self._name = name
        self._settings = config.accounts[name]
        self._store = store
        self._log = logs.logger(account=name)
        self._pulse = pulse
        self._door = Door(self._settings, pace, self._log)
        self._directory = Directory(name, self._settings, store, _now)
        self._context = AccountContext(
            name=name,
            settings=self._settings,
            store=store,
            directory=self._directory,
            rules=lambda: loaded().ruleset,
            general=lambda: loaded().config.daemon,
            report=report,
            complain=self._complain,
            now=_now,
            open_session=self._extra_session,
            spawn=self._repair,
        )
        self._repairs = asyncio.Semaphore(_REPAIRS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._beside: list[Promise] = []
        """Of the sessions for repairs and scheduled rules."""
        self._list_at = self._look_at = 0.0
        self._called = False
        self._lead_session: Session | None = None
        self._shortcomings = Shortcomings(self._context)
        self._schedule = Schedule(self._context, self._spawn, self._log)
        self._terms = Terms(self._context, self._log, self._share_out_anew)
        self._sharing = Sharing(
            self._context, self._door, self._terms, self._log, self._spawn, self._mend, self._list_soon
        )
        self._visits = Visits(self._context, self._mend, self._log, self._sharing.pulses)
        self._visitor = Visitor(self._settings, self._visits, self._door, self._spawn, self._log)
        self._announcements: Announcements | None = None
        """Of the lead's session."""
        self._rounds: Rounds | None = None

    async def run(self) -> None:
        """Watch the account until cancelled; then the flights in hand have a moment to come to their end."""
        try:
            await retried(self._lead, self._log, self._pulse)
        finally:
            await ended(self._tasks)

    def rules_changed(self) -> None:
        """Take note that other rules are in force: of them more than the next batch may want to know."""
        self._call(0.0)

    def _call(self, within: float) -> None:
        """Have the lead look after what it is there for in so many seconds, if it would do so later."""
        self._look_at = min(self._look_at, asyncio.get_running_loop().time() + within)
        self._called = True
        if self._lead_session is not None:
            self._lead_session.connection.poke()

    @asynccontextmanager
    async def _extra_session(self) -> AsyncIterator[Session]:
        """A connection beside those of the watchers, for repairs: few at a time, since servers grant few."""
        async with self._repairs, self._door.session() as session:
            promise = Promise("beside the watch")
            promise.connection = session.connection
            promise.make("at work")
            self._beside.append(promise)
            try:
                yield session
            finally:
                self._beside.remove(promise)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._call(_LIST_EVERY)  # what it did not bring to an end is to be found again
        if not task.cancelled() and (error := task.exception()):
            self._log.error("interrupted", reason=str(error) or type(error).__name__)

    # The lead

    async def _lead(self) -> None:
        session = await self._door.enter()
        self._log.info("signed in", host=self._settings.host)
        self._pulse.attend(session.connection)
        self._sharing.room, self._lead_session = self._settings.max_connections, session
        self._sharing.led, self._visitor.may = True, self._settings.max_connections > 1
        self._announcements = self._terms.announcements(session)
        try:
            await self._serve_as_lead(session)
        finally:
            self._lead_session = self._announcements = self._rounds = None
            self._sharing.led = False
            for pulse in self._sharing.of_lead():
                pulse.leave()
            await session.connection.close()

    async def _serve_as_lead(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        quiet = self._settings.keepalive - patience(self._settings)
        rounds = self._rounds = Rounds(
            session, self._announcements, self._visits, self._visitor, self._log, self._sharing.pulses, quiet
        )
        home: Worker | None = None
        told: Mapping[MailboxName, StatusData] = {}
        self._list_at = self._look_at = go_at = loop.time()
        if self._tells_all:
            go_at += self._settings.poll  # the server tells what there is to do, once it is asked to
        while True:
            now, self._called = loop.time(), False
            self._pulse.make("at work")
            if home is None or now >= min(self._list_at, go_at if self._sharing.layout.rounds else self._list_at):
                session.connection.ask_for_life(patience(self._settings))
            if now >= self._list_at:
                told = await self._list(session)
            if now >= self._look_at:
                await self._look_around(session)
            if now >= go_at or rounds.called:
                go_at = now + self._settings.poll
                await rounds.go(self._sharing.layout.rounds, told)
            told = {}
            if self._schedule.waits_for_lead:
                home = None
                await self._schedule.go_on(session)
            home = await self._at_home(session, home)
            self._pulse.arrived = True
            limit = max(0.0, min(self._look_at, go_at if self._sharing.layout.rounds else self._look_at) - loop.time())
            limit = 0.0 if self._schedule.waits_for_lead else limit
            self._pulse.make("waiting for its next round", min(limit, self._settings.keepalive))
            if home is None:
                await session.connection.until(self._is_called, min(limit, quiet))
            elif not await self._rest_at(session, home, limit):
                home = None

    def _is_called(self) -> bool:
        return self._called or (self._rounds is not None and self._rounds.called)

    @property
    def _tells_all(self) -> bool:
        """Whether the server tells of all mailboxes by itself, so that none but the lead's needs a connection."""
        return self._announcements is not None and self._terms.reach is Reach.ALL

    def _share_out_anew(self) -> None:
        """Share the mailboxes out at once: the server does not tell of all that it was asked about."""
        self._list_at = 0.0
        self._call(0.0)

    async def _list(self, session: Session) -> Mapping[MailboxName, StatusData]:
        """Ask for the list of mailboxes, and share them out; return what it told of them."""
        told = await self._directory.refresh(session)
        await self._share_out()
        # Thousands that began together do not do so together again.
        rarely = _LIST_RARELY * (0.5 + random.random() / 2)  # noqa: S311 - no secret
        self._list_at, self._look_at = asyncio.get_running_loop().time() + rarely, 0.0
        return told

    async def _look_around(self, session: Session) -> None:
        """Look for what no mailbox's own connection finds, and say when to look for it again."""
        for sentence in self._shortcomings.news(session):
            self._log.warning("the account lacks something", reason=sentence)
        self._pulse.turn(Condition.IDLE, "" if self._sharing.pulses else _NONE_THERE)
        await release(self._context)
        strays_left = await self._mend_strays()
        await self._schedule.look(self._sharing.room - 1 - len(self._sharing.layout.held) - self._visitor.is_there)
        now = asyncio.get_running_loop().time()
        if self._shortcomings.told or self._sharing.layout.rounds or has_wildcards(self._settings.watch):
            self._list_at = min(self._list_at, now + _LIST_EVERY)
        soon = strays_left or self._schedule.has_rules
        self._look_at = min(self._list_at, now + _LIST_EVERY if soon else self._list_at)

    async def _rest_at(self, session: Session, home: Worker, limit: float) -> bool:
        """Rest in the lead's own mailbox, at the most for ``limit`` seconds; False if it can't be selected any more."""
        try:
            await home.wait(limit, self._is_called)
        except Refused as error:
            self._tell_refused(session, home.name, error)
            return False
        return True

    async def _at_home(self, session: Session, home: Worker | None) -> Worker | None:
        """Go back to the lead's own mailbox and look there; None if it has none, or none that can be selected."""
        name, selected = self._sharing.layout.lead, session.selected
        if name is None:
            return None
        try:
            if home is None or home.name != name or selected is None or selected.name != name:
                pulse = self._sharing.pulses[name]
                home = Worker(self._context, session, name, self._mend, self._log, pulse, self._announcements)
                await home.hold()
                await home.look()
            elif not await home.rests():
                await home.look()
        except Refused as error:
            self._tell_refused(session, name, error)
            return None
        return home

    def _tell_refused(self, session: Session, name: MailboxName, error: Refused) -> None:
        self._log.warning("mailbox can't be watched", mailbox=session.namespace.to_path(name), reason=str(error))
        self._sharing.pulses[name].turn(Condition.REFUSED, str(error))
        self._list_soon()

    def _list_soon(self) -> None:
        """Ask for the list of mailboxes in a minute: one of them may be gone, or have another place by now."""
        self._list_at = min(self._list_at, asyncio.get_running_loop().time() + _LIST_EVERY)
        self._call(_LIST_EVERY)

    async def _share_out(self) -> None:
        """Let connections begin and end so that they fit the mailboxes that are watched now."""
        watched = self._directory.watched()
        on_rounds = set(self._sharing.layout.rounds)
        await self._sharing.arrange(watched, 1 if self._tells_all else self._sharing.room)
        layout = self._sharing.layout
        if not self._tells_all or on_rounds.intersection((*layout.held, layout.lead)):
            await self._visitor.end()
        if self._announcements is not None and self._rounds is not None:
            self._announcements.tell_of(layout.rounds if self._tells_all else (), self._rounds.hear)
        self._sharing.begin()

    # What was left half done

    async def _mend_strays(self) -> bool:
        """Look for what is unfinished in mailboxes that no connection holds; tell whether anything is open there."""
        if {MailboxName(raw) for raw in await self._store.open_mailboxes(self._name)} <= self._sharing.served:
            return False
        for name, entries in (await strays(self._context, self._sharing.served, self._sharing.layout.rounds)).items():
            self._mend(name, entries)
        return True

    def _mend(self, name: MailboxName, stale: Sequence[Entry]) -> None:
        """Have entries finished by a connection of its own, while other mail goes on."""
        fresh = tuple(entry for entry in stale if entry.id not in self._context.in_repair)
        if fresh:
            self._log.info("finishing what was interrupted", mailbox=str(name), messages=len(fresh))
            self._repair(partial(replay, self._context, name, fresh), str(name))

    def _complain(self, mailbox: str, reason: str) -> None:
        self._log.warning("a rule does not work", mailbox=mailbox, reason=reason)

    def _repair(self, work: Callable[[], Awaitable[None]], what: str = "beside the watch") -> None:
        self._spawn(retried(work, self._log, Pulse(what)))

    # What it tells of itself

    def report(self, counts: Mapping[bytes, Counts]) -> tuple[MailboxReport, ...]:
        """Tell how the watched mailboxes are; `counts` are what the journal holds open, by mailbox."""
        return tuple(
            self._mailbox_report(name, pulse, counts.get(name.raw)) for name, pulse in self._sharing.pulses.items()
        )

    def _mailbox_report(self, name: MailboxName, pulse: Pulse, counts: Counts | None) -> MailboxReport:
        """A mailbox that the lead looks after is alive by the lead's connection, and can't be better than it is."""
        over = pulse if self._sharing.holds(name) else self._pulse
        over = self._visitor.pulse if over.condition.well and self._visitor.waits_in(name) else over
        return pulse.report(over, counts)

    def may_be_late(self, now: float) -> bool:
        """Whether there is anything to look into."""
        if now > self._pulse.due or now > self._door.promise.due or self._beside:
            return True
        return now > self._visitor.pulse.due or self._sharing.may_be_late(now)

    def late(self, now: float) -> Iterator[str]:
        """Tell what has not kept its promise."""
        promises = (self._pulse, self._door.promise, self._visitor.pulse, *self._sharing.pulses.values(), *self._beside)
        yield from filter(None, (promise.broken(now) for promise in promises if now > promise.due))
        yield from (f"{name}: nobody looks after it" for name in self._sharing.deserted())


def _now() -> datetime:
    return datetime.now(UTC)
