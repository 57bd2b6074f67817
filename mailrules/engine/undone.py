"""What became of an undo, as the journal tells it, and whether there is anything to undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from mailrules.engine.deeds import touched
from mailrules.engine.outcome import ActionDone
from mailrules.store import Entry, EntryState, Store
from mailrules.values import value

__all__ = ["NOT_BACK", "TakenBack", "Undone", "before", "leading", "nothing_to_undo", "state_of", "taken_back"]

NOT_BACK = "the message itself is not back"
"""Why a copy stays."""


class Undone(Enum):
    """How far one entry's undo has come."""

    DONE = "done"
    FORESEEN = "would be taken back"
    BEFORE = "already taken back"
    PENDING = "pending"
    """It is finished by itself: by the daemon, or when the next undo begins."""
    HELD = "held"
    FAILED = "not taken back"


@value(frozen=True, slots=True)
class TakenBack:
    """What became of the undo of one entry. Mailboxes are named by their paths."""

    entry: Entry
    state: Undone
    home: str = ""
    """Where rules found the message: where it goes back to."""
    mailbox: str = ""
    """Where the message was found now; empty where it was not."""
    actions: tuple[ActionDone, ...] = ()
    """A move back; flags; a copy that is expunged, with its mailbox as the target."""
    reason: str = ""
    """Why it is not done; a sentence for people."""
    remarks: tuple[str, ...] = ()
    """What else there is to know: copies that stay, mailboxes that are made anew."""
    copies_left: int = 0
    """How many copies could not be taken away; the remarks say why."""
    by: tuple[int, ...] = ()
    """The journal's entries of the undo."""


async def taken_back(store: Store, entries: Sequence[Entry]) -> Mapping[int, Entry]:
    """Read by the id of each of these entries that is taken back already, or about to be, the entry that does so.

    One whose undo came to nothing, or was undone itself, is as it was before.
    """
    newest = await store.undone([entry.id for entry in entries if entry.id is not None])
    standing = {id_: one for id_, one in newest.items() if one.state is not EntryState.GONE or touched(one)}
    undone = await taken_back(store, list(standing.values())) if standing else {}
    return {id_: one for id_, one in standing.items() if one.id not in undone}


async def leading(store: Store, entries: Sequence[Entry]) -> Mapping[int, Entry]:
    """Read by the id of each of these entries that takes a copy away the entry that puts its message back.

    Of an undo that is the last one that was begun.
    """
    own = await store.undone([entry.undoes for entry in entries if entry.undoes is not None])
    leads = {entry.id: own.get(entry.undoes or 0) for entry in entries if entry.id is not None}
    return {id_: lead for id_, lead in leads.items() if lead is not None and lead.id != id_}


def nothing_to_undo(entry: Entry) -> str:
    """Why an entry can't be taken back, empty if it can."""
    if touched(entry):
        return ""
    why = f": {entry.reason}" if entry.reason else ""
    return f"nothing was done{why}" if entry.state.final or not entry.steps else f"it is {entry.state.value}{why}"


def before(entry: Entry, by: Entry) -> TakenBack:
    """Tell of an entry that `by` has taken back already, or is about to."""
    state, reason = state_of([by])
    if state is Undone.DONE or by.state is EntryState.GONE:
        state, reason = Undone.BEFORE, ""
    return TakenBack(entry, state, reason=reason, by=(by.id,) if by.id is not None else ())


def state_of(begun: Sequence[Entry]) -> tuple[Undone, str]:
    """How far an undo is, by its entries, the message's own at the end; and why it is not done."""
    for entry in reversed(begun):
        if entry.state in {EntryState.BEGUN, EntryState.PENDING}:
            return Undone.PENDING, entry.reason or "the connection was lost"
    for entry in reversed(begun):
        if entry.state is EntryState.HELD:
            return Undone.HELD, entry.reason
    if begun[-1].state is EntryState.GONE:
        return Undone.FAILED, begun[-1].reason
    return Undone.DONE, ""
