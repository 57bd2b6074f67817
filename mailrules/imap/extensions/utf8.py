"""UTF8=ACCEPT, RFC 6855: mailbox names and headers in plain UTF-8.

To be enabled by `Enable((UTF8_ACCEPT,))`; from then on `MailboxName.from_text(..., utf8=True)` makes names and no
SEARCH names a charset.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.commands.append import NewMessage
from mailrules.imap.commands.base import Command
from mailrules.imap.extensions.uidplus import AppendUid, append_uid
from mailrules.imap.grammar import Argument, Literal8
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Answer
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value

UTF8_ACCEPT = "UTF8=ACCEPT"
"""The capability, and what ENABLE is told. RFC 6855 §3."""


@value(frozen=True, slots=True)
class AppendUtf8(Command[AppendUid | None]):
    """Append a message that has UTF-8 in its header. RFC 6855 §4."""

    name = b"APPEND"
    states = AUTHENTICATED

    mailbox: MailboxName
    message: NewMessage

    def arguments(self) -> Iterable[Argument]:
        """The mailbox, then flags, date and octets of the message, these wrapped in UTF8 (...)."""
        yield grammar.mailbox(self.mailbox)
        yield from self.message.attributes()
        yield b"UTF8"
        yield (Literal8(self.message.data),)

    def result(self, answer: Answer) -> AppendUid | None:
        """Return the message's UID; None where the server does not say."""
        return append_uid(answer)
