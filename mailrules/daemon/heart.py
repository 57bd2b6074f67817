"""Looks twice in each period of systemd's watchdog whether all that is under way keeps its promises, and says so.

What waits for a server keeps them: so one dead server restarts nobody. What does not is named in the log, and the
watchdog is not fed: systemd then ends the daemon, and starts it anew.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from mailrules.daemon import systemd
from mailrules.daemon.pulse import Promise
from mailrules.store import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from structlog.typing import FilteringBoundLogger

    from mailrules.store import Store

__all__ = ["Heart"]

_PERIOD = 60.0  # seconds, where no watchdog asks


class Heart:
    """Let it `beat`; `late` are what kept no promise, the state's own one among them."""

    def __init__(self, store: Store, others: Callable[[], Sequence[str]], log: FilteringBoundLogger) -> None:
        self._store = store
        self._others = others
        self._log = log
        self._state = Promise("the state")
        self._asked: asyncio.Task[None] | None = None

    async def beat(self) -> None:
        """Go on until cancelled."""
        loop = asyncio.get_running_loop()
        asked = systemd.watchdog_period()
        period = asked or _PERIOD
        known: set[str] = set()
        next_at = loop.time()
        try:
            while True:
                await self._ask_state(period / 3)
                late = self.late()
                for what in late:
                    if what not in known:
                        self._log.error("stuck", what=what)
                if known and not late:
                    self._log.warning("no longer stuck")
                if asked and not late:
                    systemd.alive()
                known = set(late)
                next_at += period / 2
                await asyncio.sleep(max(0.0, next_at - loop.time()))
        finally:
            if self._asked is not None:
                self._asked.cancel()

    def late(self) -> tuple[str, ...]:
        """Say of each that has stopped what it is, and since when."""
        own = self._state.broken()
        return (*self._others(), own) if own else tuple(self._others())

    async def _ask_state(self, limit: float) -> None:
        """Ask the state for an answer, and wait for it a little; one question at a time."""
        if self._asked is None:
            self._state.make("its disk does not answer", limit, slack=0.0)
            self._asked = asyncio.create_task(self._store_answers())
        await asyncio.wait({self._asked}, timeout=limit)
        if self._asked.done():
            self._asked = None

    async def _store_answers(self) -> None:
        with suppress(StateError):  # a disk that is full answers too
            await self._store.ping()
        self._state.keep()
