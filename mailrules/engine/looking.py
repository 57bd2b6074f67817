"""A look at the source and the targets of begun messages, and what it settles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.flights import Work
from mailrules.engine.lowering import removal_of_source
from mailrules.engine.reading import Fetched, fetch, fetch_in_windows, validity
from mailrules.engine.reckoning import Claim, Finding, Found, reckon
from mailrules.imap import DELETED, RECENT, UID, Flags, MailboxName, Refused, SelectedMailbox, UIDSet, missing_flags
from mailrules.store import EntryState, Own, Replay, Step, StepKind, StepState
from mailrules.values import value

__all__ = ["Bare", "Look", "look", "settle_by"]


@value(frozen=True, slots=True)
class Bare:
    """Copies that stand in a target without any flag, and the flags that their originals have.

    Seen on Dovecot, its process killed during a big UID MOVE: it rebuilt the target's index from the mail alone.
    """

    target: bytes
    uidvalidity: int
    flags: Flags
    uids: tuple[int, ...]


@value(frozen=True, slots=True)
class Look:
    """What stood where at one moment. Two looks that are equal saw the same."""

    uidvalidity: int
    """The source's."""
    source: Mapping[int, str]
    """Fingerprints of the begun messages that are in the source, by UID."""
    findings: Mapping[tuple[int | None, int], Found]
    """By the entry and the index of its step: unanswered copies and moves."""
    changed: frozenset[bytes]
    """Targets whose UIDVALIDITY is not the one known from before."""
    eras: Mapping[bytes, int]
    """Each target's UIDVALIDITY: one that was made on the way had none when its steps were journalled."""
    uidnexts: Mapping[bytes, int | None] = field(compare=False)
    """Where each target's UIDs were: what comes there for other reasons makes two looks no different."""
    flags: Mapping[int, Flags] = field(compare=False)
    """Those of the messages in the source, by UID."""
    bare: tuple[Bare, ...] = field(default=(), compare=False)

    def has(self, work: Work) -> bool:
        """Whether the message is in the source, and is the one it was."""
        same_era = work.entry.uidvalidity == self.uidvalidity
        return same_era and self.source.get(work.entry.uid) == work.entry.fingerprint

    def is_open(self, work: Work) -> bool:
        """Whether a later look may see more: any unanswered copy or move is not at its end yet."""
        unanswered = (step for step in work.steps if step.state is not StepState.DONE)
        return any(step.kind.replay is Replay.CHECK_FIRST and not self._ended(work, step) for step in unanswered)

    def _ended(self, work: Work, step: Step) -> bool:
        found = self.finding(work, step)
        arrived = found is not None and found.finding is Finding.ARRIVED
        return arrived and (step.kind is StepKind.COPY or not self.has(work))

    def finding(self, work: Work, step: Step) -> Found | None:
        """What was found of one step of a work."""
        return self.findings.get((work.entry.id, _index(work, step)))


async def look(context: AccountContext, session: Session, name: MailboxName, works: Sequence[Work]) -> Look:
    """SELECT the source, EXAMINE each target, and match what is there with what the journal is waiting for.

    Targets are read from the UIDNEXT that was known before the step; messages that the journal knows
    as other steps' own are left out.
    """
    selected = await session.select(name)
    messages = await fetch(session, UIDSet(UID(work.entry.uid) for work in works))
    source = {message.uid: message.fingerprint for message in messages}
    flags = {message.uid: message.flags for message in messages}
    wanted: dict[bytes, list[tuple[Work, int]]] = defaultdict(list)
    for work in works:
        for index, step in enumerate(work.steps):
            if step.kind.replay is Replay.CHECK_FIRST and step.state is not StepState.DONE and step.target:
                wanted[step.target].append((work, index))
    findings: dict[tuple[int | None, int], Found] = {}
    changed: set[bytes] = set()
    eras: dict[bytes, int] = {}
    uidnexts: dict[bytes, int | None] = {}
    bare: list[Bare] = []
    for target, members in wanted.items():
        steps = [work.steps[index] for work, index in members]
        opened = await _open(session, MailboxName(target))
        if opened and not _is_same(opened, steps):
            changed.add(target)
            continue
        if opened:
            eras[target] = validity(opened)
        uidnexts[target] = opened.uidnext if opened else None
        arrived = await _arrived(context, session, opened, steps) if opened else ()
        claims = [
            Claim(number, work.entry.fingerprint, source.get(work.entry.uid) == work.entry.fingerprint)
            for number, (work, _) in enumerate(members)
        ]
        blurred = any(not message.readable for message in arrived)
        told_of = reckon(claims, [(message.uid, message.fingerprint) for message in arrived if message.readable])
        if opened:
            originals = {claim.key: flags[members[claim.key][0].entry.uid] for claim in claims if claim.in_source}
            bare += _bare(opened, arrived, {told_of[key].uid: had for key, had in originals.items()})
        for number, told in told_of.items():
            # What can't be read in the target may be the very message.
            found = Found(Finding.UNDECIDABLE) if blurred and told.finding is Finding.ABSENT else told
            work, index = members[number]
            findings[work.entry.id, index] = found
    return Look(validity(selected), source, findings, frozenset(changed), eras, uidnexts, flags, tuple(bare))


