"""What is to be done with each message of a batch: the rules are asked, targets found, steps lowered.

Nothing is changed on the server here but that missing targets are created.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.asking import Answers, ask
from mailrules.engine.caution import carefully
from mailrules.engine.directory import TargetError
from mailrules.engine.journal import decided, draft, held, postponed
from mailrules.engine.lowering import Discard, Relocation, ResolvedPlan, lower, lowering_for
from mailrules.engine.proving import proofs_wanted, proved, told_by_data
from mailrules.engine.reading import UNREADABLE, Fetched, validity
from mailrules.engine.recalling import Recollection
from mailrules.imap import (
    DELETED,
    UID,
    MailboxName,
    SelectedMailbox,
    UIDSet,
    admits,
    has_flag,
)
from mailrules.rules import Expunge, Facts, MoveTo, Needs, Ruleset, Target, Trash, Verdict
from mailrules.rules.questions import Question
from mailrules.store import Entry, Own, Step, StepKind

__all__ = ["Decision", "Origin", "decide", "entries_for", "foreseen", "is_shareable"]

_MAX_HOPS = 8
_ROUNDS = 10
_TOGETHER = 32 << 20
"""Octets of the messages that are asked about at the same time; of a larger one only parts are in memory."""
_UNTOLD_SIZE = 1 << 20
"""What counts for a message whose size the server tells as 0, or not at all."""
_TRASH = Target(special_use="\\Trash")


@dataclass(frozen=True, slots=True)
class Decision:
    """A message and what the rules say of it."""

    message: Fetched
    verdict: Verdict
    origin: Own | None = None
    """Set when mailrules itself put the message here and the moving rule asked for ``chain``."""
    postponed: bool = False
    """Whether the server refused for now to say what a rule asks; the verdict's error tells its words."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The mailbox that the messages of a batch are in, on the session that has it selected."""

    session: Session
    name: MailboxName
    path: str
    selected: SelectedMailbox


async def decide(
    context: AccountContext,
    origin: Origin,
    messages: Iterable[Fetched],
    ruleset: Ruleset,
    owners: Mapping[int, Own],
    recollection: Recollection,
    answers: Answers | None = None,
) -> list[Decision]:
    r"""Ask the rules about each message; messages marked \Deleted are somebody's affair and left alone.

    ``answers`` is for whoever wants to know what was answered; without it they are forgotten as soon as may be.
    Questions that rules leave open are put to the server for all open messages together, and a part of them at a
    time so that bodies do not pile up. What can't be found out stays unknown, and a rule that ends unknown does
    nothing. A message whose questions end the connection each time can't be read: its verdict is an error.
    """
    facts = context.facts(origin.path, origin.session.namespace)
    decisions: list[Decision] = []
    open_ones: list[tuple[Fetched, Needs]] = []
    free = [message for message in messages if not has_flag(message.flags, DELETED)]
    recollection.note(free, ruleset, facts)
    for message in free:
        own = owners.get(message.uid)
        match ruleset.evaluate(message.message, facts, without=own.rules if own else ()):
            case Needs() as needs:
                open_ones.append((message, needs))
            case Verdict() as verdict:
                decisions.append(Decision(message, verdict, own))
    for chunk in _portions(open_ones):
        kept = Answers() if answers is None else answers
        inquiry = _Inquiry(context, origin, ruleset, owners, facts, recollection, kept)
        decisions += await inquiry.decide(chunk)
    return sorted(decisions, key=lambda decision: decision.message.uid)


