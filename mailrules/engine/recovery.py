"""What a crash or a lost connection left begun: looked at in source and target, then finished, exactly once.

Rules of the file:

- STORE and UID EXPUNGE are simply done again; a COPY or MOVE whose answer was not seen never is.
- A server goes on with a command after its client is gone. Where a message was not found in the target,
  two looks a grace period apart must agree before anything is sent.
- What can't be decided is held, and the message stays.

It works on a session of its own, so that new mail does not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from mailrules.client import NetworkError, Session, SignInFailed
from mailrules.engine.account import AccountContext
from mailrules.engine.executor import Executor
from mailrules.engine.flags import store_command
from mailrules.engine.flights import Work
from mailrules.engine.journal import Paths, conclude, outcome_in
from mailrules.engine.looking import Bare, Look, look, settle_by
from mailrules.engine.reading import validity
from mailrules.engine.stale import OUTDATED, is_outdated
from mailrules.engine.undone import NOT_BACK, leading
from mailrules.imap import UID, MailboxName, ProtocolError, Refused, StoreMode, UIDSet, UidStore
from mailrules.store import Entry, EntryState, StateError, StepKind, StepState

__all__ = ["finish_all_begun", "finish_begun", "in_turn", "replay", "replay_once"]

_LOOKS = 12
"""How often a changing pair of mailboxes is looked at before its messages are held."""
_TOGETHER = 8
"""After so many attempts a message goes by itself: it may be what ends the connection."""
_ATTEMPTS = 50
"""How often a message's steps are tried, retries and lost connections together, before it is held."""
_LOOKED_FOR = 60
"""How often it may fail even to be looked for, before it is held without a look."""
_SHORTEST_WAIT = 1.0
_LONGEST_WAIT = 300.0
_NO_HAMMERING = 60.0
"""Seconds before a sign-in that was refused is tried again."""


async def replay(context: AccountContext, name: MailboxName, entries: Sequence[Entry]) -> None:
    """Finish begun entries of one mailbox; tries again for as long as they stay begun.

    Entries that are in another replay's hands are left to it: two would do the same steps twice.
    While they are in these hands a retry that falls due leaves them alone.
    """
    ids = {entry.id for entry in entries} - context.in_repair
    context.in_repair.update(ids)
    wait = 0.0
    try:
        while begun := await _begun(context, name, ids):
            await asyncio.sleep(wait)
            wait = min(max(2 * wait, context.grace, _SHORTEST_WAIT), _LONGEST_WAIT)
            try:
                await replay_once(context, name, begun)
            except SignInFailed:
                wait = max(wait, _NO_HAMMERING)
            except (NetworkError, Refused, ProtocolError, StateError):
                pass
    finally:
        context.in_repair.difference_update(ids)


async def replay_once(context: AccountContext, name: MailboxName, entries: Sequence[Entry]) -> None:
    """Finish begun entries of one mailbox. Raises NetworkError, SignInFailed, Refused; then they stay begun.

    So does one whose move is refused while something else comes into its target: it needs another look. What has
    failed often goes by itself, so that it is no trouble of the others.
    """
    entries = await in_turn(context, entries)
    together = [entry for entry in entries if entry.attempts < _TOGETHER]
    alone = [[entry] for entry in entries if entry.attempts >= _TOGETHER]
    groups = [group for group in (together, *alone) if group]
    refused: Refused | None = None
    if groups:
        async with context.open_session() as session:
            for group in groups:
                try:
                    await _Replay(context, session, name).run(group)
                except Refused as error:
                    refused = error
    if refused is not None:
        raise refused


async def finish_begun(context: AccountContext, name: MailboxName) -> None:
    """Finish what an earlier run left begun in a mailbox; for whoever works on the account alone. Raises as above."""
    await replay_once(context, name, await context.store.unfinished(context.name, name.raw))


async def finish_all_begun(context: AccountContext) -> None:
    """Finish what was left begun in all mailboxes, in a second round what had to wait for the first.

    What a mailbox is refused for stays begun. Raises NetworkError, SignInFailed.
    """
    for _ in range(2):
        for raw in await context.store.open_mailboxes(context.name):
            with suppress(Refused):
                await finish_begun(context, MailboxName(raw))


