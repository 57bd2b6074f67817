"""LIST-STATUS, RFC 5819: LIST and the STATUS of every mailbox in one command."""

from __future__ import annotations

from mailrules.imap.commands.listing import ListOption, StatusItem
from mailrules.imap.errors import ArgumentError


def return_status(*items: StatusItem) -> ListOption:
    """Make the return option that has LIST tell these items of each mailbox that can be selected. RFC 5819 §2.

    Raises ArgumentError without an item.
    """
    if not items:
        raise ArgumentError("STATUS: nothing is asked for")
    return ListOption((b"STATUS", tuple(item.value for item in items)))
