"""Reads a mailbox a window at a time, with several windows on their way, so that the server never waits to be asked.

How many are in memory is bounded, however many messages there are. Each window keeps the rules that it was fetched for:
others may want header fields that were not asked for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing

from mailrules.client import Session
from mailrules.engine import reading
from mailrules.engine.caution import CarefulFetching, Caution
from mailrules.engine.compressing import pays
from mailrules.engine.reading import Fetched, windows
from mailrules.imap import MailboxName, Refused, UIDSet, search
from mailrules.rules import Ruleset
from mailrules.values import value

__all__ = ["Reader", "Window"]

_TOGETHER = 5
"""Windows that are acted on together: so many messages may share one command a target."""
_FIRST = 3
"""Windows that are asked for at once: by how the first one comes it is seen whether the rest is better compressed."""
_AHEAD = 10
"""Windows that are on their way while one is looked at: the server goes over from reading to moving without a pause."""
_SPARSE = 4
"""How many times a window's width one may be, where messages are few among their UIDs."""


@value(frozen=True, slots=True)
class Window:
    """Messages that were fetched together."""

    messages: Sequence[Fetched]
    ruleset: Ruleset
    left: int
    """How many more messages are known to come behind them."""
    ends_batch: bool
    """Whether it is time to act on this one and those before it."""
    last: bool


class Reader:
    """Fetches what rules ask for, in the mailbox that the session has selected."""

    def __init__(self, session: Session, name: MailboxName, caution: Caution, rules: Callable[[], Ruleset]) -> None:
        self._session = session
        self._name = name
        self._caution = caution
        self._rules = rules
        self._loop = asyncio.get_running_loop()
        self._refused = False
        """Whether the server would not compress."""
        self._sent: deque[tuple[CarefulFetching, Ruleset]] = deque()

    async def all_after(self, uid: int, expected: int) -> AsyncGenerator[Window, None]:
        """Read the messages beyond a UID, about so many; ends IDLE, and all that may leave does so in that flight.

        Where they are more than a window, they are asked for by ranges of UIDs. Where these hold few messages, or
        reach beyond what was there at SELECT, the UIDs are searched for beside the first window.
        """
        sets: Iterable[UIDSet] = [UIDSet.after(uid)]
        if expected > reading.WINDOW:
            span = self._highest() - uid
            width = reading.WINDOW * min(_SPARSE, max(1, span // expected))
            if expected <= span <= _SPARSE * expected:
                sets = _ranges(uid, uid + span, width)
            else:
                sets = await self._searched(uid, width)
        async with aclosing(self.read(sets, expected)) as found:
            async for window in found:
                yield window

    async def read(self, sets: Iterable[UIDSet], expected: int) -> AsyncGenerator[Window, None]:
        """Read these messages, about so many. Raises Refused and NetworkError; close it where not all are wanted."""
        left, together = expected, 0
        waiting = iter(sets)
        connection = self._session.connection
        try:
            self._send(waiting, _FIRST)
            while self._sent:
                fetching, ruleset = self._sent[0]
                began, before = self._loop.time(), connection.octets_received
                messages = await fetching.messages()
                waited, octets = self._loop.time() - began, connection.octets_received - before
                self._sent.popleft()
                left = max(0, left - len(messages))
                if pays(octets, waited, len(messages), left):
                    await self._compress()
                self._send(waiting, _AHEAD)
                await asyncio.sleep(0)  # now it leaves, before anything is worked out
                together += 1
                last = not self._sent
                ends_batch = last or together == _TOGETHER or self._sent[0][1] is not ruleset
                together = 0 if ends_batch else together
                yield Window(messages, ruleset, 0 if last else left, ends_batch, last)
        except GeneratorExit:
            # Others may have noticed the loss before us: what is asked for again and again must be known all the same.
            if self._sent:
                self._sent[0][0].note_loss()
            raise
        finally:
            self._abandon()

    async def _searched(self, uid: int, width: int) -> Iterable[UIDSet]:
        """Ask for the first window, and find out which messages are behind it."""
        first = uid + width
        self._session.connection.done()
        hits = self._session.search(search.uid(UIDSet.after(first)))
        self._send(iter([UIDSet.from_ranges([(uid + 1, first)])]), 1)
        try:
            return windows(sorted(hit for hit in await hits if hit > first))
        except BaseException:
            self._abandon()
            raise

    def _send(self, waiting: Iterator[UIDSet], most: int) -> None:
        """Ask for as many more as so many may be on their way."""
        while len(self._sent) < most and not (self._sent and self._sent[-1][0].goes_alone):
            uids = next(waiting, None)
            if uids is None:
                return
            ruleset = self._rules()
            fetching = CarefulFetching(self._caution, self._session, self._name, uids, ruleset.header_fields)
            self._sent.append((fetching, ruleset))

    async def _compress(self) -> None:
        """Have the rest of it compressed, where the server can, and does not refuse it after all."""
        session = self._session
        if "COMPRESS=DEFLATE" in session.capabilities and not (self._refused or session.connection.compressed):
            try:
                await session.connection.compress()
            except Refused:
                self._refused = True

    def _abandon(self) -> None:
        for fetching, _ in self._sent:
            fetching.abandon()
        self._sent.clear()

    def _highest(self) -> int:
        """The highest UID that a message may have had at SELECT; 0 where the server has told none.

        What has come since may be told of before it is shown: a range would pass over it, and the next one would not.
        """
        selected = self._session.selected
        return selected.uidnext - 1 if selected and selected.uidnext else 0


def _ranges(uid: int, highest: int, width: int) -> Iterator[UIDSet]:
    """The UIDs beyond one in ranges of this width; what has a higher one than was expected is in the last of them."""
    while uid + width < highest:
        yield UIDSet.from_ranges([(uid + 1, uid + width)])
        uid += width
    yield UIDSet.after(uid)
