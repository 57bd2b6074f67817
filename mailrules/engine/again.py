"""Copies that the journal knows as made are not made again, however often the rules are applied; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mailrules.store import Entry, EntryState, StepKind

__all__ = ["without_old_copies"]


def without_old_copies(entries: Iterable[Entry], copied: Mapping[int, frozenset[bytes]]) -> list[Entry]:
    r"""Leave out plain copies made before; entries with nothing left to do are left out whole.

    A COPY that is the first half of a move (followed by \Deleted) is not a plain one.
    """
    return [
        kept
        for entry in entries
        if (kept := _without(entry, copied.get(entry.uid, frozenset()))).steps or entry.state is not EntryState.BEGUN
    ]


def _without(entry: Entry, made: frozenset[bytes]) -> Entry:
    following = [*entry.steps[1:], None]
    steps = tuple(
        step
        for step, after in zip(entry.steps, following, strict=False)  # an entry that is held has no steps
        if step.kind is not StepKind.COPY
        or step.target not in made
        or (after is not None and after.kind is StepKind.MARK_DELETED)
    )
    return replace(entry, steps=steps)
