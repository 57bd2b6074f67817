"""Held and pending messages, tried again because a person says so: by the daemon's own code, on a session apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.filing import Filing
from mailrules.engine.journal import is_met_again
from mailrules.engine.recovery import replay_once
from mailrules.imap import MailboxName, Refused
from mailrules.store import Entry, EntryState, HistoryQuery, Store

__all__ = ["newer_entry", "retry"]

_TRIES = 3
"""How often what stays unclear is looked at; then it is left to the daemon, or to another run."""


async def retry(context: AccountContext, session: Session, entries: Sequence[Entry]) -> AsyncIterator[Entry]:
    """Try these entries of the account again and give each as it is then, or the one that has taken its place.

    Whoever calls works on the account alone. Raises NetworkError; what was begun by then is recovery's.
    """
    by_mailbox: dict[bytes, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_mailbox[entry.mailbox].append(entry)
    for raw, some in sorted(by_mailbox.items()):
        refused = await _retry_in(context, session, MailboxName(raw), some)
        for entry in some:
            now = await _as_it_is(context, entry)
            yield replace(now, reason=f"{refused}") if refused and not now.state.final else now


async def _retry_in(
    context: AccountContext, session: Session, name: MailboxName, entries: Sequence[Entry]
) -> Refused | None:
    """Try them once more; return what kept us from it."""
    try:
        begun = await Filing(context, session, name).take_up(entries)
    except Refused as refused:
        if await session.find(name) is not None:
            return refused
        begun = tuple(replace(entry, state=EntryState.BEGUN, due=None) for entry in entries if entry.steps)
        await context.store.record(begun, now=context.now())  # recovery knows what to do without the mailbox
    error: Refused | None = None
    for _ in range(_TRIES):
        if not begun:
            return None
        try:
            await replay_once(context, name, begun)
        except Refused as refused:
            error = refused
        ids = {entry.id for entry in begun}
        begun = tuple(one for one in await context.store.unfinished(context.name, name.raw) if one.id in ids)
    return error if begun else None


async def _as_it_is(context: AccountContext, entry: Entry) -> Entry:
    """The entry as the journal has it now; if its message was met by the rules again, what came of that."""
    (now,) = await context.store.history(HistoryQuery(ids=(entry.id or 0,)))
    if not is_met_again(now):
        return now
    newer = await newer_entry(context.store, entry)
    return newer or replace(now, state=EntryState.DONE, rules=(), reason="no rule asks for anything now")


async def newer_entry(store: Store, entry: Entry) -> Entry | None:
    """Return the entry that has taken the place of this one, whose message was met again; None if there is none."""
    here = await store.at(entry.account, entry.mailbox, entry.uidvalidity, entry.uid)
    newer = [one for one in here if (one.id or 0) > (entry.id or 0)]
    return newer[-1] if newer else None
