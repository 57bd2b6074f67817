"""Shares an account's mailboxes out among the connections it may open; pure.

As many mailboxes as there are connections are held by IDLE. The rest are looked at on rounds, by the
connection that also asks for the list of mailboxes: the lead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailrules.imap import MailboxName

__all__ = ["Layout", "arrange"]


@value(frozen=True, slots=True)
class Layout:
    """Who looks after which mailbox."""

    held: tuple[MailboxName, ...] = ()
    """A connection each."""
    lead: MailboxName | None = None
    """What the lead holds whenever it is not on its rounds."""
    rounds: tuple[MailboxName, ...] = ()
    """What the lead visits when STATUS says that something has come."""


_NOTHING_PLACED = Layout()


def arrange(watched: Sequence[MailboxName], connections: int, before: Layout = _NOTHING_PLACED) -> Layout:
    """Share ``watched`` out, the first ones first, and leave where it is what ``before`` had placed.

    ``connections`` (at least 1) counts the lead. What is held stays held: to move it would cost its connection.
    """
    held = [name for name in before.held if name in watched][: connections - 1]
    lead = before.lead if before.lead in watched else None
    waiting = [name for name in watched if name != lead and name not in held]
    for_lead = 0 if lead else 1  # one is left for the lead, which would have nothing to hold otherwise
    room = min(connections - 1 - len(held), len(waiting) - for_lead)
    if room > 0:
        held += waiting[:room]
        waiting = waiting[room:]
    if lead is None and waiting:
        lead = waiting.pop(0)
    return Layout(tuple(held), lead, tuple(waiting))
