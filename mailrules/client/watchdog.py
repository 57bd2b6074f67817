"""Notices a server that is silent while somebody waits for it: one timer a connection, and none for a quiet one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Watchdog:
    """Calls `bark` once no byte has come for `limit` seconds while `waiting()`.

    The timer is not touched when a command or a byte passes: it looks at the times when it fires.
    """

    def __init__(
        self,
        limit: float,
        *,
        waiting: Callable[[], bool],
        last_heard: Callable[[], float],
        bark: Callable[[], None],
    ) -> None:
        self._limit = limit
        self._waiting = waiting
        self._last_heard = last_heard
        self._bark = bark
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def wait_begins(self) -> None:
        """Note that from now on an answer is waited for; call it only if none was waited for before."""
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(self._since + self._limit, self._look)

    def stop(self) -> None:
        """End it: the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self._waiting():
            return
        deadline = max(self._since, self._last_heard()) + self._limit
        if self._loop.time() >= deadline:
            self._bark()
        else:
            self._timer = self._loop.call_at(deadline, self._look)
