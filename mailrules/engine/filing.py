"""One watched mailbox: brings each new message to the path once, and pending ones again when they are due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import field, replace
from datetime import datetime

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.ahead import Reader
from mailrules.engine.answers import retry_after
from mailrules.engine.caution import careful_fetch, select_and_fetch
from mailrules.engine.deciding import Decision
from mailrules.engine.journal import held
from mailrules.engine.limits import release
from mailrules.engine.process import Path
from mailrules.engine.reading import Fetched, validity, windows
from mailrules.engine.reviving import in_place_of, retaken, revived, without_steps
from mailrules.engine.shown import Shown
from mailrules.engine.starting import Renumbered, start
from mailrules.imap import UID, MailboxName, MessageData, SelectedMailbox, UIDSet
from mailrules.rules import Ruleset
from mailrules.store import Arrivals, Awaited, Checkpoint, Entry, EntryState, Own, Seen
from mailrules.values import value

__all__ = ["Filing"]

_SETTLE = 5.0
"""Seconds to wait for the answer to a copy or move that may explain an arrival."""


@value(slots=True)
class _Batch:
    """Messages that are decided by the same rules, and acted on together."""

    ruleset: Ruleset
    messages: list[Fetched] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    aside: list[Entry] = field(default_factory=list)


class Filing:
    """One mailbox on one signed-in session that has nothing else selected."""

    def __init__(self, context: AccountContext, session: Session, name: MailboxName) -> None:
        self._context = context
        self._session = session
        self._name = name
        self._path = Path(context, session, name)
        self._checkpoint: Checkpoint | None = None
        self._unhandled = 0
        self._mark = 0
        self._shown = Shown()
        self._ahead: Sequence[Fetched] = ()
        """All that is new, if it came together with SELECT."""
        self._asked: Collection[str] = ()
        """The header fields that it was asked for."""
        self.handled: datetime | None = None
        """When the last new message was handled, in this session."""

    async def start(self, uidnext: int | None = None) -> None:
        """SELECT the mailbox and find where to go on. Raises Refused if it can't be selected.

        With the ``uidnext`` that somebody has told of, what is new is fetched in the same flight.
        """
        await release(self._context)
        self._shown.forget()
        old = await self._context.store.checkpoint(self._context.name, self._name.raw) if uidnext else None
        if old is not None and uidnext is not None and old.uid + 1 < uidnext:
            self._asked = self._context.rules().header_fields
            selected, self._ahead = await select_and_fetch(self._context.caution, self._session, old, self._asked)
        else:
            selected, self._ahead = await self._session.select(self._name), ()
        begin = await start(self._context, self._session, self._name, selected)
        if begin.checkpoint != old:
            self._ahead = ()
        self._checkpoint = begin.checkpoint
        if begin.renumbered is not None:
            await self._cross_over(begin.renumbered)
        ahead = max(0, (selected.uidnext or 0) - 1 - begin.checkpoint.uid)
        self._mark, self._unhandled = selected.arrived, min(selected.exists, ahead)

    @property
    def news(self) -> bool:
        """Whether messages have come since the last UID FETCH was sent."""
        selected = self._session.connection.selected
        return selected is not None and selected.arrived > self._mark

    @property
    def reached(self) -> int:
        """The UID up to which all is handled."""
        return self._started.uid

    @property
    def renumbered(self) -> bool:
        """Whether its UIDs are others than at `start`, which is due again before anything is handled."""
        return validity(self._path.selected) != self._started.uidvalidity

    def goes_on_in(self, selected: SelectedMailbox) -> bool:
        """Go on without a new `start` in the mailbox as SELECT has just found it again; False if its UIDs are others.

        Whoever calls this knows by its UIDNEXT that nothing has come.
        """
        if self.renumbered:
            return False
        self._mark = selected.arrived
        return True

    def expect(self, fields: Collection[str]) -> None:
        """From now on the server shows each new message with these header fields by itself; UID FETCH is to follow."""
        self._shown.expect(fields)

    def ask(self) -> None:
        """Have what is new asked for next, whatever was shown of it."""
        self._shown.forget()

    def hear(self, data: MessageData) -> None:
        """Take in a FETCH that answers nothing."""
        selected = self._session.selected
        if selected is not None and selected.name == self._name:
            self._shown.note(data, _moment())

    @property
    def shown(self) -> bool:
        """Whether the server has shown all messages that have come, so that nobody has to ask for them."""
        count = self._path.selected.arrived - self._mark
        return count > 0 and self._shown.are(self._started.uid, count)

    @property
    def backlog(self) -> int:
        """How many messages have been seen and are not handled yet; those that nobody has looked at are estimated."""
        selected = self._session.selected
        if selected is None or selected.name != self._name:
            return self._unhandled
        return self._unhandled + max(0, selected.arrived - self._mark)

    async def next_due(self) -> datetime | None:
        """When the first pending message of this mailbox is to be tried again."""
        return await self._context.store.next_due(self._context.name, self._name.raw)

    def falls_due(self, due: datetime | None) -> bool:
        """Whether it is known, without a word to the database, that ``next_due`` is still this one."""
        return self._context.store.falls_due(self._context.name, self._name.raw, due)

    async def handle_new(self, rest: Callable[[], object]) -> None:
        """Take every message above the checkpoint through the path: UID FETCH (ending IDLE) is the first flight.

        What is known already is not asked for; IDLE goes on then until there is something to do. ``rest`` is called
        with the last flight, so that IDLE leaves in the same write. Raises NetworkError when the connection is lost;
        the journal knows what was begun.
        """
        if known := self._known():
            self._unhandled = len(known)
            await self._take(known, rest)
            self._unhandled = 0
            self._rest(rest)
            return
        expected = self.backlog
        self._mark = self._path.selected.arrived
        self._shown.forget()
        after = self._started.uid
        reader = Reader(self._session, self._name, self._context.caution, self._context.rules)
        async with self._path.at_work(), aclosing(reader.all_after(after, expected)) as windows:
            batch: _Batch | None = None
            async for window in windows:
                batch = batch or _Batch(window.ruleset)
                await self._decide(batch, [message for message in window.messages if message.uid > after])
                self._unhandled = len(batch.messages) + window.left
                if window.ends_batch:
                    await self._act(batch, rest if window.last else _nothing)
                    batch = None
                    if not window.last:  # else they are under way until the end of the block
                        self._unhandled = window.left
        self._unhandled = 0
        self._rest(rest)

    async def retry_due(self, rest: Callable[[], object]) -> None:
        """Carry out pending messages again whose time has come, if they are still there and still the same.

        Those that recovery has in hand are left to it.
        """
        now = self._context.now()
        pending = await self._context.store.due(self._context.name, self._name.raw, now)
        due = [entry for entry in pending if entry.id not in self._context.in_repair]
        if not due:
            return
        found = {message.uid: message for message in await self._fetch(UIDSet(UID(entry.uid) for entry in due))}
        era, rules = validity(self._path.selected), self._context.rules()
        met, others = without_steps([revived(entry, found.get(entry.uid), era, rules) for entry in due])
        await self._context.store.record(others, now=now)
        self._path.let_go(others)
        await self._path.execute([entry for entry in others if entry.steps], lambda: self._rest(rest))
        await self._meet_again(met, found, rest)
        self._rest(rest)

    async def take_up(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Try again what a person wants to be tried again, held or pending, as if it were new; due or not.

        The mailbox need not be watched: it is selected here. What has no steps is met by the rules; return what has,
        begun: recovery is to finish it, which looks before anything is done twice. Raises Refused.
        """
        selected = await self._session.select(self._name)
        known = await self._context.store.checkpoint(self._context.name, self._name.raw)
        self._checkpoint = known if known and known.uidvalidity == validity(selected) else None
        now = self._context.now()
        found = {
            message.uid: message
            for uids in windows(sorted({entry.uid for entry in entries}))
            for message in await self._fetch(uids)
        }
        era, rules = validity(selected), self._context.rules()
        again = [retaken(entry, found.get(entry.uid), era, rules) for entry in entries]
        met, others = without_steps([replace(entry, attempts=0, retried=now) for entry in again])
        await self._context.store.record(others, now=now)
        await self._meet_again(met, found, _nothing)
        return tuple(entry for entry in others if entry.state is EntryState.BEGUN)

    async def _meet_again(
        self, entries: Sequence[Entry], found: Mapping[int, Fetched], rest: Callable[[], object]
    ) -> None:
        """Bring the messages of these earlier entries to the path as if they had just come."""
        if entries:
            era = validity(self._path.selected)
            copied = await self._context.store.copied(self._context.name, self._name.raw, era)
            await self._take([found[uid] for uid in sorted({entry.uid for entry in entries})], rest, copied, entries)

    async def _cross_over(self, found: Renumbered) -> None:
        """Settle what new UIDs leave, all in one batch: the new checkpoint stands for all of it."""
        if found.doubtful:
            reason = "the mailbox was renumbered, and it may have been handled before"
            await self._path.set_aside(found.doubtful, lambda entry: held(entry, reason))
        messages = [message for uids in windows(found.new) for message in await self._fetch(uids)]
        await self._take(messages, _nothing)
        # A batch moves no checkpoint back. Should we not get here, its messages are known by their fingerprints.
        await self._context.store.set_checkpoint(self._started)

    def _known(self) -> Sequence[Fetched]:
        """Take what need not be asked for: all that came together with SELECT, or what the server has shown since."""
        ahead, self._ahead = self._ahead, ()
        fields = self._context.rules().header_fields
        if ahead:
            return ahead if fields == self._asked else ()
        count = self._path.selected.arrived - self._mark
        shown = self._shown.take(self._started.uid, count, fields, _moment()) if self.shown else ()
        self._mark += len(shown)
        return shown

    async def _fetch(self, uids: UIDSet) -> Sequence[Fetched]:
        fields = self._context.rules().header_fields
        return await careful_fetch(self._context.caution, self._session, self._name, uids, fields)

    async def _take(
        self,
        messages: Sequence[Fetched],
        rest: Callable[[], object],
        copied: Mapping[int, frozenset[bytes]] | None = None,
        met: Sequence[Entry] = (),
    ) -> None:
        """Bring one batch to the path; ``met`` are earlier entries of its messages, in whose place others begin."""
        batch = _Batch(self._context.rules())
        await self._decide(batch, messages)
        async with self._path.at_work():
            await self._act(batch, rest, copied, met)

    async def _decide(self, batch: _Batch, messages: Sequence[Fetched]) -> None:
        """Put a window's messages to a batch, with what the rules say of them."""
        readable, unreadable = self._path.sift(messages)
        owners, others, postponed = await self._own_arrivals(readable) if readable else ({}, readable, [])
        batch.messages += messages
        batch.decisions += await self._path.evaluate(others, batch.ruleset, owners)
        batch.aside += [*unreadable, *postponed]

    async def _act(
        self,
        batch: _Batch,
        rest: Callable[[], object],
        copied: Mapping[int, frozenset[bytes]] | None = None,
        met: Sequence[Entry] = (),
    ) -> None:
        if not batch.messages:
            return
        decisions, earlier = in_place_of(met, batch.decisions, self._context.now())
        checkpoint = _advanced(self._checkpoint, batch.messages) if self._checkpoint else None
        entries = await self._path.journal(decisions, batch.ruleset, checkpoint, batch.messages, copied, batch.aside)
        self._checkpoint = checkpoint
        if earlier:
            await self._context.store.record(earlier, now=self._context.now())
            self._path.let_go(earlier)
        self._path.report_all([entry for entry in earlier if entry.state is not EntryState.GONE])
        await self._path.act(entries, lambda: self._rest(rest))
        self.handled = self._context.now()

    # Own arrivals

    async def _own_arrivals(self, messages: Sequence[Fetched]) -> tuple[dict[int, Own], list[Fetched], list[Entry]]:
        """Split off what mailrules itself put here; an arrival that an open step may explain waits for its answer.

        Own arrivals are run again only where the moving rule says ``chain``: they come back as owners. What has no
        answer in time comes back as entries that are looked at again in a minute.
        """
        seen = [message.seen() for message in messages]
        arrivals = await self._arrivals(seen)
        waiting = {entry for found in arrivals.values() if isinstance(found, Awaited) for entry in found.entries}
        if waiting:
            await self._context.store.settled(waiting, _SETTLE)
            arrivals = await self._arrivals(seen)
        owners = {uid: own for uid, own in arrivals.items() if isinstance(own, Own) and own.chain}
        doubtful = [message for message in messages if isinstance(arrivals.get(message.uid), Awaited)]
        others = [message for message in messages if message.uid not in arrivals or message.uid in owners]
        return owners, others, self._path.aside(doubtful, self._postponed)

    async def _arrivals(self, seen: Sequence[Seen]) -> Arrivals:
        era = validity(self._path.selected)
        return await self._context.store.arrivals(self._context.name, self._name.raw, era, seen)

    def _postponed(self, entry: Entry) -> Entry:
        """An open copy or move may have put the message here."""
        due = self._context.now() + retry_after(0)
        return replace(entry, state=EntryState.PENDING, due=due, reason="an open copy or move may have put it here")

    @property
    def _started(self) -> Checkpoint:
        if self._checkpoint is None:
            raise AssertionError("start() comes before everything else")
        return self._checkpoint

    def _rest(self, rest: Callable[[], object]) -> None:
        if not self._session.connection.idling:
            rest()


def _moment() -> float:
    return asyncio.get_running_loop().time()


def _advanced(checkpoint: Checkpoint, messages: Iterable[Fetched]) -> Checkpoint:
    uids = [message.uid for message in messages]
    newest = max(message.internaldate for message in messages)
    return replace(checkpoint, uid=max(checkpoint.uid, *uids), newest=max(checkpoint.newest or newest, newest))


def _nothing() -> None:
    """What is called in place of IDLE between two batches of a backlog."""
