"""The state in one SQLite file: work begun and recorded by the writer thread, and what is known of it by heart."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from sqlite3 import Connection

from mailrules.store import beginning, facts, journal, mailboxes, marking, pruning, writing
from mailrules.store.answering import Answering
from mailrules.store.base import MARKS_KEPT, USES_KEPT
from mailrules.store.database import connect
from mailrules.store.growth import Growth
from mailrules.store.known import NOTHING, Known, Opened
from mailrules.store.lease import lease, probe
from mailrules.store.origin import Origin, origin_of
from mailrules.store.values import Acted, Checkpoint, Entry, EntryState, Met, Seen
from mailrules.store.waiting import Waiting
from mailrules.store.writer import Writer

PRUNE_CHUNK = 500
"""How many entries are forgotten in one transaction, so that no batch waits behind a great clean-up."""
SHRINK_CHUNK = 1_000
"""The same where there are too many, which must go faster than others come."""


class SqliteStore(Answering):
    """The state in the file at `path`, made with its folder if it is not there.

    `connect` opens it: with `connect_to_read` it can only be read.
    """

    def __init__(self, path: Path, connect: Callable[[Path], Connection] = connect) -> None:
        self.path = path.absolute()
        self.origin = Origin.FOUND
        """What there was in the file's place before it was opened."""
        self._writer = Writer(self.path, connect)
        self._waiting = Waiting()
        self._growth = Growth()
        self._known: dict[str, Known] = {}
        """Of the accounts whose lease is held."""

    @property
    def commits(self) -> int:
        """How many transactions have changed the file since it was opened."""
        return self._writer.commits

    async def open(self) -> None:
        """Open the file. Raises StateError in all its kinds."""
        self.origin = origin_of(self.path)
        await self._writer.start()

    async def close(self) -> None:
        """Finish what was asked for and close the file."""
        await self._writer.stop()

    async def ping(self) -> None:
        """Return when the writer's thread has come to it."""
        await self._writer.read(lambda _db: None)

    @asynccontextmanager
    async def lease(self, account: str) -> AsyncIterator[None]:
        """Hold the account's lease while the block runs. Raises Locked."""
        with lease(self.path, account):
            self._known[account] = Known()
            try:
                yield
            finally:
                del self._known[account]

    def probe(self, account: str) -> None:
        """Raise Locked if another process holds the account's lease."""
        probe(self.path, account)

    async def begin(
        self,
        entries: Sequence[Entry],
        checkpoint: Checkpoint | None,
        seen: Sequence[Seen] = (),
        created: Sequence[bytes] = (),
        *,
        met: Sequence[Met] = (),
        acted: Sequence[Acted] = (),
        recorded: Sequence[Entry] = (),
        now: datetime,
    ) -> tuple[Entry, ...]:
        """Take responsibility for a batch of messages in one transaction, with which an earlier one may be recorded."""
        owner = checkpoint or next(iter(entries), None) or next(iter(met), None)
        if owner is None and (seen or created or acted):
            raise ValueError("a batch without a checkpoint and without entries belongs to no mailbox")

        in_hand = self._touch(recorded)
        known = self._known.get(owner.account) if owner is not None else None
        self._forget(known, entries, checkpoint)

        def work(db: Connection) -> tuple[Entry, ...]:
            writing.update_entries(db, recorded, now, in_hand)
            numbered = beginning.insert_entries(db, entries, now)
            if checkpoint is not None:
                mailboxes.move_checkpoint(db, checkpoint)
            if owner is not None:
                mailbox = mailboxes.mailbox_id(db, owner.account, owner.mailbox)
                mailboxes.remember_seen(db, mailbox, seen)
                mailboxes.remember_created(db, owner.account, created, now)
                marking.insert_met(db, met)
                facts.insert_acted(db, owner.account, mailbox, acted, now)
            return numbered

        def then(numbered: Sequence[Entry]) -> None:
            self._growth.add(len(entries) + len(met))
            self._recorded(recorded)
            self._forget(known, entries, checkpoint)
            if known is not None:
                known.keep(numbered)

        return await self._writer.write(work, then)

    async def record(self, entries: Sequence[Entry], *, now: datetime) -> None:
        """Write down how far these entries have come, and tell those who wait for them."""
        in_hand = self._touch(entries)
        await self._writer.write(
            partial(writing.update_entries, entries=entries, now=now, in_hand=in_hand),
            then=lambda _none: self._recorded(entries),
        )

    def _touch(self, entries: Sequence[Entry]) -> Mapping[int, Entry]:
        """Entries are about to be written again: return what is known to stand of them."""
        in_hand: dict[int, Entry] = {}
        for account in {entry.account for entry in entries} & self._known.keys():
            self._known[account].forget_opened()
            in_hand |= self._known[account].take(entries)
        return in_hand

    def _recorded(self, entries: Sequence[Entry]) -> None:
        """Entries have been written again."""
        for account in {entry.account for entry in entries} & self._known.keys():
            self._known[account].forget_opened()
            self._known[account].keep(entry for entry in entries if entry.account == account)
        self._waiting.settled(_ended(entries))

    @staticmethod
    def _forget(known: Known | None, entries: Sequence[Entry], checkpoint: Checkpoint | None) -> None:
        """A batch is about to be begun, or has been."""
        if known is not None and entries:
            known.forget_opened()
        if known is not None and checkpoint is not None:
            known.forget_checkpoint(checkpoint.mailbox)

    async def _opened(self, account: str, mailbox: bytes) -> Opened | None:
        """What the mailbox has open; None if the account's lease is not held, so that only the database knows."""
        known = self._known.get(account)
        if known is None:
            return None
        ask = partial(self._writer.read, partial(journal.read_opened, account=account))
        return (await known.opened(ask)).get(mailbox, NOTHING)

    async def unfinished(self, account: str, mailbox: bytes) -> tuple[Entry, ...]:
        """Return the mailbox's BEGUN entries."""
        opened = await self._opened(account, mailbox)
        if opened is not None and not opened.begun:
            return ()
        return await self._writer.read(partial(journal.read_begun, account=account, mailbox=mailbox))

    async def due(self, account: str, mailbox: bytes, now: datetime) -> tuple[Entry, ...]:
        """Return the mailbox's PENDING entries whose time has come."""
        opened = await self._opened(account, mailbox)
        if opened is not None and (opened.due is None or opened.due > now):
            return ()
        return await self._writer.read(partial(journal.read_due, account=account, mailbox=mailbox, now=now))

    async def next_due(self, account: str, mailbox: bytes) -> datetime | None:
        """Return when the mailbox's first PENDING entry falls due."""
        opened = await self._opened(account, mailbox)
        if opened is not None:
            return opened.due
        return await self._writer.read(partial(journal.read_next_due, account=account, mailbox=mailbox))

    def falls_due(self, account: str, mailbox: bytes, due: datetime | None) -> bool:
        """Whether it is known by heart that `next_due` would return this."""
        known = self._known.get(account)
        return known is not None and known.falls_due(mailbox, due)

    async def hasten(self, account: str, reasons: Collection[str], now: datetime) -> None:
        """Let the account's PENDING entries with these reasons fall due now."""
        work = partial(journal.hasten, account=account, reasons=reasons, now=now)
        known = self._known.get(account)
        if known is None:
            await self._writer.write(work)
        else:
            known.forget_opened()
            await self._writer.write(work, then=lambda _none: known.forget_opened())

    async def settled(self, entry_ids: Collection[int], within: float) -> bool:
        """Wait until none of these entries is BEGUN, at most `within` seconds."""
        with self._waiting.waiter(entry_ids) as waiter:
            waiter.only(await self._writer.read(partial(journal.still_begun, entry_ids=entry_ids)))
            try:
                async with asyncio.timeout(within):
                    await waiter.wait()
            except TimeoutError:
                return False
        return True

    async def prune(
        self, before: datetime, *, now: datetime, marks: timedelta = MARKS_KEPT, octets: int | None = None
    ) -> int:
        """Forget what finished before this time, what counts no more and what is too much, chunk by chunk."""
        await self._writer.write(partial(journal.prune_created, before=before))
        await self._prune(partial(marking.prune_met, before=now - marks, limit=PRUNE_CHUNK))
        await self._prune(partial(facts.prune_acted, before=now - USES_KEPT, limit=PRUNE_CHUNK))
        pruned = await self._prune(partial(journal.prune_chunk, before=before, limit=PRUNE_CHUNK))
        if octets is not None and await self._writer.read(pruning.history_octets) > octets:
            pruned += await self._shrink(octets * 9 // 10)
        return pruned

    async def _shrink(self, octets: int) -> int:
        pruned = 0
        while any(went := await self._writer.write(partial(pruning.forget_oldest, octets=octets, limit=SHRINK_CHUNK))):
            pruned += went[0]
        return pruned

    async def grown(self, rows: int) -> None:
        """Return when so many more entries and marks have been written."""
        await self._growth.reaches(rows)

    async def _prune(self, forget_chunk: Callable[[Connection], int]) -> int:
        pruned = 0
        while chunk := await self._writer.write(forget_chunk):
            pruned += chunk
        return pruned

    async def checkpoint(self, account: str, mailbox: bytes) -> Checkpoint | None:
        """Return the mailbox's checkpoint."""
        ask = partial(self._writer.read, partial(mailboxes.read_checkpoint, account=account, mailbox=mailbox))
        known = self._known.get(account)
        return await (ask() if known is None else known.checkpoint(mailbox, ask))

    async def set_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Put the checkpoint where the caller says."""
        known = self._known.get(checkpoint.account)
        self._forget(known, (), checkpoint)
        await self._writer.write(
            partial(mailboxes.put_checkpoint, checkpoint=checkpoint),
            then=lambda _none: self._forget(known, (), checkpoint),
        )


def _ended(entries: Sequence[Entry]) -> list[int]:
    return [entry.id for entry in entries if entry.state is not EntryState.BEGUN and entry.id is not None]
