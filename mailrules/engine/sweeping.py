"""Scheduled rules over one mailbox: the server searches, and what it finds takes the path of all messages.

What its watcher is about is left to it: new mail, above the checkpoint, and what the journal has open or holds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import field, replace
from datetime import datetime
from enum import Enum
from functools import partial
from itertools import accumulate

from mailrules.client import ClientError, Session
from mailrules.engine import reading
from mailrules.engine.account import AccountContext
from mailrules.engine.ahead import Reader
from mailrules.engine.apply import ApplyMode
from mailrules.engine.deciding import Decision
from mailrules.engine.limits import Waiting
from mailrules.engine.narrowing import narrowed
from mailrules.engine.process import Path
from mailrules.engine.reading import Fetched, uids_in, validity, windows
from mailrules.engine.recovery import replay
from mailrules.engine.stale import changed
from mailrules.imap import ImapError, MailboxName, Refused, SearchProgram, UIDSet, search
from mailrules.rules import Rule, Ruleset
from mailrules.store import Awaited, Entry, EntryState, StateError
from mailrules.values import value

__all__ = ["Extent", "NotOpened", "Outdated", "Reach", "Swept", "sweep"]


class Outdated(Exception):
    """The rules have changed while they ran."""


class Reach(Enum):
    """Which mail of a mailbox scheduled rules run over."""

    HANDLED = "what its watcher has handled"
    ALL = "all that is there, where nobody watches"


@value(frozen=True, slots=True)
class Extent:
    """How much of a mailbox is looked at."""

    reach: Reach = Reach.HANDLED
    after: int = 0
    """A UID; what comes behind it is looked at."""
    most: int | None = None
    """How many windows, before the rest of the mailbox is left for another call."""


_ALL_OF_IT = Extent()


class NotOpened(Exception):
    """The mailbox can't be opened; `refused` is what the server said."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(str(refused))
        self.refused = refused


@value(frozen=True, slots=True)
class Swept:
    """What came out of one mailbox, or of several."""

    looked_at: Counter[str] = field(default_factory=Counter)
    """How many messages the server found, as each rule and ``""``, which is all of them together."""
    matched: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """How many messages each rule has acted on."""
    states: Counter[EntryState] = field(default_factory=Counter)
    full_until: dict[str, datetime] = field(default_factory=dict)
    """Rules that have reached their limit, so that messages are left for another run; when there is room again."""
    reached: int | None = None
    """The UID up to which the mailbox was looked at; None when that is all of it."""

    def add(self, other: Swept) -> None:
        """Put what came out of another mailbox to it."""
        for own, its in (
            (self.looked_at, other.looked_at),
            (self.matched, other.matched),
            (self.done, other.done),
        ):
            own.update(its)
        self.states.update(other.states)
        for rule, until in other.full_until.items():
            self.wait(rule, until)

    def wait(self, rule: str, until: datetime) -> None:
        """Note that a rule has left a message that it may act on then; the first of them says when to go on."""
        self.full_until[rule] = min(until, self.full_until.get(rule, until))


async def sweep(
    context: AccountContext,
    session: Session,
    name: MailboxName,
    rules: Sequence[Rule],
    *,
    mode: ApplyMode,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    extent: Extent = _ALL_OF_IT,
) -> Swept:
    r"""Run scheduled rules over a mailbox now, without messages marked \Deleted.

    A dry run opens the mailbox by EXAMINE and changes nothing; its outcomes are reported as observed. ``progress`` is
    told how many of how many messages are through. Raises NotOpened, Refused for whatever the server refuses later,
    NetworkError, and Outdated where these rules are no longer in force; what was begun is done then.
    """
    if not all(rule in context.rules().rules for rule in rules):
        raise Outdated
    path = Path(context, session, name)
    try:
        selected = await (session.select(name) if mode is ApplyMode.DO else session.examine(name))
    except Refused as refused:
        raise NotOpened(refused) from refused
    within = await _within(path, extent)
    if not selected.exists or not within:
        return Swept()
    return await _Sweep(path, rules, mode).run(within, extent.most, progress)


async def _within(path: Path, extent: Extent) -> UIDSet:
    """The messages that are no new mail for a watcher; none where it has not begun to watch."""
    context, after = path.context, extent.after
    if extent.reach is Reach.ALL or path.name not in {info.name for info in context.directory.watched()}:
        return UIDSet.after(after)
    checkpoint = await context.store.checkpoint(context.name, path.name.raw)
    if checkpoint is None or checkpoint.uidvalidity != validity(path.selected) or checkpoint.uid <= after:
        return UIDSet()
    return UIDSet.from_ranges([(after + 1, checkpoint.uid)])


