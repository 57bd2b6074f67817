"""IDLE, RFC 2177: the server tells what is new as it happens, until the client says DONE."""

from __future__ import annotations

from mailrules.imap.commands.base import Command, Flow
from mailrules.imap.responses import Answer
from mailrules.imap.state import AUTHENTICATED
from mailrules.values import value


@value(frozen=True, slots=True)
class Idle(Command[None]):
    """Wait for news. RFC 2177 §3.

    It claims nothing: what comes is unsolicited. `outbox` keeps DONE back until ``+`` has come. A refusal ends it
    like any other command; mail.ru and Yahoo have no IDLE at all, Mailutils and GreenMail refuse it without a
    selected mailbox.
    """

    name = b"IDLE"
    states = AUTHENTICATED
    flow = Flow.IDLE

    def result(self, answer: Answer) -> None:
        """Nothing."""
