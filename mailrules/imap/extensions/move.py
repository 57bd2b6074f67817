"""MOVE, RFC 6851: copy and expunge in one step."""

from __future__ import annotations

from mailrules.imap.commands.base import Flow
from mailrules.imap.commands.copy import S, Transfer
from mailrules.imap.extensions.condstore import Vanished
from mailrules.imap.extensions.uidplus import is_copy_uid_of
from mailrules.imap.responses import Expunge, Response
from mailrules.imap.uidset import SeqSet, UIDSet
from mailrules.values import value

_EXPUNGES = (Expunge, Vanished)


@value(frozen=True, slots=True)
class _Moving(Transfer[S]):
    def claims(self, response: Response) -> bool:
        """COPYUID, untagged by RFC 6851 §4.3 and with the OK on Gmail, and the expunges, for `answer.untagged`."""
        return isinstance(response, _EXPUNGES) or is_copy_uid_of(response, self.messages)


@value(frozen=True, slots=True)
class Move(_Moving[SeqSet]):
    """Move messages by sequence number. RFC 6851 §3.1."""

    name = b"MOVE"
    flow = Flow.NUMBERED


@value(frozen=True, slots=True)
class UidMove(_Moving[UIDSet]):
    """Move messages by UID. RFC 6851 §3.2."""

    name = b"UID MOVE"
