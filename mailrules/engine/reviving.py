"""What an entry becomes when its message is looked at again: begun once more, held, or ended; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailrules.engine.deciding import Decision
from mailrules.engine.journal import MET_AGAIN, held, postponed
from mailrules.engine.reading import UNREADABLE, Fetched
from mailrules.engine.stale import OUTDATED, is_outdated
from mailrules.imap import DELETED, has_flag
from mailrules.rules import Ruleset
from mailrules.store import Entry, EntryState, StepKind, StepState

__all__ = ["in_place_of", "retaken", "revived", "without_steps"]


def revived(entry: Entry, message: Fetched | None, era: int, rules: Ruleset) -> Entry:
    """The entry as it is begun again where its message is still here and the same; ``era`` is the UIDVALIDITY now."""
    if entry.uidvalidity != era:
        return replace(held(entry, "UIDVALIDITY changed before it could be finished"), due=None)
    if message is not None and not message.readable:
        return replace(held(entry, UNREADABLE), due=None)
    if message is None or message.fingerprint != entry.fingerprint:
        return replace(entry, state=EntryState.GONE, due=None, reason="somebody else moved or expunged it first")
    if has_flag(message.flags, DELETED) and not _has_marked(entry):
        return replace(entry, state=EntryState.GONE, due=None, reason=r"somebody marked it \Deleted")
    if entry.steps and is_outdated(entry, message.flags, rules):
        return replace(entry, state=EntryState.GONE, due=None, reason=OUTDATED)
    return replace(
        entry,
        state=EntryState.BEGUN,
        due=None,
        attempts=entry.attempts + 1,
        prior_flags=tuple(sorted(message.flags)),
    )


def retaken(entry: Entry, message: Fetched | None, era: int, rules: Ruleset) -> Entry:
    """The same for one that a person wants tried again: what is not here may have been moved without an answer."""
    here = message is not None and message.fingerprint == entry.fingerprint
    if entry.steps and not (here and entry.uidvalidity == era):
        return replace(entry, state=EntryState.BEGUN, due=None)
    return revived(entry, message, era, rules)


def without_steps(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Split off the entries that are begun and have no steps: their messages are met by the rules as if they were new.

    Such were own arrivals or not; nobody could tell then. These entries end when others begin.
    """
    met = [entry for entry in entries if _is_bare(entry)]
    return met, [entry for entry in entries if not _is_bare(entry)]


def in_place_of(
    met: Sequence[Entry], decisions: Sequence[Decision], now: datetime
) -> tuple[Sequence[Decision], Sequence[Entry]]:
    """End earlier entries, but for those whose question is refused again: they go on, so that a day is a day.

    Return the decisions that others begin by, and the earlier entries. One that waited for a rule's limit may have done
    so for long; its day begins now.
    """
    refused = {decision.message.uid: decision.verdict.error or "" for decision in decisions if decision.postponed}
    earlier = [
        postponed(entry, refused[entry.uid], now)
        if entry.uid in refused and not entry.rules
        else replace(entry, state=EntryState.GONE, reason=MET_AGAIN)
        for entry in met
    ]
    going_on = {entry.uid for entry in earlier if entry.state is not EntryState.GONE}
    return [decision for decision in decisions if decision.message.uid not in going_on], earlier


def _is_bare(entry: Entry) -> bool:
    return not entry.steps and entry.state is EntryState.BEGUN


def _has_marked(entry: Entry) -> bool:
    r"""Whether the \Deleted on an entry's message may be our own."""
    return any(step.kind is StepKind.MARK_DELETED and step.state is StepState.DONE for step in entry.steps)