def _bare(opened: SelectedMailbox, arrived: Iterable[Fetched], originals: Mapping[int | None, Flags]) -> Iterator[Bare]:
    """Find the copies without flags whose originals, by the copies' UIDs, have some."""
    found: dict[Flags, list[int]] = defaultdict(list)
    for message in arrived:
        had = missing_flags(originals.get(message.uid, ()), {DELETED, RECENT})
        if had and not missing_flags(message.flags, {RECENT}):
            found[had].append(message.uid)
    for flags, uids in found.items():
        yield Bare(opened.name.raw, validity(opened), flags, tuple(uids))


async def _open(session: Session, target: MailboxName) -> SelectedMailbox | None:
    """EXAMINE a target; None if it is not there. Raises Refused if it is, for a look would see nothing then."""
    try:
        return await session.examine(target)
    except Refused:
        if await session.find(target) is not None:
            raise
        return None


def _is_same(opened: SelectedMailbox, steps: Iterable[Step]) -> bool:
    known = {step.target_uidvalidity for step in steps if step.target_uidvalidity is not None}
    return known <= {validity(opened)}


async def _arrived(
    context: AccountContext, session: Session, target: SelectedMailbox, steps: Iterable[Step]
) -> list[Fetched]:
    """What has come into the open target since, and is not known as another step's."""
    floor = min(step.target_uidnext or 1 for step in steps)
    messages = [message async for message in fetch_in_windows(session, UIDSet.after(floor - 1))]
    seen = [message.seen() for message in messages]
    known = await context.store.arrivals(context.name, target.name.raw, validity(target), seen)
    return [message for message in messages if not isinstance(known.get(message.uid), Own)]


def settle_by(seen: Look, works: Iterable[Work], *, can_expunge: bool) -> None:
    """Write into the works what a look has shown; steps that are still open afterwards are to be sent."""
    for work in works:
        if work.entry.uidvalidity != seen.uidvalidity:
            work.finish(EntryState.HELD, "UIDVALIDITY changed while it was worked on")
        elif work.entry.uid in seen.source and not seen.has(work):
            work.finish(EntryState.HELD, "its UID names another message now")
        elif any(step.target in seen.changed for step in work.steps if step.state is not StepState.DONE):
            work.finish(EntryState.HELD, "its target's UIDVALIDITY changed while it was worked on")
        else:
            _settle(seen, work, can_expunge=can_expunge)


def _settle(seen: Look, work: Work, *, can_expunge: bool) -> None:
    present = seen.has(work)
    steps: list[Step] = []
    for step in work.steps:
        found = seen.finding(work, step)
        if found is None:
            steps.append(step)
        elif found.finding is Finding.UNDECIDABLE:
            work.finish(EntryState.HELD, found.finding.value)
            return
        elif found.finding is Finding.ABSENT:
            if not present:
                work.finish(EntryState.GONE, "somebody else moved or expunged it first")
                return
            uidnext = seen.uidnexts.get(step.target or b"")
            steps.append(replace(step, target_uidnext=uidnext) if uidnext else step)
        else:
            era = seen.eras.get(step.target or b"", step.target_uidvalidity)
            done = replace(step, state=StepState.DONE, target_uid=found.uid, target_uidvalidity=era)
            if step.kind is StepKind.MOVE and present:
                # Seen on Dovecot, its process killed during a big UID MOVE: the message stood in both.
                steps += [replace(done, kind=StepKind.COPY), *removal_of_source(step, can_expunge=can_expunge)]
            else:
                steps.append(done)
    moved = any(step.kind is StepKind.MOVE and step.state is StepState.DONE for step in steps)
    if present:
        steps = [_again(step) for step in steps]
    elif not moved:
        steps = _by_absence(steps)
    work.steps = steps
    if not present and not moved and not work.finished:
        work.finish(EntryState.GONE, "somebody else moved or expunged it first")


def _again(step: Step) -> Step:
    r"""A message that is still there is marked \Deleted again before it is expunged: somebody may have unmarked it."""
    return replace(step, state=StepState.BEGUN) if step.kind is StepKind.MARK_DELETED else step


def _by_absence(steps: Iterable[Step]) -> list[Step]:
    """A message that is gone needs no removing any more; one that was copied had its flags, which go before a COPY."""
    steps = list(steps)
    done = {StepKind.MARK_DELETED, StepKind.UID_EXPUNGE}
    if any(step.kind is StepKind.COPY and step.state is StepState.DONE for step in steps):
        done.add(StepKind.STORE_FLAGS)
    return [replace(step, state=StepState.DONE) if step.kind in done else step for step in steps]


def _index(work: Work, step: Step) -> int:
    return next(index for index, own in enumerate(work.steps) if own is step)
