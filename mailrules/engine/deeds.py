"""What a journal entry did to its message, told from its finished steps: what an undo has to take back; pure.

Steps are lowered actions, so a move may be a COPY and a removal of what was copied: the last copy is the message then.
That holds as well where rules copied a message and expunged it: the copy is what is left of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import DELETED, RECENT, Flags, has_flag, missing_flags
from mailrules.store import Entry, EntryState, Replay, Step, StepKind, StepState
from mailrules.values import value

__all__ = ["Deeds", "deeds", "touched"]

_UNDOABLE = frozenset({EntryState.DONE, EntryState.GONE, EntryState.HELD})


@value(frozen=True, slots=True)
class Deeds:
    """What was done to one message."""

    moved: Step | None
    """What brought it to another mailbox."""
    expunged: bool
    """It is gone for good, and there is no copy."""
    copies: tuple[Step, ...]
    added: Flags
    r"""The flags it has by us; \Deleted with them, where it was marked and left so."""
    removed: Flags
    """The flags it lost by us."""
    carried: Flags
    """The flags that its copies may have by us; those that were put back on the message itself among them."""


def deeds(entry: Entry) -> Deeds:
    """Read from an entry what it did."""
    done = [step for step in entry.steps if step.state is StepState.DONE]
    carriers = [step for step in done if step.kind.replay is Replay.CHECK_FIRST]
    marked = any(step.kind is StepKind.MARK_DELETED for step in done)
    moved = next(
        (step for step in carriers if step.kind is StepKind.MOVE), carriers[-1] if marked and carriers else None
    )
    prior = frozenset(flag for flag in entry.prior_flags if flag != RECENT)
    stores = [step for step in entry.steps if step.kind is StepKind.STORE_FLAGS]
    left = _stored(prior, done) | ({DELETED} if marked and moved is None else frozenset())
    return Deeds(
        moved=moved,
        expunged=moved is None and any(step.kind is StepKind.UID_EXPUNGE for step in done),
        copies=tuple(step for step in carriers if step is not moved and not _was_there(step)),
        added=missing_flags(left, prior),
        removed=missing_flags(prior, left),
        carried=prior.union(*(step.add for step in stores), *(step.replace or () for step in stores)),
    )


def touched(entry: Entry) -> bool:
    """Whether the entry has come to an end and did anything."""
    return entry.state in _UNDOABLE and any(step.state is StepState.DONE for step in entry.steps)


def _was_there(step: Step) -> bool:
    """Whether what the server calls the copy was in the target before: a label that somebody else had given (Gmail)."""
    return step.target_uid is not None and step.target_uid < (step.target_uidnext or 1)


def _stored(flags: Flags, steps: Iterable[Step]) -> Flags:
    """The flags after the flag steps among these."""
    for step in steps:
        if step.kind is StepKind.STORE_FLAGS:
            kept = frozenset(flag for flag in flags if not has_flag(step.remove, flag))
            flags = frozenset(step.replace) if step.replace is not None else kept | missing_flags(step.add, kept)
    return flags
