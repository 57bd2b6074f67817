"""A message's journal entry: made from a verdict before anything is sent, concluded from what was answered; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from mailrules.client import Namespace
from mailrules.engine.answers import RETRY_FOR, retry_after
from mailrules.engine.flights import Work
from mailrules.engine.outcome import ActionDone, ActionKind, Outcome, OutcomeState
from mailrules.engine.reading import Fetched
from mailrules.engine.reasons import reasons_of
from mailrules.imap import MailboxName
from mailrules.rules import Expunge, FlagChange, MoveTo, Plan, Trash, Verdict
from mailrules.store import Entry, EntryState, Step, StepKind, StepState

__all__ = [
    "MET_AGAIN",
    "conclude",
    "decided",
    "draft",
    "held",
    "is_met_again",
    "outcome_in",
    "outcome_of",
    "postponed",
    "would_be",
]

MET_AGAIN = "looked at again"
"""Why an entry has ended whose message the rules have met once more: another entry may have taken its place."""

_STATES = {
    EntryState.BEGUN: OutcomeState.PENDING,
    EntryState.DONE: OutcomeState.DONE,
    EntryState.PENDING: OutcomeState.PENDING,
    EntryState.HELD: OutcomeState.HELD,
    EntryState.GONE: OutcomeState.GONE,
}


_LONGEST = 300
"""Characters of a sender or a subject that the journal keeps."""


def is_met_again(entry: Entry) -> bool:
    """Whether the rules have met its message once more; else one that is gone was moved or deleted by somebody."""
    return entry.state is EntryState.GONE and entry.reason == MET_AGAIN


def draft(account: str, mailbox: bytes, uidvalidity: int, message: Fetched) -> Entry:
    """The entry of one message, without anything decided yet."""
    return Entry(
        account=account,
        mailbox=mailbox,
        uidvalidity=uidvalidity,
        uid=message.uid,
        message_id=message.message_id,
        fingerprint=message.fingerprint,
        internaldate=message.internaldate,
        size=message.size,
        prior_flags=tuple(sorted(message.flags)),
        sender=_shortened(message.sender),
        subject=_shortened(message.subject),
    )


def decided(entry: Entry, verdict: Verdict, ruleset: str) -> Entry:
    """The entry with the rules that acted and their reasons; ``ruleset`` is the digest of all rules in force."""
    return replace(entry, rules=verdict.matched, ruleset=ruleset, trace=reasons_of(verdict, verdict.matched))


def held(entry: Entry, reason: str) -> Entry:
    """The entry of a message that stays where it is until a person has looked."""
    return replace(entry, state=EntryState.HELD, reason=reason)


def conclude(work: Work, now: datetime) -> Entry:
    """The entry as it is to be recorded after the executor: a work without verdict stays begun, for recovery."""
    entry = replace(work.entry, steps=tuple(work.steps))
    state = work.verdict or EntryState.BEGUN
    if state is not EntryState.PENDING:
        return replace(entry, state=state, reason=work.reason, due=None)
    return postponed(entry, work.reason, now)


def postponed(entry: Entry, reason: str, now: datetime) -> Entry:
    """The entry of a message that the server refused something for now: to be tried again, for a day."""
    since = entry.retried or entry.begun
    if since is not None and now - since > RETRY_FOR:
        return replace(entry, state=EntryState.HELD, reason=f"given up after {RETRY_FOR.days} day: {reason}")
    return replace(entry, state=EntryState.PENDING, reason=reason, due=now + retry_after(entry.attempts))


def outcome_in(namespace: Namespace, entry: Entry, message: Fetched | None = None) -> Outcome:
    """What to tell about an entry, its mailboxes named as rule files name them."""
    paths = {step.target: namespace.to_path(MailboxName(step.target)) for step in entry.steps if step.target}
    return outcome_of(entry, namespace.to_path(MailboxName(entry.mailbox)), paths, message)


def outcome_of(entry: Entry, mailbox: str, paths: Mapping[bytes, str], message: Fetched | None) -> Outcome:
    """What to tell about an entry; ``paths`` are the readable names of its targets.

    Of one that is done only what was done is told: a server may have refused a flag and moved the message all the same.
    """
    steps = [step for step in entry.steps if entry.state is not EntryState.DONE or step.state is StepState.DONE]
    return Outcome(
        account=entry.account,
        mailbox=mailbox,
        uid=entry.uid,
        message_id=entry.message_id,
        sender=message.sender if message else entry.sender,
        subject=message.subject if message else entry.subject,
        state=_STATES[entry.state],
        rules=entry.rules,
        actions=tuple(_actions(steps, paths)),
        reason=entry.reason,
        why=entry.trace,
        undoes=entry.undoes,
    )


def would_be(account: str, mailbox: str, message: Fetched, verdict: Verdict) -> Outcome:
    """What would be done to a message, before it is fitted to the server."""
    return Outcome(
        account=account,
        mailbox=mailbox,
        uid=message.uid,
        message_id=message.message_id,
        sender=message.sender,
        subject=message.subject,
        state=OutcomeState.HELD if verdict.error else OutcomeState.OBSERVED,
        rules=verdict.matched,
        actions=tuple(_planned(verdict.plan)),
        reason=verdict.error or "",
        why=reasons_of(verdict, verdict.matched + verdict.observed),
        observed=verdict.observed,
        unknown=verdict.unknown,
    )


def _planned(plan: Plan) -> Iterable[ActionDone]:
    match plan.flags:
        case FlagChange(replace=None, add=add, remove=remove, rule=rule):
            if add:
                yield ActionDone(ActionKind.ADD_FLAGS, rule, flags=tuple(sorted(add)))
            if remove:
                yield ActionDone(ActionKind.REMOVE_FLAGS, rule, flags=tuple(sorted(remove)))
        case FlagChange(replace=whole, rule=rule):
            yield ActionDone(ActionKind.SET_FLAGS, rule, flags=tuple(sorted(whole or ())))
        case None:
            pass
    for copy in plan.copies:
        yield ActionDone(ActionKind.COPY, copy.rule, target=str(copy.target))
    match plan.ending:
        case MoveTo(target=target, rule=rule):
            yield ActionDone(ActionKind.MOVE, rule, target=str(target))
        case Trash(rule=rule):
            yield ActionDone(ActionKind.TRASH, rule)
        case Expunge(rule=rule):
            yield ActionDone(ActionKind.EXPUNGE, rule)
        case None:
            pass


def _actions(steps: Sequence[Step], paths: Mapping[bytes, str]) -> Iterable[ActionDone]:
    """Steps as the actions they came from: a copy whose message the same rule then marks and expunges was a move."""
    around = zip([None, *steps], steps, [*steps[1:], None], strict=False)
    for previous, step, following in around:
        match step.kind:
            case StepKind.STORE_FLAGS if step.replace is not None:
                yield ActionDone(ActionKind.SET_FLAGS, step.rule, flags=step.replace)
            case StepKind.STORE_FLAGS if step.add:
                yield ActionDone(ActionKind.ADD_FLAGS, step.rule, flags=step.add)
            case StepKind.STORE_FLAGS:
                yield ActionDone(ActionKind.REMOVE_FLAGS, step.rule, flags=step.remove)
            case StepKind.COPY if not _are_a_move(step, following):
                yield ActionDone(ActionKind.COPY, step.rule, target=paths.get(step.target or b"", ""))
            case StepKind.COPY | StepKind.MOVE:
                yield ActionDone(ActionKind.MOVE, step.rule, target=paths.get(step.target or b"", ""))
            case StepKind.MARK_DELETED if not _are_a_move(previous, step):
                yield ActionDone(ActionKind.EXPUNGE, step.rule)
            case StepKind.MARK_DELETED | StepKind.UID_EXPUNGE:
                pass


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _are_a_move(first: Step | None, second: Step | None) -> bool:
    match first, second:
        case Step(kind=StepKind.COPY, rule=mover), Step(kind=StepKind.MARK_DELETED, rule=remover):
            return mover == remover
        case _:
            return False