def _portions(open_ones: Iterable[tuple[Fetched, Needs]]) -> Iterator[list[tuple[Fetched, Needs]]]:
    """Split off as many messages as may be in memory together, should all of them be asked for what they hold."""
    portion: list[tuple[Fetched, Needs]] = []
    octets = 0
    for message, needs in open_ones:
        size = message.size or _UNTOLD_SIZE
        if portion and octets + size > _TOGETHER:
            yield portion
            portion, octets = [], 0
        portion.append((message, needs))
        octets += size
    if portion:
        yield portion


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """Questions about some messages, and what they lead to."""

    context: AccountContext
    origin: Origin
    ruleset: Ruleset
    owners: Mapping[int, Own]
    facts: Facts
    recollection: Recollection
    answers: Answers

    async def decide(self, portion: Sequence[tuple[Fetched, Needs]]) -> list[Decision]:
        """Decide about messages, together or one by one; those that end the connection are errors.

        That the server answers has just been seen: it told their headers.
        """
        by_uid = {message.uid: (message, needs) for message, needs in portion}
        decisions, unreadable = await carefully(
            self.context.asking,
            self.origin.name,
            UIDSet(map(UID, by_uid)),
            lambda uids: self._decide([by_uid[uid] for uid in uids]),
            first=min(by_uid),
            answers=True,
        )
        return decisions + [self._failed(by_uid[uid][0], UNREADABLE) for uid in unreadable]

    async def _decide(self, open_ones: Sequence[tuple[Fetched, Needs]]) -> list[Decision]:
        """Ask until all is decided: an answer may lead to further questions, as the structure to its parts."""
        decisions: list[Decision] = []
        for _ in range(_ROUNDS):
            await self._ask(open_ones)
            again: list[tuple[Fetched, Needs]] = []
            for message, _ in open_ones:
                match self._judge(message):
                    case Needs() as needs:
                        again.append((message, needs))
                    case Decision() as decision:
                        decisions.append(decision)
            if not again:
                return decisions
            open_ones = again
        raise AssertionError("every question is answered after a few rounds, if only by unknown")

    async def _ask(self, open_ones: Iterable[tuple[Fetched, Needs]]) -> None:
        asked: defaultdict[Question[object], list[int]] = defaultdict(list)
        for message, needs in open_ones:
            for question in needs.questions:
                if (told := told_by_data(question, message)) is None:
                    asked[question].append(message.uid)
                else:
                    self.answers.put(message.uid, question, told)
        await self.recollection.answer(asked, self.answers)
        await ask(self.origin.session, asked, self.answers)

    def _judge(self, message: Fetched) -> Decision | Needs:
        uid, answers = message.uid, self.answers
        if refusal := answers.waiting.pop(uid, None):
            return replace(self._failed(message, refusal), postponed=True)
        own = self.owners.get(uid)
        known = proved(answers.of(uid))
        verdict = self.ruleset.evaluate(message.message.answered(known), self.facts, without=own.rules if own else ())
        if isinstance(verdict, Needs):
            return verdict
        if proofs := proofs_wanted(verdict, message, answers.of(uid)):
            return Needs(proofs)
        for rule in verdict.unknown:
            reason = answers.unsaid.get(uid, "the server does not say, or says the same of the contrary")
            self.context.complain_of(rule, self.origin.path, reason)
        return Decision(message, verdict, own)

    def _failed(self, message: Fetched, reason: str) -> Decision:
        return Decision(message, Verdict(error=reason), self.owners.get(message.uid))


async def entries_for(
    context: AccountContext, origin: Origin, decisions: Sequence[Decision], ruleset: Ruleset
) -> list[Entry]:
    """The journal entries of all messages that something is to be done with, or that can't be decided.

    Missing targets are created first, so that their names are known to work.
    """
    drafts = _drafts(context, origin, decisions, ruleset)
    wanted = {name: target for _, _, targets in drafts for name, target in targets.items()}
    return _complete(context, origin, drafts, await context.directory.prepare(origin.session, list(wanted.items())))


def foreseen(context: AccountContext, origin: Origin, decisions: Sequence[Decision], ruleset: Ruleset) -> list[Entry]:
    """The same entries as far as they can be known before a target is created."""
    return _complete(context, origin, _drafts(context, origin, decisions, ruleset), {})


_Draft = tuple[Decision, Entry, dict[MailboxName, Target]]


def _drafts(context: AccountContext, origin: Origin, decisions: Sequence[Decision], ruleset: Ruleset) -> list[_Draft]:
    """The entries without their steps, each with the targets that it needs."""
    drafts: list[_Draft] = []
    for decision in decisions:
        verdict = decision.verdict
        if not verdict.plan and verdict.error is None:
            continue
        blank = draft(context.name, origin.name.raw, validity(origin.selected), decision.message)
        entry = decided(blank, verdict, ruleset.digest)
        if verdict.error is not None:
            kept = postponed(entry, verdict.error, context.now()) if decision.postponed else held(entry, verdict.error)
            drafts.append((decision, kept, {}))
            continue
        try:
            drafts.append((decision, entry, _targets(context, origin, verdict)))
        except TargetError as error:
            drafts.append((decision, held(entry, str(error)), {}))
    return drafts


def _complete(
    context: AccountContext, origin: Origin, drafts: Iterable[_Draft], failed: dict[MailboxName, str]
) -> list[Entry]:
    entries = [_with_steps(context, origin, *one, failed) for one in drafts]
    return [entry for entry in entries if entry.steps or entry.reason]