class _Sweep:
    def __init__(self, path: Path, rules: Sequence[Rule], mode: ApplyMode) -> None:
        self._path = path
        self._context = path.context
        self._all_rules = path.context.rules()
        self._due = Ruleset(tuple(rules), self._all_rules.definitions, scheduled=True)
        self._mode = mode
        self._swept = Swept()
        self._begun: dict[int | None, Entry] = {}
        """Entries that are carried out, by their ids."""
        path.ended = self._count

    async def run(self, within: UIDSet, most: int | None, progress: Callable[[int, int], None]) -> Swept:
        """Search, then fetch and decide a window at a time, and act on many windows together."""
        hits = await self._find(within)
        found = sorted(frozenset().union(*hits.values()))
        here = found if most is None else found[: most * reading.WINDOW]
        looked_at = await self._look(here, lambda done: progress(done, len(found)))
        seen = frozenset(found[:looked_at])
        self._swept.looked_at.update({rule: len(seen & uids) for rule, uids in hits.items()}, **{"": len(seen)})
        return self._swept if looked_at == len(found) else replace(self._swept, reached=found[looked_at - 1])

    async def _look(self, found: Sequence[int], progress: Callable[[int], None]) -> int:
        path, context = self._path, self._context
        decisions: list[Decision] = []
        looked_at = 0
        sets = list(windows(found))
        passed = accumulate(map(len, sets))
        reader = Reader(path.session, path.name, context.caution, lambda: self._due)
        try:
            async with path.at_work(), aclosing(reader.read(sets, len(found))) as read:
                async for window in read:
                    self._must_be_in_force()
                    decisions += await self._decide(window.messages)
                    if self._mode is ApplyMode.DRY_RUN:
                        self._report(decisions)
                        decisions = []
                    elif window.ends_batch:
                        await self._act(decisions)
                        decisions = []
                    looked_at = next(passed)
                    progress(looked_at)
        except (ClientError, ImapError, StateError):
            if self._begun:
                # It begins when nobody has them in hand any more.
                context.spawn(partial(replay, context, path.name, tuple(self._begun.values())))
            raise
        return looked_at

    def _must_be_in_force(self) -> None:
        if self._context.rules() is not self._all_rules:
            raise Outdated

    async def _find(self, within: UIDSet) -> Mapping[str, frozenset[int]]:
        """Ask the server what each rule may match, in one flight; where it can't tell, all messages are looked at."""
        session = self._path.session
        base = search.uid(within) & search.key("UNDELETED")
        programs = {rule.name: self._program(rule) for rule in self._due.rules}
        wanted = list(dict.fromkeys(programs.values()))
        submitted = [session.search(base if program is None else base & program) for program in wanted]
        answers = dict(zip(wanted, await asyncio.gather(*submitted, return_exceptions=True), strict=True))
        hits: dict[str, frozenset[int]] = {}
        for rule, program in programs.items():
            match answers[program]:
                case Refused():
                    hits[rule] = frozenset(await uids_in(session, within))
                case BaseException() as error:
                    raise error
                case uids:
                    hits[rule] = frozenset(uid for uid in uids if uid in within)
        busy = await self._busy()
        return {rule: uids - busy for rule, uids in hits.items()}

    def _program(self, rule: Rule) -> SearchProgram | None:
        """The search for what a rule may match, in words that the server knows; None where it takes any message."""
        program = narrowed(rule, self._due.definitions, self._context.now())
        known = program is not None and all(name in self._path.session.capabilities for name in program.capabilities)
        return program if known else None

    async def _busy(self) -> frozenset[int]:
        context, raw, era = self._context, self._path.name.raw, validity(self._path.selected)
        held = await context.store.held_uids(context.name, raw, era)
        return held | await context.store.open_uids(context.name, raw, era)

    async def _decide(self, messages: Sequence[Fetched]) -> Sequence[Decision]:
        path = self._path
        readable = [message for message in messages if message.readable]
        found = await path.evaluate(await self._certain(readable), self._due, {})
        # What the server refuses to say for now is asked by another run: it finds these messages again.
        decisions = [decision for decision in found if not decision.postponed]
        self._swept.matched.update(rule for decision in decisions for rule in decision.verdict.matched)
        return decisions

    async def _certain(self, messages: Sequence[Fetched]) -> Sequence[Fetched]:
        """Leave out what a copy or move without an answer may have put here: somebody will still look for it."""
        context, era = self._context, validity(self._path.selected)
        if not await context.store.expects(context.name, self._path.name.raw):
            return messages
        seen = [message.seen() for message in messages]
        arrivals = await context.store.arrivals(context.name, self._path.name.raw, era, seen)
        return [message for message in messages if not isinstance(arrivals.get(message.uid), Awaited)]

    def _report(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            if decision.verdict.plan or decision.verdict.error:
                self._path.report_observed(decision)

    # Acting

    async def _act(self, decisions: Sequence[Decision]) -> None:
        context, path = self._context, self._path
        outdated = {decision.message.uid for decision in await changed(path.session, decisions)}
        # Another run finds them again, if they are still what it looks for.
        fresh = [decision for decision in decisions if decision.message.uid not in outdated]
        copied = None
        if any(decision.verdict.plan.copies for decision in fresh):
            copied = await context.store.copied(context.name, path.name.raw, validity(path.selected))
        self._must_be_in_force()
        entries = await path.journal(fresh, self._all_rules, None, (), copied, leave=self._leave)
        self._begun |= {entry.id: entry for entry in entries}
        await path.act(entries, lambda: None)

    def _count(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._begun.pop(entry.id, None)
            self._swept.states[entry.state] += 1
            if entry.state is EntryState.DONE:
                self._swept.done.update(entry.rules)

    def _leave(self, _uid: int, waiting: Waiting) -> bool:
        """Leave what is over a rule's limit to another run: unlike new mail it will be found again."""
        self._swept.wait(waiting.rule, waiting.until)
        return True
