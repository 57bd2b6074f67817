"""SPECIAL-USE and CREATE-SPECIAL-USE, RFC 6154: which mailbox is the trash, which the archive."""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command
from mailrules.imap.commands.listing import ListOption
from mailrules.imap.errors import ArgumentError
from mailrules.imap.grammar import Argument
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Answer, ListData
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value

SPECIAL_USE = ListOption((b"SPECIAL-USE",))
"""As a selection option: only mailboxes with a special use. As a return option: tell the special uses. RFC 6154 §2."""

SPECIAL_USES = ("\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Important", "\\Junk", "\\Sent", "\\Trash")
r"""The attributes of RFC 6154 §2, and \Important of RFC 8457 §3."""


def special_use(data: ListData) -> str | None:
    r"""Return the mailbox's special use as its RFC spells it, Cyrus writing ``\trash``; None without one."""
    return next((use for use in SPECIAL_USES if data.has(use)), None)


@value(frozen=True, slots=True)
class CreateSpecialUse(Command[None]):
    """Make a mailbox with special uses; needs CREATE-SPECIAL-USE. RFC 6154 §3."""

    name = b"CREATE"
    states = AUTHENTICATED

    mailbox: MailboxName
    uses: tuple[str, ...]

    def arguments(self) -> Iterable[Argument]:
        """The mailbox and its uses. Raises ArgumentError for a use that is not in SPECIAL_USES."""
        if not self.uses or any(use not in SPECIAL_USES for use in self.uses):
            raise ArgumentError("special use: none is named, or none of these")
        return grammar.mailbox(self.mailbox), (b"USE", tuple(grammar.flag(use) for use in self.uses))

    def result(self, answer: Answer) -> None:
        """Nothing."""
