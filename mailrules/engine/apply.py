"""The rules over mail that is there already: the same path, without waiting for anything new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import field, replace
from enum import Enum
from functools import partial
from itertools import chain

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.ahead import Reader
from mailrules.engine.deciding import Decision
from mailrules.engine.limits import Waiting
from mailrules.engine.outcome import Outcome
from mailrules.engine.process import Path
from mailrules.engine.reading import Fetched, fetch, validity
from mailrules.engine.recovery import finish_begun
from mailrules.engine.stale import changed
from mailrules.imap import UID, MailboxName, UIDSet
from mailrules.store import Checkpoint, Entry, EntryState
from mailrules.values import value

__all__ = ["ApplyMode", "ApplySummary", "apply"]


class ApplyMode(Enum):
    """Whether the mailbox is changed."""

    DO = "do"
    DRY_RUN = "dry run"


@value(frozen=True, slots=True)
class ApplySummary:
    """What came out of one mailbox."""

    messages: int
    """How many were looked at."""
    matched: Mapping[str, int]
    """How many messages each rule matched."""
    done: int
    pending: int
    held: int
    left: Mapping[str, int] = field(default_factory=dict)
    """How many messages each rule left where they are, since it has reached its limit."""


async def apply(
    context: AccountContext,
    session: Session,
    name: MailboxName,
    *,
    mode: ApplyMode,
    progress: Callable[[int, int], None],
) -> ApplySummary:
    r"""Run the rules over every message of a mailbox that is not marked \Deleted.

    A dry run opens the mailbox by EXAMINE and changes nothing; its outcomes are reported as observed.
    ``progress`` is told how many of how many messages are through. A copy that the journal knows
    as made is not made again, and what an earlier run left begun is finished first. Raises Refused if
    the mailbox can't be opened, NetworkError.
    """
    if mode is ApplyMode.DO:
        await finish_begun(context, name)
    unknown: dict[int, tuple[str, ...]] = {}
    path = Path(_telling(context, unknown), session, name)
    selected = await (session.select(name) if mode is ApplyMode.DO else session.examine(name))
    busy = await context.store.open_uids(context.name, name.raw, validity(selected))
    return await _Application(path, mode, busy, unknown).run(selected.exists, progress)


class _Application:
    def __init__(self, path: Path, mode: ApplyMode, busy: Collection[int], unknown: dict[int, tuple[str, ...]]) -> None:
        self._path = path
        path.ended = self._count
        self._mode = mode
        self._busy = busy
        self._unknown = unknown
        self._ruleset = path.context.rules()
        self._decisions: list[Decision] = []
        self._aside: list[Entry] = []
        self._matched: Counter[str] = Counter()
        self._states: Counter[EntryState] = Counter()
        self._left: Counter[str] = Counter()

    async def run(self, exists: int, progress: Callable[[int, int], None]) -> ApplySummary:
        """Fetch and decide a window at a time, and act on several windows together while the next ones are read."""
        looked = await self._look(exists, progress) if exists else 0
        states = self._states
        return ApplySummary(
            looked,
            dict(self._matched),
            states[EntryState.DONE],
            states[EntryState.PENDING],
            states[EntryState.HELD],
            dict(self._left),
        )

    async def _look(self, exists: int, progress: Callable[[int, int], None]) -> int:
        path = self._path
        looked = highest = 0
        reader = Reader(path.session, path.name, path.context.caution, lambda: self._ruleset)
        async with path.at_work(), aclosing(reader.all_after(0, exists)) as windows:
            async for window in windows:
                self._decisions += await self._decide(window.messages)
                looked += len(window.messages)
                highest = max([highest, *(message.uid for message in window.messages[-1:])])
                progress(looked, looked + window.left)
                if self._mode is ApplyMode.DRY_RUN:
                    self._report()
                elif window.ends_batch:
                    await self._act(highest)
        return looked

    async def _decide(self, messages: Sequence[Fetched]) -> Sequence[Decision]:
        readable, unreadable = self._path.sift(messages)
        self._aside += unreadable
        free = [message for message in readable if message.uid not in self._busy]
        found = await self._path.evaluate(free, self._ruleset, {})
        self._unknown |= {one.message.uid: one.verdict.unknown for one in found if one.verdict.unknown}
        return found

    def _count(self, entries: Sequence[Entry]) -> None:
        others = [entry.state for entry in entries if entry.state is not EntryState.DONE]
        self._states[EntryState.DONE] += len(entries) - len(others)
        self._states.update(others)

    def _report(self) -> None:
        for decision in self._taken():
            if decision.verdict.plan or decision.verdict.error:
                self._path.report_observed(decision)

    async def _act(self, highest: int) -> None:
        path, context = self._path, self._path.context
        era = validity(path.selected)
        await self._decide_anew(await changed(path.session, self._decisions))
        decisions = self._taken()
        copied = None
        if any(decision.verdict.plan.copies for decision in decisions):
            copied = await context.store.copied(context.name, path.name.raw, era)
        checkpoint = await context.store.checkpoint(context.name, path.name.raw)
        entries = await path.journal(
            decisions,
            self._ruleset,
            _raised(checkpoint, era, highest),
            [decision.message for decision in decisions],
            copied,
            self._aside,
            partial(self._leave, checkpoint if checkpoint and checkpoint.uidvalidity == era else None),
        )
        self._aside.clear()
        await path.act(entries, lambda: None)

    def _leave(self, checkpoint: Checkpoint | None, uid: int, waiting: Waiting) -> bool:
        """Leave what is over a rule's limit to another run, unless it is new mail: that would have waited too."""
        if checkpoint is not None and uid > checkpoint.uid:
            return False
        self._left[waiting.rule] += 1
        return True

    async def _decide_anew(self, outdated: Sequence[Decision]) -> None:
        """Ask the rules once more: the checkpoint may pass these messages, and then nobody else would."""
        if outdated:
            gone = {decision.message.uid for decision in outdated}
            kept = [decision for decision in self._decisions if decision.message.uid not in gone]
            uids = UIDSet(UID(uid) for uid in gone)
            again = await self._decide(await fetch(self._path.session, uids, self._ruleset.header_fields))
            self._decisions = sorted([*kept, *again], key=lambda decision: decision.message.uid)

    def _taken(self) -> Sequence[Decision]:
        """Take what has been decided, and count it."""
        taken, self._decisions = self._decisions, []
        self._matched.update(chain.from_iterable([decision.verdict.matched for decision in taken]))
        return taken


def _telling(context: AccountContext, unknown: Mapping[int, tuple[str, ...]]) -> AccountContext:
    """The context whose outcomes name the rules, by UID, that stayed unknown: the journal does not keep them."""

    def report(outcome: Outcome) -> None:
        context.report(replace(outcome, unknown=unknown[outcome.uid]) if outcome.uid in unknown else outcome)

    return replace(context, report=report)


def _raised(checkpoint: Checkpoint | None, uidvalidity: int, highest: int) -> Checkpoint | None:
    """Where new mail begins for the daemon afterwards: it must not run the same rules on these messages again."""
    if checkpoint is None or checkpoint.uidvalidity != uidvalidity:
        return None
    return replace(checkpoint, uid=max(checkpoint.uid, highest))
