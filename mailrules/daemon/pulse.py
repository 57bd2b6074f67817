"""What is under way tells how it is, and by when it will next show progress.

Nobody watches with a timer whether a `Promise` is kept: who wants to know asks whether it is broken. A `Pulse` is the
promise of what looks after an account's way in or after a mailbox, with what people want to know of it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mailrules.daemon.vitals import Condition, MailboxReport

if TYPE_CHECKING:
    from mailrules.client import Connection
    from mailrules.engine.filing import Filing
    from mailrules.store import Counts

__all__ = ["Promise", "Pulse"]

FLIGHT = 900.0  # seconds; the client gives up a server that answers nothing in less
SLACK = 30.0  # seconds, for a loop that has much to do

_NEVER = float("inf")


class Promise:
    """Something that must not stop unnoticed. Without a promise it may wait for ever: for others, who make their own.

    An answer on its `connection` is progress: whoever has flights in hand promises the next one. Before the loop's time
    is `due` there is nothing to look into: thousands are compared with it each few seconds.
    """

    __slots__ = ("_made", "_seconds", "_what", "connection", "due", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.connection: Connection | None = None
        self.keep()

    def make(self, what: str, seconds: float | None = None) -> None:
        """Promise to have come further in so many seconds, or with a flight; earlier promises count no more."""
        self._what, self._seconds, self._made = what, FLIGHT if seconds is None else seconds, _now()
        self.due = self._made + self._seconds

    def keep(self) -> None:
        """Promise nothing any more."""
        self._what, self._seconds, self._made = "", _NEVER, 0.0
        self.due = _NEVER

    def broken(self, now: float) -> str:
        """Say what has stopped, and since when; nothing if the promise is kept or may still be."""
        if self.connection:
            self._made = max(self._made, self.connection.last_answer)
            self.due = self._made + self._seconds
        if now <= self.due + SLACK:
            return ""
        return f"{self.name}: {self._what}, since {_moment(self._made):%Y-%m-%d %H:%M:%S %Z}"


class Pulse(Promise):
    """An account's way in, or a mailbox. `arrived`: this try has got where it wanted to be.

    While it has a connection and a filing, what they know is read there; `leave` keeps what is left of it.
    """

    __slots__ = ("_alive", "_backlog", "_handled", "arrived", "condition", "filing", "next_try", "reason", "since")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.condition = Condition.STARTING
        self.since = datetime.now(UTC)
        self.reason = ""
        self.next_try: datetime | None = None
        self.arrived = False
        self.filing: Filing | None = None
        self._alive: float | None = None
        self._handled: datetime | None = None
        self._backlog = 0

    def turn(self, condition: Condition, reason: str = "", pause: float | None = None) -> None:
        """Come into a condition, or stay in it; `pause`: seconds until the next try."""
        now = datetime.now(UTC)
        if condition is not self.condition:
            self.condition, self.since = condition, now
        self.reason = reason
        self.next_try = None if pause is None else now + timedelta(seconds=pause)

    def attend(self, connection: Connection, filing: Filing | None = None) -> None:
        """Begin to work over this connection, which is what it is alive by."""
        self.leave()
        self.connection, self.filing = connection, filing

    def leave(self) -> None:
        """Let go of the connection and of what worked over it."""
        self._alive, self._handled, self._backlog = self._heard(), self.handled, self.backlog
        self.connection = self.filing = None

    def waits(self, backlog: int) -> None:
        """Note what another one says of what is there to do."""
        self._backlog = backlog

    @property
    def alive(self) -> datetime | None:
        """When the last byte came over its connection."""
        heard = self._heard()
        return None if heard is None else _moment(heard)

    @property
    def handled(self) -> datetime | None:
        """When the last new message was handled."""
        return (self.filing.handled if self.filing else None) or self._handled

    @property
    def backlog(self) -> int:
        """How many messages have been seen and are not handled yet."""
        return self.filing.backlog if self.filing else self._backlog

    def report(self, over: Pulse, counts: Counts | None) -> MailboxReport:
        """Tell how the mailbox is, which can't be better than what looks after it, and what its journal holds open."""
        way = self if over.condition.well else over
        return MailboxReport(
            path=self.name,
            condition=way.condition,
            since=max(way.since, over.since),
            alive=over.alive,
            last_message=self.handled,
            backlog=self.backlog,
            pending=counts.pending if counts else 0,
            held=counts.held if counts else 0,
            reason=way.reason,
            next_try=way.next_try,
        )

    def _heard(self) -> float | None:
        return self.connection.last_heard if self.connection else self._alive


def _moment(time: float) -> datetime:
    """Return when it was, or will be, by this time of the loop."""
    return datetime.now(UTC) + timedelta(seconds=time - _now())


def _now() -> float:
    return asyncio.get_running_loop().time()
