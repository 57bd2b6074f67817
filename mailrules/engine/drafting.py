"""Decisions become the journal's entries: targets are found, and plans lowered to what this server can do.

Nothing is changed on the server here but that missing targets are created.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailrules.engine.account import AccountContext
from mailrules.engine.deciding import Decision, Origin
from mailrules.engine.directory import TargetError
from mailrules.engine.journal import decided, draft, held, postponed
from mailrules.engine.lowering import Discard, Relocation, ResolvedPlan, lower, lowering_for
from mailrules.engine.reading import validity
from mailrules.imap import MailboxName, SelectedMailbox, admits, has_flag
from mailrules.rules import Expunge, MoveTo, Ruleset, Target, Trash, Verdict
from mailrules.store import Entry, Step, StepKind

__all__ = ["entries_for", "foreseen", "is_shareable"]

_MAX_HOPS = 8
_TRASH = Target(special_use="\\Trash")


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
