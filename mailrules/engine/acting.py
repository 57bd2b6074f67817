"""Carries out journalled batches one behind the other: while one is answered, the next is read and decided.

What has ended is recorded in the transaction that begins the next batch, and at the end by itself. Until then it stays
begun in the journal: a crash between leaves it to ``recovery``, which looks before it does anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.drafting import is_shareable
from mailrules.engine.executor import Executor
from mailrules.engine.flights import Work
from mailrules.engine.journal import conclude
from mailrules.engine.recovery import replay
from mailrules.imap import MailboxName, SelectedMailbox
from mailrules.store import Entry, EntryState
from mailrules.values import value

__all__ = ["Acting"]

_NOBODY: frozenset[int | None] = frozenset()
_UNDER_WAY = 2
"""Batches whose answers are awaited at the same time; who brings a third waits for the first."""


@value(frozen=True, slots=True)
class _Batch:
    works: Sequence[Work]
    task: asyncio.Task[None]


class Acting:
    """What is under way in one mailbox, which the session has selected."""

    def __init__(
        self, context: AccountContext, session: Session, name: MailboxName, report: Callable[[Sequence[Entry]], None]
    ) -> None:
        """``report`` is told of the entries that have ended, once they are on disk."""
        self._context = context
        self._session = session
        self._name = name
        self._report = report
        self._under_way: list[_Batch] = []
        self._ended: list[Entry] = []
        self._unclear = self._mine = _NOBODY

    async def begin(self, entries: Iterable[Entry], selected: SelectedMailbox, rest: Callable[[], object]) -> None:
        """Send what journalled entries ask for; return without the answers.

        ``rest`` is called when the last command has been submitted. Meanwhile nobody else takes the entries for what a
        crash has left. Raises what ended an earlier batch: NetworkError, StateError.
        """
        works = self._works(entries, selected)
        if not works:
            return
        while len(self._under_way) >= _UNDER_WAY:
            await self._oldest()
        mine = {work.entry.id for work in works}
        self._mine |= mine
        self._context.in_repair.update(mine)
        executor = Executor(self._session, self._context.directory, rest=rest, relowered=self._relowered)
        self._under_way.append(_Batch(works, asyncio.create_task(executor.run(works))))
        await asyncio.sleep(0)  # now the commands are submitted

    def ended(self) -> Sequence[Entry]:
        """Take the entries that are to be recorded now; tell by `settled` when that is done."""
        while self._under_way and self._under_way[0].task.done() and not _failure(self._under_way[0].task):
            self._conclude()
        ended, self._ended = self._ended, []
        return ended

    def settled(self, ended: Sequence[Entry]) -> None:
        """Tell what became of these entries, which are on disk now; those that nobody can tell of are looked for."""
        unclear = tuple(entry for entry in ended if entry.id in self._unclear) if self._unclear else ()
        self._release([entry.id for entry in ended])
        self._report([entry for entry in ended if entry.state is not EntryState.BEGUN])
        if unclear:
            self._unclear = self._unclear.difference(entry.id for entry in unclear) or _NOBODY
            self._context.spawn(partial(replay, self._context, self._name, unclear))

    async def finish(self) -> None:
        """Wait for all that is under way, and record it. Raises what ended a batch; what was answered counts."""
        failure: BaseException | None = None
        try:
            while self._under_way:
                try:
                    await self._oldest()
                except asyncio.CancelledError as cancelled:
                    self.cancel()
                    failure = cancelled
                except Exception as error:  # noqa: BLE001 - whatever it is, the others are waited for first
                    failure = failure or error
            if ended := self.ended():
                await self._context.store.record(ended, now=self._context.now())
                self.settled(ended)
        finally:
            self._release(tuple(self._mine))
        if failure is not None:
            raise failure

    def cancel(self) -> None:
        """Send nothing more, and wait for no answer."""
        for batch in self._under_way:
            batch.task.cancel()

    def _works(self, entries: Iterable[Entry], selected: SelectedMailbox) -> Sequence[Work]:
        shareable: dict[int, bool] = {}  # by the identity of their steps, which those of one plan share
        works: list[Work] = []
        for entry in entries:
            if entry.state is EntryState.BEGUN:
                steps = entry.steps
                if id(steps) not in shareable:
                    shareable[id(steps)] = is_shareable(self._context, steps, selected)
                works.append(Work(entry, list(steps), shareable[id(steps)]))
        return works

    async def _oldest(self) -> None:
        await asyncio.wait([self._under_way[0].task])
        if failure := self._conclude():
            raise failure

    def _conclude(self) -> BaseException | None:
        """Take the oldest batch, which has come to its end, for what it was answered."""
        batch = self._under_way.pop(0)
        now = self._context.now()
        concluded = [conclude(work, now) for work in batch.works]
        self._ended += concluded
        failure = _failure(batch.task)
        if failure is None and not batch.task.cancelled():
            self._unclear |= {entry.id for entry in concluded if entry.state is EntryState.BEGUN}
        return failure

    def _release(self, ids: Iterable[int | None]) -> None:
        released = set(ids)
        self._mine = self._mine - released or _NOBODY
        self._context.in_repair.difference_update(released)

    async def _relowered(self, work: Work) -> None:
        now = self._context.now()
        await self._context.store.record([conclude(work, now)], now=now)


def _failure(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()
