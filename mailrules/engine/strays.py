"""Messages whose steps are open in mailboxes that nobody serves: taken up by recovery, or held by it at last.

Such mailboxes are unwatched by now, renamed or deleted, or ``apply`` was run on them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from mailrules.engine.account import AccountContext
from mailrules.imap import MailboxName
from mailrules.store import Entry, EntryState

__all__ = ["strays"]


async def strays(context: AccountContext, served: Collection[MailboxName]) -> Mapping[MailboxName, tuple[Entry, ...]]:
    """Find begun entries, and pending ones whose time has come, in mailboxes that are not served.

    The pending ones are begun from now on; give all of them to ``recovery.replay``.
    """
    found: dict[MailboxName, tuple[Entry, ...]] = {}
    for raw in await context.store.open_mailboxes(context.name):
        name = MailboxName(raw)
        if name in served:
            continue
        now = context.now()
        due = [
            replace(entry, state=EntryState.BEGUN, due=None, attempts=entry.attempts + 1)
            for entry in await context.store.due(context.name, raw, now)
            if entry.id not in context.in_repair
        ]
        if due:
            await context.store.record(due, now=now)
        begun = await context.store.unfinished(context.name, raw)
        if fresh := tuple(entry for entry in begun if entry.id not in context.in_repair):
            found[name] = fresh
    return found
