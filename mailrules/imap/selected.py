"""The selected mailbox as the server's untagged data show it from moment to moment.

RFC 9051 §6.3.2 and §7.4: "untagged EXISTS … can occur at any time", so the protocol shows every response to it,
whoever claims that.
"""

from __future__ import annotations

from mailrules.imap.codes import PermanentFlags, ResponseCode, SimpleCode, UidNext, UidValidity
from mailrules.imap.extensions.condstore import HighestModSeq, Vanished
from mailrules.imap.flags import Flags, shared
from mailrules.imap.names import MailboxName
from mailrules.imap.responses import Exists, Expunge, FlagsData, Recent, Response, StatusResponse, Tagged
from mailrules.values import value


@value(slots=True)
class SelectedMailbox:
    """One mailbox while it is selected; changes as responses come.

    `permanent_flags` is None where the server sent none: all flags can be changed then (RFC 3501 §6.3.1). `uidnext`
    is what SELECT said, and some servers say nothing (Courier). `arrived` counts the messages that have come since
    SELECT: each EXISTS above the count adds, an expunge does not take away.
    """

    name: MailboxName
    exists: int = 0
    recent: int = 0
    arrived: int = 0
    uidvalidity: int | None = None
    uidnext: int | None = None
    flags: Flags = frozenset()
    permanent_flags: Flags | None = None
    highestmodseq: int | None = None
    read_only: bool = False

    def update(self, response: Response) -> None:
        """Take in what a response says of the mailbox, if anything."""
        match response:
            case Exists(count):
                # Courier, UW and Mailutils send a smaller EXISTS after an EXPUNGE.
                self.arrived += max(0, count - self.exists)
                self.exists = count
            case Expunge():
                self.expunged(1)
            case Vanished(uids, earlier=False):
                self.expunged(len(uids))
            case Recent(count):
                self.recent = count
            case FlagsData(flags):
                self.flags = shared(flags)
            case StatusResponse(code=code) | Tagged(code=code) if code is not None:
                self._update_by(code)
            case _:
                pass

    def expunged(self, count: int) -> None:
        """Take in that so many messages are gone."""
        self.exists = max(0, self.exists - count)

    def _update_by(self, code: ResponseCode) -> None:
        match code:
            case UidValidity(value):
                self.uidvalidity = value
            case UidNext(value) if self.uidnext is None:  # one that comes later may be of messages not shown yet
                self.uidnext = value
            case PermanentFlags(flags):
                self.permanent_flags = shared(flags)
            case HighestModSeq(value):
                self.highestmodseq = value
            case SimpleCode("READ-ONLY"):
                self.read_only = True
            case SimpleCode("READ-WRITE"):
                self.read_only = False
            case _:
                pass
