"""The commands about the selected mailbox as a whole: CHECK, CLOSE, EXPUNGE.

mailrules itself sends none of the last two to a mailbox that it can write: both remove what other clients marked. RFC
9051 §6.4.1, §6.4.3.
"""

from __future__ import annotations

from mailrules.imap.commands.base import Command
from mailrules.imap.extensions.condstore import Vanished
from mailrules.imap.responses import Answer, Expunge, Response
from mailrules.imap.state import SELECTED, Step
from mailrules.values import value


@value(frozen=True, slots=True)
class Check(Command[None]):
    """Ask for a checkpoint of the mailbox on the server's disk. RFC 3501 §6.4.1; RFC 9051 dropped it for NOOP."""

    name = b"CHECK"
    states = SELECTED

    def result(self, answer: Answer) -> None:
        """Nothing."""


@value(frozen=True, slots=True)
class Close(Command[None]):
    r"""Leave the mailbox, if writable after expunging every message with \Deleted, whoever set it. RFC 9051 §6.4.1."""

    name = b"CLOSE"
    states = SELECTED
    on_ok = Step.DESELECT

    def result(self, answer: Answer) -> None:
        """Nothing."""


@value(frozen=True, slots=True)
class ExpungeDeleted(Command[None]):
    r"""Expunge every message with \Deleted, whoever set it. RFC 9051 §6.4.3. `uidplus.UidExpunge` takes named ones."""

    name = b"EXPUNGE"
    states = SELECTED

    def claims(self, response: Response) -> bool:
        """The expunges."""
        return isinstance(response, Expunge | Vanished)

    def result(self, answer: Answer) -> None:
        """Nothing: the expunges are in `answer.untagged`."""
