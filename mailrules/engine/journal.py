"""A message's journal entry: made from a verdict before anything is sent, concluded from what was answered; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mailrules.client import Namespace
from mailrules.engine.answers import RETRY_FOR, retry_after
from mailrules.engine.flights import Work
from mailrules.engine.outcome import ActionDone, ActionKind, Outcome, OutcomeState
from mailrules.engine.reading import Fetched
from mailrules.engine.reasons import reasons_of
from mailrules.imap import MailboxName
from mailrules.rules import Expunge, FlagChange, MoveTo, Plan, Trash, Verdict
from mailrules.store import Entry, EntryState, Own, Step, StepKind, StepState
from mailrules.values import copier

__all__ = [
    "MET_AGAIN",
    "Paths",
    "blank_of",
    "conclude",
    "decided",
    "decided_alike",
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


# fmt: off
_decided: Callable[..., Entry] = copier(
    Entry, "uid", "message_id", "fingerprint", "internaldate", "size", "prior_flags", "rules", "trace", "chain", "hops",
    "steps", "sender", "subject",
)
# fmt: on
_decided_alike: Callable[..., Entry] = copier(
    Entry, "uid", "message_id", "fingerprint", "internaldate", "size", "trace", "sender", "subject"
)
_concluded: Callable[..., Entry] = copier(Entry, "steps", "state", "reason")
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_HOPS = 8
_LONGEST = 300
"""Characters of a sender or a subject that the journal keeps."""


def is_met_again(entry: Entry) -> bool:
    """Whether the rules have met its message once more; else one that is gone was moved or deleted by somebody."""
    return entry.state is EntryState.GONE and entry.reason == MET_AGAIN


def blank_of(account: str, mailbox: bytes, uidvalidity: int, ruleset: str = "") -> Entry:
    """What the entries of a batch have in common; ``ruleset`` is the digest of all rules in force."""
    return Entry(
        account=account,
        mailbox=mailbox,
        uidvalidity=uidvalidity,
        uid=0,
        message_id="",
        fingerprint="",
        internaldate=_NO_TIME,
        size=0,
        ruleset=ruleset,
    )


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


def decided(
    blank: Entry, message: Fetched, verdict: Verdict, steps: tuple[Step, ...] = (), own: Own | None = None
) -> Entry:
    """The entry of a message with the steps to be done, the rules that acted and their reasons.

    ``blank`` has what the entries of a batch have in common. ``own`` is how mailrules itself had put the message there:
    its rules are not to act on it again, and after so many hops nobody's are.
    """
    ending = verdict.plan.ending
    hops = own.hops + 1 if own else 0
    return _decided(
        blank,
        uid=message.uid,
        message_id=message.message_id,
        fingerprint=message.fingerprint,
        internaldate=message.internaldate,
        size=message.size,
        prior_flags=tuple(sorted(message.flags)),
        rules=(*own.rules, *verdict.matched) if own else verdict.matched,
        trace=reasons_of(verdict, verdict.matched),
        chain=isinstance(ending, MoveTo) and ending.chain and hops < _MAX_HOPS and bool(steps),
        hops=hops,
        steps=steps,
        sender=_shortened(message.sender),
        subject=_shortened(message.subject),
    )


def decided_alike(pattern: Entry, message: Fetched, verdict: Verdict) -> Entry:
    """The same as `decided` where another message with the same flags, whose entry is ``pattern``, had that decided."""
    return _decided_alike(
        pattern,
        message.uid,
        message.message_id,
        message.fingerprint,
        message.internaldate,
        message.size,
        reasons_of(verdict, verdict.matched),
        _shortened(message.sender),
        _shortened(message.subject),
    )


def held(entry: Entry, reason: str) -> Entry:
    """The entry of a message that stays where it is until a person has looked."""
    return replace(entry, state=EntryState.HELD, reason=reason)


def conclude(work: Work, now: datetime) -> Entry:
    """The entry as it is to be recorded after the executor: a work without verdict stays begun, for recovery."""
    state = EntryState.BEGUN if work.verdict is None or work.verdict is EntryState.PENDING else work.verdict
    ended = _concluded(work.entry, tuple(work.steps), state, work.reason)
    return postponed(ended, work.reason, now) if work.verdict is EntryState.PENDING else ended


def postponed(entry: Entry, reason: str, now: datetime) -> Entry:
    """The entry of a message that the server refused something for now: to be tried again, for a day."""
    since = entry.retried or entry.begun
    if since is not None and now - since > RETRY_FOR:
        return replace(entry, state=EntryState.HELD, reason=f"given up after {RETRY_FOR.days} day: {reason}")
    return replace(entry, state=EntryState.PENDING, reason=reason, due=now + retry_after(entry.attempts))


class Paths(dict[bytes, str]):
    """The mailboxes by their names as rule files name them, each worked out when it is first asked for."""

    def __init__(self, namespace: Namespace) -> None:
        super().__init__()
        self._namespace = namespace

    def __missing__(self, name: bytes) -> str:
        path = self[name] = self._namespace.to_path(MailboxName(name))
        return path


def outcome_in(paths: Paths, entry: Entry) -> Outcome:
    """What to tell about an entry, its mailboxes named as rule files name them."""
    return outcome_of(entry, paths[entry.mailbox], paths)


def outcome_of(entry: Entry, mailbox: str, paths: Mapping[bytes, str]) -> Outcome:
    """What to tell about an entry; ``paths`` are the readable names of its targets.

    Of one that is done only what was done is told: a server may have refused a flag and moved the message all the same.
    """
    steps = [step for step in entry.steps if entry.state is not EntryState.DONE or step.state is StepState.DONE]
    only_moved = len(steps) == 1 and steps[0].kind is StepKind.MOVE  # as most are
    return Outcome(
        account=entry.account,
        mailbox=mailbox,
        uid=entry.uid,
        message_id=entry.message_id,
        sender=entry.sender,
        subject=entry.subject,
        state=OutcomeState.DONE if entry.state is EntryState.DONE else _STATES[entry.state],
        rules=entry.rules,
        actions=(_to(ActionKind.MOVE, steps[0], paths),) if only_moved else tuple(_actions(steps, paths)),
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
    for index, step in enumerate(steps):
        match step.kind:
            case StepKind.MOVE:
                yield _to(ActionKind.MOVE, step, paths)
            case StepKind.STORE_FLAGS if step.replace is not None:
                yield ActionDone(ActionKind.SET_FLAGS, step.rule, flags=step.replace)
            case StepKind.STORE_FLAGS if step.add:
                yield ActionDone(ActionKind.ADD_FLAGS, step.rule, flags=step.add)
            case StepKind.STORE_FLAGS:
                yield ActionDone(ActionKind.REMOVE_FLAGS, step.rule, flags=step.remove)
            case StepKind.COPY:
                is_half = index + 1 < len(steps) and _are_a_move(step, steps[index + 1])
                yield _to(ActionKind.MOVE if is_half else ActionKind.COPY, step, paths)
            case StepKind.MARK_DELETED if index == 0 or not _are_a_move(steps[index - 1], step):
                yield ActionDone(ActionKind.EXPUNGE, step.rule)
            case StepKind.MARK_DELETED | StepKind.UID_EXPUNGE:
                pass


def _to(kind: ActionKind, step: Step, paths: Mapping[bytes, str]) -> ActionDone:
    return ActionDone(kind, step.rule, None if step.target is None else paths[step.target])


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _are_a_move(first: Step, second: Step) -> bool:
    return (first.kind, second.kind) == (StepKind.COPY, StepKind.MARK_DELETED) and first.rule == second.rule
