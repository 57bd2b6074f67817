"""MULTIAPPEND, RFC 3502: several messages in one APPEND, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.commands.append import NewMessage
from mailrules.imap.commands.base import Command
from mailrules.imap.errors import ArgumentError
from mailrules.imap.extensions.uidplus import AppendUid, append_uid
from mailrules.imap.grammar import Argument
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Answer
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


@value(frozen=True, slots=True)
class MultiAppend(Command[AppendUid | None]):
    """Append messages. RFC 3502 §6.3.11."""

    name = b"APPEND"
    states = AUTHENTICATED

    mailbox: MailboxName
    messages: tuple[NewMessage, ...]

    def arguments(self) -> Iterable[Argument]:
        """The mailbox, then flags, date and octets of each message. Raises ArgumentError without a message."""
        if not self.messages:
            raise ArgumentError("APPEND: no message is given")
        yield grammar.mailbox(self.mailbox)
        for message in self.messages:
            yield from message.attributes()
            yield message.literal()

    def result(self, answer: Answer) -> AppendUid | None:
        """Return the messages' UIDs in their order; None where the server does not say."""
        return append_uid(answer)
