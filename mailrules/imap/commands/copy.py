"""COPY and UID COPY. RFC 9051 §6.4.7."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from mailrules.imap import grammar
from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.extensions.uidplus import CopyUid, copy_uid, is_copy_uid_of
from mailrules.imap.grammar import Argument
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Answer, Response
from mailrules.imap.state import SELECTED
from mailrules.imap.uidset import SeqSet, UIDSet
from mailrules.values import value

S = TypeVar("S", bound=UIDSet | SeqSet)


@value(frozen=True, slots=True)
class Transfer(Command[CopyUid | None], Generic[S]):
    """What COPY and MOVE have in common: `messages` of the selected mailbox go to `mailbox`."""

    states = SELECTED

    messages: S
    mailbox: MailboxName

    def arguments(self) -> Iterable[Argument]:
        """The messages and the target."""
        return grammar.sequence_set(self.messages), grammar.mailbox(self.mailbox)

    def claims(self, response: Response) -> bool:
        """COPYUID, where it comes untagged."""
        return is_copy_uid_of(response, self.messages)

    def result(self, answer: Answer) -> CopyUid | None:
        """Return which message became which; None where the server does not say.

        Raises ProtocolError if that is more messages than any mailbox has.

        Nearly every server answers OK when the messages are gone: only the pairs prove that something was done.
        """
        return copy_uid(answer, self.messages)


@value(frozen=True, slots=True)
class Copy(Transfer[SeqSet]):
    """Copy messages by sequence number. RFC 9051 §6.4.7."""

    name = b"COPY"
    flow = Flow.NUMBERED


@value(frozen=True, slots=True)
class UidCopy(Transfer[UIDSet]):
    """Copy messages by UID. RFC 9051 §6.4.9."""

    name = b"UID COPY"
