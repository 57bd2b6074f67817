"""Takes back what was done to messages: they go where they were found, with the flags they had, without their copies.

Rules of the file:

- To undo is to act: it is journalled before the first byte, lowered by the same table and carried out by the same
  executor, so a crash in the middle of it is finished as any other, and what comes back is known as an own arrival.
- All that one entry's undo consists of (the message, each copy) is begun in one transaction, the message's own entry
  last: the newest with its `undoes` tells how far it is.
- Only what we changed is changed back. Flags that somebody else has set since stay as they are.
- A copy is taken away only once the message itself is back, and only if it is surely ours and nobody has marked it:
  recovery keeps to that order as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from mailrules.client import NetworkError, Session
from mailrules.engine.account import AccountContext
from mailrules.engine.apply import ApplyMode
from mailrules.engine.deeds import Deeds, deeds
from mailrules.engine.journal import draft
from mailrules.engine.lowering import Discard, Relocation, ResolvedPlan, lower, lowering_for
from mailrules.engine.outcome import ActionDone, ActionKind, Outcome
from mailrules.engine.process import Path
from mailrules.engine.reading import fetch, validity, windows
from mailrules.engine.recovery import finish_all_begun, in_turn
from mailrules.engine.undone import TakenBack, Undone, before, nothing_to_undo, state_of, taken_back
from mailrules.engine.whereabouts import Found, Lost, Quest, Whereabouts
from mailrules.imap import DELETED, RECENT, MailboxName, Refused, admits, flag_key, has_flag, missing_flags
from mailrules.rules import FlagChange, Target
from mailrules.store import Entry, EntryState, HistoryQuery, StepKind
from mailrules.values import value

__all__ = ["undo"]

_TOGETHER = 1_000
"""How many entries are looked for, begun and carried out together."""
_NO_MARK = frozenset({flag_key(RECENT), flag_key("\\Seen")})
"""Flags on a copy that are no work of anybody's: to have looked at it is not to have marked it."""


@value(slots=True)
class _Reversal:
    """What takes one entry back, found out before anything is journalled."""

    entry: Entry
    message: Found
    home: MailboxName | None
    """Where it goes back to; None if it is there."""
    flags: FlagChange
    copies: list[Found]
    remarks: list[str]
    copies_left: int = 0
    begun: list[Entry] = field(default_factory=list)


async def undo(
    context: AccountContext, session: Session, entries: Sequence[Entry], *, mode: ApplyMode
) -> AsyncIterator[TakenBack]:
    """Take back what these entries of the account did, the newest first, and tell of each of them.

    A dry run looks whether all is there and changes nothing on the server; the state, which learns where messages are,
    should be a copy. What was left begun is finished first. Raises Refused, NetworkError; what was begun is told of
    before that, and finished as any other.
    """
    if mode is ApplyMode.DO:
        await finish_all_begun(context)
    undoing = _Undoing(context, session, mode)
    for group in _rounds(entries):
        async for result in undoing.run(group):
            yield replace(result, home=session.namespace.to_path(MailboxName(result.entry.mailbox)))