async def in_turn(context: AccountContext, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Leave out the copies that an undo takes away while their message may still come back; let them be if it can't."""
    leads = await leading(context.store, entries)
    is_now: dict[int | None, EntryState] = {id_: lead.state for id_, lead in leads.items()}
    kept = [entry for entry in entries if is_now.get(entry.id) in {EntryState.GONE, EntryState.HELD}]
    if kept:
        ended = [replace(entry, state=EntryState.GONE, reason=NOT_BACK) for entry in kept]
        await context.store.record(ended, now=context.now())
    return [entry for entry in entries if is_now.get(entry.id, EntryState.DONE) is EntryState.DONE]


async def _begun(context: AccountContext, name: MailboxName, ids: set[int | None]) -> Sequence[Entry]:
    """Read those of the entries that are still begun, and let go of the others: a retry is the watcher's."""
    begun = [entry for entry in await context.store.unfinished(context.name, name.raw) if entry.id in ids]
    settled = ids - {entry.id for entry in begun}
    ids -= settled
    context.in_repair.difference_update(settled)
    return begun


class _Replay:
    def __init__(self, context: AccountContext, session: Session, name: MailboxName) -> None:
        self._context = context
        self._session = session
        self._name = name

    async def run(self, entries: Sequence[Entry]) -> None:
        """Look, decide, execute and record."""
        works = [
            Work(replace(entry, attempts=entry.attempts + 1), list(entry.steps), shareable=False) for entry in entries
        ]
        if works[0].entry.attempts > _LOOKED_FOR:
            await self._hold(works, f"given up after {_ATTEMPTS} attempts")
            return
        await self._record(works)
        try:
            await self._session.select(self._name)
        except Refused as refused:
            if await self._session.find(self._name) is not None:
                raise
            await self._hold(works, f"its mailbox is gone: {refused}")
            return
        seen = await self._look_until_certain(works)
        for bare in seen.bare:
            await self._give_flags_back(bare)
        await self._session.select(self._name)
        await self._execute(works, seen)

    async def _hold(self, works: Sequence[Work], reason: str) -> None:
        for work in works:
            work.finish(EntryState.HELD, reason)
        await self._record(works)
        self._report(works)

    async def _look_until_certain(self, works: Sequence[Work]) -> Look:
        """Settle what the looks decide; the rest of the steps are left to be sent. Return the last look."""
        seen = await self._look(works)
        for _ in range(_LOOKS):
            if not any(seen.is_open(work) for work in works):
                break
            await asyncio.sleep(self._context.grace)
            before, seen = seen, await self._look(works)
            if before == seen:
                break
        else:
            for work in works:
                if seen.is_open(work):
                    work.finish(EntryState.HELD, "its source or target kept changing while it was looked for")
        can_expunge = "UIDPLUS" in self._session.capabilities
        settle_by(seen, [work for work in works if work.verdict is None], can_expunge=can_expunge)
        self._leave_outdated(seen, [work for work in works if work.verdict is None and not work.finished])
        for work in works:
            if work.verdict is None and not work.finished and work.entry.attempts > _ATTEMPTS:
                work.finish(EntryState.HELD, f"given up after {_ATTEMPTS} attempts")
        return seen

    def _leave_outdated(self, seen: Look, works: Iterable[Work]) -> None:
        for work in works:
            entry = replace(work.entry, steps=tuple(work.steps))
            if seen.has(work) and is_outdated(entry, seen.flags[entry.uid], self._context.rules()):
                work.finish(EntryState.GONE, OUTDATED)

    async def _look(self, works: Sequence[Work]) -> Look:
        return await look(self._context, self._session, self._name, works)

    async def _execute(self, works: Sequence[Work], seen: Look) -> None:
        async def relowered(work: Work) -> None:
            await self._record([work])

        executor = Executor(self._session, self._context.directory, rest=lambda: None, relowered=relowered)
        try:
            # What is held is touched once more, to put flags back, only where its UID surely names its message.
            sure = [work for work in works if work.verdict is None or seen.has(work)]
            await executor.run([work for work in sure if not _moved_without_flags(work)])
            for work in works:
                if _moved_without_flags(work):
                    await self._store_in_target(work)
        finally:
            await self._record(works)
            self._report(works)

    async def _give_flags_back(self, bare: Bare) -> None:
        """Before the originals are removed, which are all that knows these flags; a server may keep none there."""
        try:
            if validity(await self._session.select(MailboxName(bare.target))) == bare.uidvalidity:
                for uids in UIDSet(map(UID, bare.uids)).chunks():
                    await self._session.connection.submit(UidStore(uids, StoreMode.ADD, bare.flags))
        except Refused:
            pass

    async def _store_in_target(self, work: Work) -> None:
        """The move is done and its flags are not: they are set where the message is now (COPYUID told its UID)."""
        moved = next(step for step in work.steps if step.kind is StepKind.MOVE)
        if moved.target is None or moved.target_uid is None:
            work.finish(EntryState.DONE, "moved, but its flags could not be set: the server did not tell its new UID")
            return
        uids = UIDSet([UID(moved.target_uid)])
        try:
            opened = await self._session.select(MailboxName(moved.target))
            if validity(opened) != moved.target_uidvalidity:
                work.finish(EntryState.DONE, "moved, but its flags could not be set: its mailbox was made anew since")
                return
            for index, step in enumerate(work.steps):
                if step.kind is StepKind.STORE_FLAGS and step.state is not StepState.DONE:
                    await self._session.connection.submit(store_command(step, uids))
                    work.settle(index, StepState.DONE)
        except Refused as refused:
            work.finish(EntryState.DONE, f"moved, but its flags could not be set: {refused}")
        else:
            work.finish(EntryState.DONE)

    async def _record(self, works: Iterable[Work]) -> None:
        now = self._context.now()
        await self._context.store.record([conclude(work, now) for work in works], now=now)

    def _report(self, works: Iterable[Work]) -> None:
        paths, now = Paths(self._session.namespace), self._context.now()
        for work in works:
            if work.verdict is not None:
                self._context.report(outcome_in(paths, conclude(work, now)))


def _moved_without_flags(work: Work) -> bool:
    return work.verdict is None and work.moved and not work.finished
