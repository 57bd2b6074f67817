"""What the daemon tells of itself: each account's and each mailbox's condition, last proof of life, and what waits.

These are plain values, made by the running daemon and shown by whoever asks it: another command, a health check.
Times are aware datetimes. A mailbox is named by its path, as rule files name it.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from mailrules.values import value

__all__ = ["AccountReport", "Condition", "DaemonReport", "MailboxReport"]


class Condition(Enum):
    """How an account or a mailbox is."""

    STARTING = "starting"
    """Not there yet, for the first time."""
    NOTIFY = "notify"
    """Watched on a connection of its own, on which the server shows each new message by itself (NOTIFY)."""
    NOTIFY_STATUS = "notify status"
    """Without a connection of its own: the server tells by itself, on another one, that something has come (NOTIFY)."""
    IDLE = "idle"
    """Watched by IDLE on a connection of its own. An account: signed in."""
    POLL = "poll"
    """Watched by asking on a connection of its own."""
    ROUNDS = "rounds"
    """Looked at now and then, by a connection that it shares."""
    BACKING_OFF = "backing off"
    """Waiting before the next try, after a failure."""
    REFUSED = "refused"
    """The server does not let it be watched, or does not let the account in."""
    PAUSED = "paused"
    """Left to another command, or to another process that works on the account."""

    @property
    def well(self) -> bool:
        """Whether mail is being sorted."""
        return self not in (Condition.STARTING, Condition.BACKING_OFF, Condition.REFUSED, Condition.PAUSED)


@value(frozen=True, slots=True, kw_only=True)
class MailboxReport:
    """One watched mailbox.

    `since`: when it came into this condition. `alive`: the last byte from the server on the connection that watches it.
    `last_message`: when the last new message was handled. `backlog`: messages seen and not yet handled. `pending` and
    `held` count journal entries. `reason` and `next_try` go with a failure.
    """

    path: str
    condition: Condition
    since: datetime
    alive: datetime | None = None
    last_message: datetime | None = None
    backlog: int = 0
    pending: int = 0
    held: int = 0
    reason: str = ""
    next_try: datetime | None = None


@value(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """One account: the way in, and its watched mailboxes by path; until they are known, those where messages wait."""

    name: str
    condition: Condition
    since: datetime
    reason: str = ""
    next_try: datetime | None = None
    mailboxes: tuple[MailboxReport, ...] = ()

    @property
    def well(self) -> bool:
        """Whether its mail is being sorted: signed in, some mailbox is watched, and each of them is well."""
        if not self.mailboxes:
            return False
        return self.condition.well and all(mailbox.condition.well for mailbox in self.mailboxes)


@value(frozen=True, slots=True, kw_only=True)
class DaemonReport:
    """The whole daemon.

    `refused`: why the newest rule file was not taken over; empty when it was. `late`: what has missed its own deadline;
    then the daemon itself is at fault, and not a server.
    """

    version: str
    pid: int
    started: datetime
    rules: int
    loaded: datetime
    """When the rules in force were taken over."""
    refused: str = ""
    late: tuple[str, ...] = ()
    accounts: tuple[AccountReport, ...] = ()

    @property
    def well(self) -> bool:
        """Whether all mail is being sorted, by the newest rules."""
        return not self.refused and not self.late and all(account.well for account in self.accounts)