def _rounds(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Split entries so that nothing of a message is taken back before what was done to it later is."""
    waiting: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.id or 0, reverse=True):
        waiting[entry.fingerprint].append(entry)
    while waiting:
        group = [queue.pop(0) for queue in waiting.values()]
        waiting = defaultdict(list, {key: queue for key, queue in waiting.items() if queue})
        for first in range(0, len(group), _TOGETHER):
            yield group[first : first + _TOGETHER]


class _Undoing:
    def __init__(self, context: AccountContext, session: Session, mode: ApplyMode) -> None:
        self._context = context
        self._session = session
        self._mode = mode
        opened = session.select if mode is ApplyMode.DO else session.examine
        self._whereabouts = Whereabouts(context, session, opened)
        self._expunges = "UIDPLUS" in session.capabilities

    async def run(self, entries: Sequence[Entry]) -> AsyncIterator[TakenBack]:
        """Take back entries of different messages."""
        ids = tuple(entry.id for entry in entries if entry.id is not None)
        current = {entry.id: entry for entry in await self._context.store.history(HistoryQuery(ids=ids))}
        entries = [current[entry.id] for entry in entries if entry.id in current]
        earlier = await taken_back(self._context.store, entries)
        open_: list[Entry] = []
        for entry in entries:
            if entry.id is not None and (by := earlier.get(entry.id)):
                yield before(entry, by)
            elif reason := nothing_to_undo(entry):
                yield TakenBack(entry, Undone.FAILED, reason=reason)
            else:
                open_.append(entry)
        reversals: list[_Reversal] = []
        for entry, found in await self._planned(open_):
            if isinstance(found, Lost):
                yield TakenBack(entry, Undone.FAILED, reason=found.reason)
            else:
                reversals.append(found)
        if self._mode is ApplyMode.DRY_RUN:
            for one in reversals:
                one.begun = self._drafts(one)
                yield self._told(one, Undone.FORESEEN)
            return
        failed = await self._prepare(reversals)
        for one in reversals:
            if one.home is not None and one.home in failed:
                yield self._told(one, Undone.FAILED, failed[one.home])
        reversals = [one for one in reversals if one.home is None or one.home not in failed]
        if not reversals:
            return
        await self._begin(reversals)
        lost = await self._carry_out(reversals)
        for one in reversals:
            yield self._told(one, *state_of(one.begun))
        if lost is not None:
            raise lost

    # What is to be done

    async def _planned(self, entries: Sequence[Entry]) -> list[tuple[Entry, _Reversal | Lost]]:
        done = {entry.id: deeds(entry) for entry in entries}
        quests = [Quest(entry, copy) for entry in entries for copy in (None, *done[entry.id].copies)]
        found = iter(await self._whereabouts.find(quests))
        return [
            (entry, self._reversal(entry, done[entry.id], next(found), [next(found) for _ in done[entry.id].copies]))
            for entry in entries
        ]

    def _reversal(
        self, entry: Entry, done: Deeds, message: Found | Lost, copies: Iterable[Found | Lost]
    ) -> _Reversal | Lost:
        if isinstance(message, Lost):
            return message
        flags, home = message.message.flags, MailboxName(entry.mailbox)
        path = self._path(message.mailbox)
        if has_flag(flags, DELETED) and not has_flag(done.added, DELETED):
            return Lost(rf"in {path} somebody marked it \Deleted")
        rule = ", ".join(entry.rules)
        restored = missing_flags(done.removed, flags)
        if self._mode is ApplyMode.DO and (
            unkept := sorted(flag for flag in restored if not admits(message.permanent_flags, flag))
        ):
            return Lost(f"{path} does not keep {', '.join(unkept)} (PERMANENTFLAGS)")
        change = FlagChange(None, restored, frozenset(flag for flag in done.added if has_flag(flags, flag)), rule)
        reversal = _Reversal(entry, message, None if home == message.mailbox else home, change, [], [])
        if reversal.home is not None and not self._context.directory.exists(reversal.home):
            reversal.remarks.append(f"{self._path(reversal.home)} is no longer there, and is created again")
        for copy in copies:
            if isinstance(copy, Found) and copy.is_at(message):
                continue  # to servers whose mailboxes are labels (Gmail) a copy may be the message itself
            if isinstance(copy, Lost):
                reversal.copies_left += 1
                reversal.remarks.append(f"a copy is not taken away: {copy.reason}")
            elif marks := _marks(copy.message.flags, done):
                reversal.copies_left += 1
                words = ", ".join(marks)
                reversal.remarks.append(f"the copy in {self._path(copy.mailbox)} stays: somebody marked it {words}")
            else:
                reversal.copies.append(copy)
        return reversal

    async def _prepare(self, reversals: Iterable[_Reversal]) -> Mapping[MailboxName, str]:
        homes = dict.fromkeys(one.home for one in reversals if one.home is not None)
        targets = [(home, Target(path=self._path(home))) for home in homes]
        return await self._context.directory.prepare(self._session, targets)

    # In the journal, and on the server

    async def _begin(self, reversals: Sequence[_Reversal]) -> None:
        """Write down what will be done. What was held of these messages is not to be tried again: that ends first."""
        await self._let_go([one.entry for one in reversals if one.entry.state is EntryState.HELD], "taken back")
        drafts = [self._drafts(one) for one in reversals]
        created = self._context.directory.take_created()
        everything = [entry for some in drafts for entry in some]
        begun = iter(await self._context.store.begin(everything, None, created=created, now=self._context.now()))
        for one, some in zip(reversals, drafts, strict=True):
            one.begun = [next(begun) for _ in some]

    def _drafts(self, one: _Reversal) -> list[Entry]:
        """The journal's entries of one undo, the message's own at the end: done already where nothing is left to do."""
        ending = Relocation(self._context.directory.destination(one.home), one.flags.rule) if one.home else None
        copies = [self._draft(one, copy, ResolvedPlan(None, (), Discard(one.flags.rule))) for copy in one.copies]
        own = self._draft(one, one.message, ResolvedPlan(one.flags, (), ending))
        return [*copies, own if own.steps else replace(own, state=EntryState.DONE)]

    def _draft(self, one: _Reversal, found: Found, plan: ResolvedPlan) -> Entry:
        blank = draft(self._context.name, found.mailbox.raw, found.uidvalidity, found.message)
        lowering = lowering_for(self._session.capabilities, move_refused=self._context.directory.move_refused)
        steps = lower(plan, lowering, found.message.flags, can_expunge=self._expunges)
        return replace(blank, steps=steps, undoes=one.entry.id)

    async def _carry_out(self, reversals: Sequence[_Reversal]) -> NetworkError | Refused | None:
        """Do what is begun, the messages before their copies; return what kept us from coming to an end."""
        try:
            for mailbox, entries in _by_mailbox(one.begun[-1] for one in reversals).items():
                await self._execute(mailbox, entries)
            await self._read_again(reversals)
            copies = [copy for one in reversals for copy in one.begun[:-1]]
            for mailbox, entries in _by_mailbox(await in_turn(self._context, copies)).items():
                await self._execute(mailbox, entries)
        except (NetworkError, Refused) as error:
            return error
        finally:
            await self._read_again(reversals)
        return None

    async def _read_again(self, reversals: Sequence[_Reversal]) -> None:
        ids = tuple(entry.id for one in reversals for entry in one.begun if entry.id is not None)
        current = {entry.id: entry for entry in await self._context.store.history(HistoryQuery(ids=ids))}
        for one in reversals:
            one.begun = [current[entry.id] for entry in one.begun]

    async def _let_go(self, entries: Sequence[Entry], reason: str, state: EntryState = EntryState.GONE) -> None:
        if entries:
            ended = [replace(entry, state=state, reason=reason) for entry in entries]
            await self._context.store.record(ended, now=self._context.now())

    async def _execute(self, mailbox: MailboxName, entries: Sequence[Entry]) -> None:
        try:
            selected = await self._session.select(mailbox)
        except Refused as refused:
            await self._let_go(entries, str(refused), EntryState.HELD)
            return
        # Other mailboxes were open since: a STORE on a missing UID hits another message on some servers.
        there: dict[int, str] = {}
        if all(entry.uidvalidity == validity(selected) for entry in entries):
            for window in windows(sorted(entry.uid for entry in entries)):
                there |= {message.uid: message.fingerprint for message in await fetch(self._session, window)}
        present = [entry for entry in entries if there.get(entry.uid) == entry.fingerprint]
        vanished = [entry for entry in entries if entry not in present]
        await self._let_go(vanished, "somebody else moved or expunged it first")
        repairs: list[Callable[[], Coroutine[None, None, None]]] = []
        context = replace(self._context, report=_nobody, spawn=repairs.append)
        await Path(context, self._session, mailbox).execute(present, lambda: None)
        for repair in repairs:
            await repair()

    # What became of it

    def _told(self, one: _Reversal, state: Undone, reason: str = "") -> TakenBack:
        rule = one.flags.rule
        actions = [ActionDone(ActionKind.MOVE, rule, target=self._path(one.home))] if one.home else []
        for kind, flags in ((ActionKind.ADD_FLAGS, one.flags.add), (ActionKind.REMOVE_FLAGS, one.flags.remove)):
            if flags:
                actions.append(ActionDone(kind, rule, flags=tuple(sorted(flags))))
        actions += [ActionDone(ActionKind.EXPUNGE, rule, target=self._path(copy.mailbox)) for copy in one.copies]
        remarks = [*one.remarks, *(remark for entry in one.begun if (remark := self._remark(entry)))]
        by = tuple(entry.id for entry in one.begun if entry.id is not None)
        return TakenBack(
            one.entry,
            state,
            mailbox=self._path(one.message.mailbox),
            actions=tuple(actions),
            reason=reason,
            remarks=tuple(remarks),
            copies_left=one.copies_left + sum(copy.state is EntryState.GONE for copy in one.begun[:-1]),
            by=by,
        )

    def _remark(self, entry: Entry) -> str:
        """What to know of an entry of an undo that has come to its end, or of a draft in a dry run."""
        path = self._path(MailboxName(entry.mailbox))
        match entry.state:
            case EntryState.GONE:
                return f"{path}: {entry.reason}"
            case EntryState.DONE if entry.reason:
                return f"{path}: {entry.reason}"
            case EntryState.DONE | EntryState.BEGUN if entry.steps and entry.steps[-1].kind is StepKind.MARK_DELETED:
                return rf"{path}: left marked \Deleted, since the server can't expunge single messages (UIDPLUS)"
        return ""

    def _path(self, mailbox: MailboxName) -> str:
        return self._session.namespace.to_path(mailbox)


def _marks(flags: Iterable[str], done: Deeds) -> list[str]:
    """The flags that somebody gave a copy."""
    return sorted(flag for flag in missing_flags(flags, done.carried) if flag_key(flag) not in _NO_MARK)


def _by_mailbox(entries: Iterable[Entry]) -> Mapping[MailboxName, Sequence[Entry]]:
    """Split entries that are to be carried out by where their messages are."""
    found: dict[MailboxName, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.state is EntryState.BEGUN:
            found[MailboxName(entry.mailbox)].append(entry)
    return found


def _nobody(_outcome: Outcome) -> None:
    """Take what the journal is read for afterwards."""
