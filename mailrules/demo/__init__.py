"""An IMAP server that lives in memory: for `mailrules demo`, and for tests that need a server to fail on command.

Read ``server.py`` for how it is used, ``faults.py`` for how it is made to fail, ``dispatch.py`` for what it
understands. From the network upwards: ``connection`` reads and writes, ``dispatch`` finds the verb, ``session`` knows
the state of one client, ``view`` what that client believes of its mailbox, ``tree`` and ``mailbox`` hold the mail.
"""

from __future__ import annotations

from mailrules.demo.faults import (
    Delay,
    Drop,
    Extra,
    Faults,
    Hold,
    Interrupt,
    Late,
    Mute,
    Planned,
    Pretend,
    Refuse,
    Torn,
)
from mailrules.demo.mailbox import Mailbox, Message
from mailrules.demo.options import CAPABILITIES, Options
from mailrules.demo.server import MemoryServer

__all__ = [
    "CAPABILITIES",
    "Delay",
    "Drop",
    "Extra",
    "Faults",
    "Hold",
    "Interrupt",
    "Late",
    "Mailbox",
    "MemoryServer",
    "Message",
    "Mute",
    "Options",
    "Planned",
    "Pretend",
    "Refuse",
    "Torn",
]