def _targets(context: AccountContext, origin: Origin, verdict: Verdict) -> dict[MailboxName, Target]:
    targets = [copy.target for copy in verdict.plan.copies]
    ending = _ending(context, origin, verdict)
    if isinstance(ending, MoveTo):
        targets.append(ending.target)
    resolved = {context.directory.resolve(target, origin.session): target for target in targets}
    # A move to where the message is would give it a new UID, and so be a new message, for ever.
    resolved.pop(origin.name, None)
    return resolved


def _ending(context: AccountContext, origin: Origin, verdict: Verdict) -> MoveTo | Expunge | None:
    """How the plan ends on this server: the trash is a mailbox like others.

    On Gmail an expunge outside of the trash only takes the label away, so it is a move to the trash there.
    """
    match verdict.plan.ending:
        case Trash(rule=rule):
            return MoveTo(_TRASH, rule)
        case Expunge(rule=rule) if origin.session.connection.quirks.expunge_archives:
            in_trash = context.directory.resolve(_TRASH, origin.session) == origin.name
            return Expunge(rule) if in_trash else MoveTo(_TRASH, rule)
        case ending:
            return ending


def _with_steps(
    context: AccountContext,
    origin: Origin,
    decision: Decision,
    entry: Entry,
    targets: dict[MailboxName, Target],
    failed: dict[MailboxName, str],
) -> Entry:
    if entry.reason:
        return entry
    if reasons := [failed[name] for name in targets if name in failed]:
        return held(entry, "; ".join(reasons))
    capabilities = origin.session.capabilities
    lowering = lowering_for(capabilities, move_refused=context.directory.move_refused)
    steps = lower(
        _resolve(context, origin, decision.verdict),
        lowering,
        decision.message.flags,
        can_expunge="UIDPLUS" in capabilities,
    )
    if lost := _not_kept(steps, origin.selected):
        return held(entry, f"{origin.path} does not keep {', '.join(lost)} (PERMANENTFLAGS)")
    chain = isinstance(decision.verdict.plan.ending, MoveTo) and decision.verdict.plan.ending.chain
    own = decision.origin
    hops = own.hops + 1 if own else 0
    rules = (*own.rules, *entry.rules) if own else entry.rules
    return replace(entry, steps=steps, chain=chain and hops < _MAX_HOPS, hops=hops, rules=rules)


def _resolve(context: AccountContext, origin: Origin, verdict: Verdict) -> ResolvedPlan:
    directory = context.directory
    plan = verdict.plan
    ending: Relocation | Discard | None = None
    match _ending(context, origin, verdict):
        case MoveTo(target=target, rule=rule):
            ending = Relocation(directory.destination(directory.resolve(target, origin.session)), rule)
        case Expunge(rule=rule):
            ending = Discard(rule)
        case None:
            pass
    moved_to = ending.to.name if isinstance(ending, Relocation) else None
    if moved_to == origin.name:
        ending = None
    copies = {directory.resolve(copy.target, origin.session): copy.rule for copy in plan.copies}
    return ResolvedPlan(
        flags=plan.flags,
        copies=tuple(
            (directory.destination(name), rule) for name, rule in copies.items() if name not in {origin.name, moved_to}
        ),
        ending=ending,
    )


def is_shareable(context: AccountContext, entry: Entry, selected: SelectedMailbox) -> bool:
    """Whether flags may share a flight with the move behind them: nothing known can make one fail alone.

    A keyword that the mailbox has not yet goes first: Dovecot refuses one of over 50 characters whatever
    PERMANENTFLAGS says, and then the message must stay.
    """
    flags_are_known = all(has_flag(selected.flags, flag) for flag in _stored(entry.steps))
    return flags_are_known and all(
        context.directory.exists(MailboxName(step.target)) for step in entry.steps if step.target is not None
    )


def _not_kept(steps: Iterable[Step], selected: SelectedMailbox) -> list[str]:
    """The flags of a STORE that the mailbox would not keep (RFC 9051 §7.1, PERMANENTFLAGS)."""
    return [flag for flag in _stored(steps) if not admits(selected.permanent_flags, flag)]


def _stored(steps: Iterable[Step]) -> list[str]:
    return [flag for step in steps if step.kind is StepKind.STORE_FLAGS for flag in (*step.add, *(step.replace or ()))]
