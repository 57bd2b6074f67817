"""What a STORE changed, whether the server kept it, and how to take it back; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailrules.engine.flights import Work
from mailrules.imap import RECENT, UID, StoreMode, UIDSet, UidStore, missing_flags
from mailrules.store import Step, StepKind, StepState

__all__ = ["kept", "put_back", "reopen_flags", "store_command"]


def kept(step: Step, flags: Iterable[str]) -> tuple[str, ...]:
    """The flags that a STORE asked for and the server's FETCH does not show; empty when all is well."""
    return tuple(sorted(missing_flags(step.add or step.replace or (), flags)))


def store_command(step: Step, uids: UIDSet) -> UidStore:
    """The command for a flag step."""
    if step.replace is not None:
        return UidStore(uids, StoreMode.REPLACE, frozenset(step.replace))
    if step.add:
        return UidStore(uids, StoreMode.ADD, frozenset(step.add))
    return UidStore(uids, StoreMode.REMOVE, frozenset(step.remove))


def put_back(work: Work) -> Iterator[UidStore]:
    """The commands that undo the finished flag steps of a message that stays.

    Only what the step changed is changed back: another client may have set other flags since.
    """
    prior = [flag for flag in work.entry.prior_flags if flag != RECENT]
    uids = UIDSet([UID(work.entry.uid)])
    for step in work.steps:
        if step.kind is not StepKind.STORE_FLAGS or step.state is not StepState.DONE:
            continue
        stored = step.replace if step.replace is not None else step.add
        lost = step.remove if step.replace is None else missing_flags(prior, step.replace)
        if added := missing_flags(stored, prior):
            yield UidStore(uids, StoreMode.REMOVE, added)
        if lost:
            yield UidStore(uids, StoreMode.ADD, frozenset(lost))


def reopen_flags(work: Work) -> None:
    """The flag steps of a message are to be done again: what they did was taken back."""
    for index, step in enumerate(work.steps):
        if step.kind is StepKind.STORE_FLAGS:
            work.settle(index, StepState.BEGUN)
