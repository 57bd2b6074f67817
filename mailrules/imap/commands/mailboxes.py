"""The commands that open, make and name mailboxes: SELECT, EXAMINE, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.

RFC 9051 §6.3.2 to §6.3.8.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command
from mailrules.imap.extensions.condstore import Vanished
from mailrules.imap.grammar import Argument
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import (
    Answer,
    Exists,
    Expunge,
    FlagsData,
    ListData,
    MessageData,
    Recent,
    Response,
    StatusResponse,
)
from mailrules.imap.selected import SelectedMailbox
from mailrules.imap.state import AUTHENTICATED, Step
from mailrules.values import value

_OF_A_MAILBOX = frozenset(
    {
        "CLOSED",
        "HIGHESTMODSEQ",
        "MAILBOXID",
        "NOMODSEQ",
        "PERMANENTFLAGS",
        "READ-ONLY",
        "READ-WRITE",
        "UIDNEXT",
        "UIDNOTSTICKY",
        "UIDVALIDITY",
        "UNSEEN",
    }
)


@value(frozen=True, slots=True)
class Select(Command[SelectedMailbox]):
    """Select a mailbox to read and write it. RFC 9051 §6.3.2.

    A refusal leaves no mailbox selected, whatever was selected before; Courier does so for BAD, too.
    """

    name = b"SELECT"
    states = AUTHENTICATED
    on_ok = Step.SELECT
    on_refusal = Step.DESELECT

    mailbox: MailboxName

    def arguments(self) -> Iterable[Argument]:
        """The mailbox."""
        return (grammar.mailbox(self.mailbox),)

    def claims(self, response: Response) -> bool:
        """Everything that describes a mailbox; the protocol asks only when no command before this one is in flight."""
        match response:
            case Exists() | Recent() | Expunge() | FlagsData() | MessageData() | Vanished():
                return True
            case ListData(name=name):  # RFC 9051 §6.3.2 wants one
                return name == self.mailbox
            case StatusResponse(code=code):
                return code is not None and code.name in _OF_A_MAILBOX
            case _:
                return False

    def result(self, answer: Answer) -> SelectedMailbox:
        """Return the mailbox as it was found; `ClientProtocol.selected` is the one that goes on changing."""
        found = self._unread()
        for response in (*answer.untagged, answer.tagged):
            if isinstance(response, StatusResponse) and response.code_is("CLOSED"):
                found = self._unread()  # RFC 7162 §3.2.11: what came before it was of the mailbox selected before
            found.update(response)
        found.arrived = 0
        return found

    def _unread(self) -> SelectedMailbox:
        return SelectedMailbox(self.mailbox)


@value(frozen=True, slots=True)
class Examine(Select):
    """Select a mailbox to read it only. RFC 9051 §6.3.3. No protection everywhere: Courier and UW store flags in it."""

    name = b"EXAMINE"

    def result(self, answer: Answer) -> SelectedMailbox:
        """Return the mailbox as it was found, read-only whatever the answer says."""
        found = Select.result(self, answer)
        found.read_only = True
        return found


@value(frozen=True, slots=True)
class _NameCommand(Command[None]):
    """A command whose one argument is a mailbox, and whose OK says all."""

    states = AUTHENTICATED

    mailbox: MailboxName

    def arguments(self) -> Iterable[Argument]:
        """The mailbox."""
        return (grammar.mailbox(self.mailbox),)

    def result(self, answer: Answer) -> None:
        """Nothing."""


@value(frozen=True, slots=True)
class Create(_NameCommand):
    """Make a mailbox. RFC 9051 §6.3.4."""

    name = b"CREATE"


@value(frozen=True, slots=True)
class Delete(_NameCommand):
    """Remove a mailbox with all its messages. RFC 9051 §6.3.5."""

    name = b"DELETE"


@value(frozen=True, slots=True)
class Subscribe(_NameCommand):
    """Put a mailbox on the list of those that mail readers show. RFC 9051 §6.3.7."""

    name = b"SUBSCRIBE"


@value(frozen=True, slots=True)
class Unsubscribe(_NameCommand):
    """Take a mailbox off that list. RFC 9051 §6.3.8."""

    name = b"UNSUBSCRIBE"


@value(frozen=True, slots=True)
class Rename(Command[None]):
    """Give a mailbox another name; renaming INBOX moves its messages and leaves it empty. RFC 9051 §6.3.6."""

    name = b"RENAME"
    states = AUTHENTICATED

    mailbox: MailboxName
    new_name: MailboxName

    def arguments(self) -> Iterable[Argument]:
        """The old name and the new one."""
        return grammar.mailbox(self.mailbox), grammar.mailbox(self.new_name)

    def result(self, answer: Answer) -> None:
        """Nothing."""
