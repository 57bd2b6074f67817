"""Where a mailbox's handling starts: the first run, a checkpoint, or UIDs that mean something else now."""

from __future__ import annotations

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.directory import from_now_on
from mailrules.engine.reading import Fetched, fetch_in_windows, uids_in, validity
from mailrules.imap import MailboxName, SelectedMailbox, UIDSet
from mailrules.store import Checkpoint
from mailrules.values import value

__all__ = ["Renumbered", "Start", "highest_uid", "start"]


@value(frozen=True, slots=True)
class Renumbered:
    """What new UIDs leave to be settled before the new checkpoint may be kept."""

    new: tuple[int, ...]
    """UIDs at or below the checkpoint that are new all the same."""
    doubtful: tuple[Fetched, ...]
    """Messages of which nobody can say whether they were handled before."""


@value(frozen=True, slots=True)
class Start:
    """The checkpoint to go on from."""

    checkpoint: Checkpoint
    renumbered: Renumbered | None = None


async def start(context: AccountContext, session: Session, name: MailboxName, selected: SelectedMailbox) -> Start:
    """Find where to start in the mailbox that the session has just selected.

    On the first run of an account, and for a mailbox that was there but not watched, only mail from now on
    counts; ``mailrules apply`` does the rest.
    """
    old = await context.store.checkpoint(context.name, name.raw)
    if old and old.uidvalidity == validity(selected) and not await _is_rewound(session, old, selected):
        return Start(old)
    if old and old.uid == 0 and old.newest is None:
        # A mailbox that was found new before its UIDVALIDITY was known.
        return Start(Checkpoint(context.name, name.raw, validity(selected), 0))
    if old:
        return await _after_new_uids(context, session, old, selected)
    highest = await highest_uid(session, selected)
    here = from_now_on(Checkpoint(context.name, name.raw, validity(selected), highest), context.now())
    await context.store.set_checkpoint(here)
    return Start(here)


async def highest_uid(session: Session, selected: SelectedMailbox) -> int:
    """The highest UID that the mailbox may hold; asked for where SELECT does not tell UIDNEXT (Courier, Twisted)."""
    if selected.uidnext:
        return selected.uidnext - 1
    if not selected.exists:
        return 0
    return max(await uids_in(session, UIDSet.all()), default=0)


async def _is_rewound(session: Session, old: Checkpoint, selected: SelectedMailbox) -> bool:
    """Whether UIDs have begun again below what has been seen, although UIDVALIDITY is the same.

    GMX, hMailServer and Proton Bridge have done so; it also mends what a single false UID has done. A UIDNEXT that only
    lags behind the messages that there are, as Exchange tells it, is no new beginning.
    """
    if not selected.uidnext or selected.uidnext > old.uid:
        return False
    beyond = [uid for uid in await uids_in(session, UIDSet.after(selected.uidnext - 1)) if uid >= selected.uidnext]
    return max(beyond, default=0) < old.uid


async def _after_new_uids(
    context: AccountContext, session: Session, old: Checkpoint, selected: SelectedMailbox
) -> Start:
    """Tell new messages from handled ones by what they are: all UIDs mean something else now (RFC 9051 §2.3.1.1)."""
    known = await context.store.fingerprints(context.name, old.mailbox)
    new: list[int] = []
    doubtful: list[Fetched] = []
    newest = old.newest
    highest = 0
    async for message in fetch_in_windows(session, UIDSet.all()):
        highest = max(highest, message.uid)
        if message.fingerprint in known:
            continue
        if old.newest is None or message.internaldate > old.newest:
            new.append(message.uid)
        elif message.internaldate == old.newest:
            doubtful.append(message)
        newest = max(newest or message.internaldate, message.internaldate)
    checkpoint = Checkpoint(context.name, old.mailbox, validity(selected), highest, newest)
    return Start(checkpoint, Renumbered(tuple(new), tuple(doubtful)))
