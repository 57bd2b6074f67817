"""Decisions become the journal's entries: targets are found, and plans lowered to what this server can do.

Nothing is changed on the server here but that missing targets are created.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import field

from mailrules.engine.account import AccountContext
from mailrules.engine.deciding import Decision, Origin
from mailrules.engine.directory import TargetError
from mailrules.engine.journal import blank_of, decided, decided_alike, held, postponed
from mailrules.engine.lowering import Discard, Relocation, ResolvedPlan, lower, lowering_for
from mailrules.engine.reading import Fetched, validity
from mailrules.imap import Flags, MailboxName, SelectedMailbox, admits, has_flag
from mailrules.rules import Expunge, MoveTo, Plan, Ruleset, Target, Trash
from mailrules.store import Entry, Step, StepKind
from mailrules.values import value

__all__ = ["entries_for", "foreseen", "is_shareable"]

_TRASH = Target(special_use="\\Trash")
_A_TURN = 500
"""Entries that are made in one go: a few milliseconds."""
_ANY: Flags = frozenset()
"""Stands for the flags of a message where they do not matter."""


async def entries_for(
    context: AccountContext, origin: Origin, decisions: Sequence[Decision], ruleset: Ruleset
) -> list[Entry]:
    """The journal entries of all messages that something is to be done with, or that can't be decided.

    Missing targets are created first, so that their names are known to work.
    """
    batch = _Batch(context, origin, ruleset)
    batch.take(decisions)
    batch.give_up(await context.directory.prepare(origin.session, list(batch.targets.items())))
    entries: list[Entry] = []
    for first in range(0, len(batch), _A_TURN):
        entries += batch.entries(first, first + _A_TURN)
        await asyncio.sleep(0)  # what comes meanwhile is read, and other mailboxes have their turn
    return entries


def foreseen(context: AccountContext, origin: Origin, decisions: Sequence[Decision], ruleset: Ruleset) -> list[Entry]:
    """The same entries as far as they can be known before a target is created."""
    batch = _Batch(context, origin, ruleset)
    batch.take(decisions)
    return batch.entries(0, len(batch))


@value(slots=True)
class _Course:
    """What a plan comes to on this server, for all the messages of a batch that it is made for."""

    plan: Plan
    ending: MoveTo | Expunge | None = None
    targets: dict[MailboxName, Target] = field(default_factory=dict)
    error: str = ""
    """Why it can't be carried out."""
    steps: dict[Flags, tuple[tuple[Step, ...], str]] = field(default_factory=dict)
    """The steps, or why they can't be carried out, by the flags that a message has where the plan changes any."""
    patterns: dict[Flags, Entry] = field(default_factory=dict)
    """An entry that was made for it, by the flags of its message."""


