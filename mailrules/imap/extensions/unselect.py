"""UNSELECT, RFC 3691: leaving a mailbox without expunging it, as CLOSE would."""

from __future__ import annotations

from mailrules.imap.commands.base import Command
from mailrules.imap.responses import Answer
from mailrules.imap.state import SELECTED, Step
from mailrules.values import value


@value(frozen=True, slots=True)
class Unselect(Command[None]):
    """Select no mailbox any more; nothing is expunged. RFC 3691 §2."""

    name = b"UNSELECT"
    states = SELECTED
    on_ok = Step.DESELECT

    def result(self, answer: Answer) -> None:
        """Nothing."""
