"""Messages whose steps are open in mailboxes that nobody serves: taken up by recovery, or held by it at last.

Such mailboxes are unwatched by now, renamed or deleted, or ``apply`` was run on them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from mailrules.engine.account import AccountContext
from mailrules.engine.journal import held
from mailrules.imap import MailboxName
from mailrules.store import Entry, EntryState

__all__ = ["strays"]


async def strays(
    context: AccountContext, served: Collection[MailboxName], visited: Collection[MailboxName]
) -> Mapping[MailboxName, tuple[Entry, ...]]:
    """Find what recovery must take up: begun entries in mailboxes that no connection holds (``served`` are held).

    In mailboxes that are not ``visited`` now and then either, pending entries whose time has come are begun too; a
    message that only waited to be met again is held there.
    """
    found: dict[MailboxName, tuple[Entry, ...]] = {}
    for raw in await context.store.open_mailboxes(context.name):
        name = MailboxName(raw)
        if name in served:
            continue
        if name not in visited:
            await _begin_due(context, raw)
        begun = await context.store.unfinished(context.name, raw)
        if fresh := tuple(entry for entry in begun if entry.id not in context.in_repair):
            found[name] = fresh
    return found


async def _begin_due(context: AccountContext, raw: bytes) -> None:
    now = context.now()
    due = [
        replace(entry, state=EntryState.BEGUN, due=None)
        if entry.steps
        else replace(held(entry, "its mailbox is not watched any more"), due=None)
        for entry in await context.store.due(context.name, raw, now)
        if entry.id not in context.in_repair
    ]
    if due:
        await context.store.record(due, now=now)
