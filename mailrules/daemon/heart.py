"""Looks again and again whether all that is under way keeps its promises, and tells systemd's watchdog so.

What waits for a server keeps them: so one dead server restarts nobody. What does not is named in the log, and the
watchdog is not fed: if it stays so, systemd ends the daemon, and starts it anew.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.daemon import systemd
from mailrules.store import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from structlog.typing import FilteringBoundLogger

    from mailrules.store import Store

__all__ = ["Heart"]

_PERIOD = 120.0  # seconds, where no watchdog asks
_LOOKS = 4  # in each period of the watchdog: whoever is late at one look, on a busy machine, costs nothing


class Heart:
    """Let it `beat`; `late` are what kept no promise, and the state if its disk hangs."""

    def __init__(self, store: Store, others: Callable[[], Sequence[str]], log: FilteringBoundLogger) -> None:
        self._store = store
        self._others = others
        self._log = log
        self._question: asyncio.Task[None] | None = None
        self._asked = datetime.now(UTC)
        self._state_answers = True

    async def beat(self) -> None:
        """Go on until cancelled."""
        loop = asyncio.get_running_loop()
        asked = systemd.watchdog_period()
        pace = (asked or _PERIOD) / _LOOKS
        known: set[str] = set()
        next_at = loop.time()
        try:
            while True:
                await self._ask_state(pace)
                late = self.late()
                for what in sorted(set(late) - known):
                    self._log.error("stuck", what=what)
                if known and not late:
                    self._log.warning("no longer stuck")
                if asked and not late:
                    systemd.alive()
                known = set(late)
                next_at = max(next_at + pace, loop.time())
                await asyncio.sleep(next_at - loop.time())
                if (held_up := loop.time() - next_at) > pace:
                    self._log.warning("everything was held up", seconds=round(held_up, 1))
        finally:
            if self._question is not None:
                self._question.cancel()

    def late(self) -> tuple[str, ...]:
        """Say of each that has stopped what it is, and since when."""
        others = tuple(self._others())
        if self._state_answers:
            return others
        return (*others, f"the state: its disk does not answer, since {self._asked:%Y-%m-%d %H:%M:%S %Z}")

    async def _ask_state(self, limit: float) -> None:
        """Ask the state for an answer, and wait for it a little; one question at a time."""
        if self._question is None:
            self._asked = datetime.now(UTC)
            self._question = asyncio.create_task(self._ping())
        await asyncio.wait({self._question}, timeout=limit)
        self._state_answers = self._question.done()
        if self._state_answers:
            self._question = None

    async def _ping(self) -> None:
        with suppress(StateError):  # a disk that is full answers too
            await self._store.ping()