class _Batch:
    """Messages that are brought to the journal together: what plans they have in common is worked out once."""

    def __init__(self, context: AccountContext, origin: Origin, ruleset: Ruleset) -> None:
        self._context = context
        self._origin = origin
        self._blank = blank_of(context.name, origin.name.raw, validity(origin.selected), ruleset.digest)
        capabilities = origin.session.capabilities
        self._can_expunge = "UIDPLUS" in capabilities
        self._lowering = lowering_for(capabilities, move_refused=context.directory.move_refused)
        self._names: dict[Target, MailboxName] = {}
        self._courses: dict[Plan, _Course] = {}
        self._known: dict[int, _Course] = {}
        """By the identity of a plan: a rule without templates has one for all messages."""
        self._taken: list[tuple[Decision, _Course]] = []
        self.targets: dict[MailboxName, Target] = {}
        """Where the messages are to be put."""

    def take(self, decisions: Iterable[Decision]) -> None:
        """Take the decisions that something follows from."""
        for decision in decisions:
            verdict = decision.verdict
            if verdict.plan or verdict.error is not None:
                course = self._known.get(id(verdict.plan)) or self._course(verdict.plan)
                self._taken.append((decision, course))

    def __len__(self) -> int:
        """Count what was taken."""
        return len(self._taken)

    def give_up(self, failed: dict[MailboxName, str]) -> None:
        """Have nothing put into these targets; it says why."""
        self._names.clear()  # the server may have told its own spelling of a name that was to be created
        for course in self._courses.values():
            if reasons := [failed[name] for name in course.targets if name in failed]:
                course.error = "; ".join(reasons)

    def entries(self, first: int, end: int) -> list[Entry]:
        """Make the entries of some of what was taken, by its place; those with the same rules and flags at a stroke."""
        made: list[Entry] = []
        for decision, course in self._taken[first:end]:
            message, verdict = decision.message, decision.verdict
            pattern = course.patterns.get(message.flags)
            if pattern is not None and pattern.rules == verdict.matched and decision.origin is None:
                made.append(decided_alike(pattern, message, verdict))
                continue
            entry = self._entry(decision, course)
            if entry.steps or entry.reason:
                made.append(entry)
        return made

    def _entry(self, decision: Decision, course: _Course) -> Entry:
        verdict, message = decision.verdict, decision.message
        steps: tuple[Step, ...] = ()
        error = verdict.error or course.error
        if not error:
            steps, error = course.steps.get(self._key(course, message)) or self._lower(course, message)
        own = None if error else decision.origin
        entry = decided(self._blank, message, verdict, steps, own)
        if not error:
            if steps and own is None:
                course.patterns[message.flags] = entry
            return entry
        return postponed(entry, error, self._context.now()) if decision.postponed else held(entry, error)

    def _course(self, plan: Plan) -> _Course:
        course = self._courses.get(plan)
        if course is None:
            course = self._courses[plan] = _Course(plan)
            try:
                self._resolve(course)
            except TargetError as error:
                course.error = str(error)
        self._known[id(plan)] = course
        return course

    def _resolve(self, course: _Course) -> None:
        course.ending = ending = self._ending(course.plan)
        targets = [copy.target for copy in course.plan.copies]
        if isinstance(ending, MoveTo):
            targets.append(ending.target)
        course.targets = {self._name(target): target for target in targets}
        # A move to where the message is would give it a new UID, and so be a new message, for ever.
        course.targets.pop(self._origin.name, None)
        self.targets |= course.targets

    def _name(self, target: Target) -> MailboxName:
        """The mailbox that a target means. Raises TargetError."""
        name = self._names.get(target)
        if name is None:
            name = self._names[target] = self._context.directory.resolve(target, self._origin.session)
        return name

    def _ending(self, plan: Plan) -> MoveTo | Expunge | None:
        """How the plan ends on this server: the trash is a mailbox like others.

        On Gmail an expunge outside of the trash only takes the label away, so it is a move to the trash there.
        """
        match plan.ending:
            case Trash(rule=rule):
                return MoveTo(_TRASH, rule)
            case Expunge(rule=rule) if self._origin.session.connection.quirks.expunge_archives:
                in_trash = self._name(_TRASH) == self._origin.name
                return Expunge(rule) if in_trash else MoveTo(_TRASH, rule)
            case ending:
                return ending

    @staticmethod
    def _key(course: _Course, message: Fetched) -> Flags:
        return _ANY if course.plan.flags is None else message.flags

    def _lower(self, course: _Course, message: Fetched) -> tuple[tuple[Step, ...], str]:
        """The steps of a message with these flags, the very same for all that have them; or why there are none."""
        steps = lower(self._resolved(course), self._lowering, message.flags, can_expunge=self._can_expunge)
        lost = _not_kept(steps, self._origin.selected)
        error = f"{self._origin.path} does not keep {', '.join(lost)} (PERMANENTFLAGS)" if lost else ""
        course.steps[self._key(course, message)] = lowered = steps, error
        return lowered

    def _resolved(self, course: _Course) -> ResolvedPlan:
        here, destination = self._origin.name, self._context.directory.destination
        ending: Relocation | Discard | None = None
        match course.ending:
            case MoveTo(target=target, rule=rule):
                ending = Relocation(destination(self._name(target)), rule)
            case Expunge(rule=rule):
                ending = Discard(rule)
            case None:
                pass
        moved_to = ending.to.name if isinstance(ending, Relocation) else None
        if moved_to == here:
            ending = None
        copies = {self._name(copy.target): copy.rule for copy in course.plan.copies}
        return ResolvedPlan(
            flags=course.plan.flags,
            copies=tuple((destination(name), rule) for name, rule in copies.items() if name not in {here, moved_to}),
            ending=ending,
        )


def is_shareable(context: AccountContext, steps: Sequence[Step], selected: SelectedMailbox) -> bool:
    """Whether flags may share a flight with the move behind them: nothing known can make one fail alone.

    A keyword that the mailbox has not yet goes first: Dovecot refuses one of over 50 characters whatever
    PERMANENTFLAGS says, and then the message must stay.
    """
    flags_are_known = all(has_flag(selected.flags, flag) for flag in _stored(steps))
    return flags_are_known and all(
        context.directory.exists(MailboxName(step.target)) for step in steps if step.target is not None
    )


def _not_kept(steps: Iterable[Step], selected: SelectedMailbox) -> list[str]:
    """The flags of a STORE that the mailbox would not keep (RFC 9051 §7.1, PERMANENTFLAGS)."""
    return [flag for flag in _stored(steps) if not admits(selected.permanent_flags, flag)]


def _stored(steps: Iterable[Step]) -> list[str]:
    return [flag for step in steps if step.kind is StepKind.STORE_FLAGS for flag in (*step.add, *(step.replace or ()))]
