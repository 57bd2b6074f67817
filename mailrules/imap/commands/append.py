"""APPEND: putting a message into a mailbox. RFC 9051 §6.3.12."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command
from mailrules.imap.extensions.uidplus import AppendUid, append_uid
from mailrules.imap.flags import Flags
from mailrules.imap.grammar import Argument, Literal
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Answer
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


@value(frozen=True, slots=True)
class NewMessage:
    """A message to append: `data` has CRLF line ends; without `internaldate` (aware) the server takes the present."""

    data: bytes = field(repr=False)
    flags: Flags = frozenset()
    internaldate: datetime | None = None

    def attributes(self) -> Iterable[Argument]:
        """Write the flags, always, since Twisted wants the list even if it is empty, and the date."""
        yield grammar.flag_list(self.flags)
        if self.internaldate is not None:
            yield grammar.date_time(self.internaldate)

    def literal(self) -> Literal:
        """Write the message itself."""
        return grammar.message(self.data)


@value(frozen=True, slots=True)
class Append(Command[AppendUid | None]):
    """Append one message. RFC 9051 §6.3.12. For several at once see `extensions.multiappend`."""

    name = b"APPEND"
    states = AUTHENTICATED

    mailbox: MailboxName
    message: NewMessage

    def arguments(self) -> Iterable[Argument]:
        """The mailbox, then flags, date and octets of the message."""
        yield grammar.mailbox(self.mailbox)
        yield from self.message.attributes()
        yield self.message.literal()

    def result(self, answer: Answer) -> AppendUid | None:
        """Return the message's UID; None where the server does not say."""
        return append_uid(answer)
