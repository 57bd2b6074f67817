"""The rules over mail that is there already: the same path, without waiting for anything new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.deciding import Decision
from mailrules.engine.outcome import Outcome
from mailrules.engine.process import Path
from mailrules.engine.reading import fetch, uids_in, validity, windows
from mailrules.engine.recovery import replay_once
from mailrules.imap import MailboxName, UIDSet
from mailrules.store import Checkpoint, Entry, EntryState

__all__ = ["ApplyMode", "ApplySummary", "apply"]

_BATCH = 10
"""Windows that are acted on together: one command a target serves up to 10,000 messages."""


class ApplyMode(Enum):
    """Whether the mailbox is changed."""

    DO = "do"
    DRY_RUN = "dry run"


@dataclass(frozen=True, slots=True)
class ApplySummary:
    """What came out of one mailbox."""

    messages: int
    """How many were looked at."""
    matched: Mapping[str, int]
    """How many messages each rule matched."""
    done: int
    pending: int
    held: int


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
        await replay_once(context, name, await context.store.unfinished(context.name, name.raw))
    unknown: dict[int, tuple[str, ...]] = {}
    path = Path(_telling(context, unknown), session, name)
    selected = await (session.select(name) if mode is ApplyMode.DO else session.examine(name))
    uids = await uids_in(session, UIDSet.all()) if selected.exists else ()
    busy = await context.store.open_uids(context.name, name.raw, validity(selected))
    ruleset = context.rules()
    matched: Counter[str] = Counter()
    states: Counter[EntryState] = Counter()
    decisions: list[Decision] = []
    aside: list[Entry] = []
    all_windows = list(windows(uids))
    looked = 0
    for number, window in enumerate(all_windows, start=1):
        messages = await fetch(session, window, ruleset.header_fields)
        readable, unreadable = path.sift(messages)
        aside += unreadable
        free = [message for message in readable if message.uid not in busy]
        found = await path.evaluate(free, ruleset, {})
        decisions += found
        unknown |= {decision.message.uid: decision.verdict.unknown for decision in found if decision.verdict.unknown}
        matched.update(rule for decision in found for rule in decision.verdict.matched)
        looked += len(window)
        progress(looked, len(uids))
        if mode is ApplyMode.DRY_RUN:
            _report(path, found)
            decisions.clear()
        elif number % _BATCH == 0 or number == len(all_windows):
            ended = await _act(path, decisions, aside, window.last or 0)
            states.update(entry.state for entry in ended)
            decisions.clear()
            aside.clear()
    return ApplySummary(
        len(uids), dict(matched), states[EntryState.DONE], states[EntryState.PENDING], states[EntryState.HELD]
    )


def _telling(context: AccountContext, unknown: Mapping[int, tuple[str, ...]]) -> AccountContext:
    """The context whose outcomes name the rules, by UID, that stayed unknown: the journal does not keep them."""

    def report(outcome: Outcome) -> None:
        context.report(replace(outcome, unknown=unknown.get(outcome.uid, outcome.unknown)))

    return replace(context, report=report)


def _report(path: Path, decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        if decision.verdict.plan or decision.verdict.error:
            path.report_observed(decision)


async def _act(path: Path, decisions: Sequence[Decision], aside: Sequence[Entry], highest: int) -> Sequence[Entry]:
    context = path.context
    messages = {decision.message.uid: decision.message for decision in decisions}
    checkpoint = await context.store.checkpoint(context.name, path.name.raw)
    entries = await path.journal(
        decisions,
        context.rules(),
        _raised(checkpoint, validity(path.selected), highest),
        messages.values(),
        await context.store.copied(context.name, path.name.raw, validity(path.selected)),
        aside,
    )
    return await path.execute(entries, messages, lambda: None)


def _raised(checkpoint: Checkpoint | None, uidvalidity: int, highest: int) -> Checkpoint | None:
    """Where new mail begins for the daemon afterwards: it must not run the same rules on these messages again."""
    if checkpoint is None or checkpoint.uidvalidity != uidvalidity:
        return None
    return replace(checkpoint, uid=max(checkpoint.uid, highest))
