"""Notices a server that does not answer while somebody waits for it: one timer a connection, none for a quiet one."""

from __future__ import annotations

import asyncio
from typing import Protocol

PATIENCE = 10
"""How many times the limit a server may go on with proofs of life alone: Cyrus and others send some in long work."""
ENOUGH = 65_536
"""Octets of answers that count as one: a long answer may take its time, but does not come by drops."""


class Watched(Protocol):
    """Whom a watchdog looks after."""

    @property
    def last_heard(self) -> float:
        """The loop's time of the last byte from the server."""

    def answer_is_due(self) -> bool:
        """Whether somebody waits for the server."""

    def give_up(self, why: str) -> None:
        """End it: the server is no good."""


class Watchdog:
    """Has the connection given up, and says why, once no byte has come for `limit` seconds while an answer is due.

    It does so earlier where a sign of life was asked for, and also when only bytes have come for `PATIENCE` times as
    long, and neither a command's end nor `ENOUGH` of an answer. The timer is not touched when a command or a byte
    passes: it looks at the times when it fires.
    """

    __slots__ = ("_answered", "_asked", "_limit", "_loop", "_octets", "_sign_within", "_since", "_timer", "_watched")

    def __init__(self, limit: float, watched: Watched) -> None:
        self._limit = limit
        self._watched = watched
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._answered = self._loop.time()
        self._octets = 0  # of answers since then
        self._asked = 0.0  # when a sign of life was
        self._sign_within = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def last_answer(self) -> float:
        """The loop's time at which an answer came to its end, or at which one was begun to be waited for."""
        return self._answered

    def wait_begins(self) -> None:
        """Note that from now on an answer is waited for; call it only if none was waited for before."""
        self._since = self._loop.time()
        self.answered()
        if self._timer is None:
            self._timer = self._loop.call_at(self._since + self._limit, self._look)

    def expect_sign(self, within: float) -> None:
        """Note that the server was asked for what it can answer at once, and has so many seconds for its first byte."""
        if self._sign_is_due():
            return  # to ask again gives it no more time
        self._asked, self._sign_within = self._loop.time(), within
        if self._timer is not None and self._asked + within < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(self._asked + within, self._look)

    def answered(self) -> None:
        """Note that an answer has come to its end."""
        self._answered = self._loop.time()
        self._octets = 0

    def received(self, octets: int) -> None:
        """Note octets that belong to answers, as far as one can tell."""
        self._octets += octets
        if self._octets >= ENOUGH:
            self.answered()

    def stop(self) -> None:
        """End it: the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sign_is_due(self) -> bool:
        return self._watched.last_heard < self._asked

    def _look(self) -> None:
        self._timer = None
        if not self._watched.answer_is_due():
            return
        now = self._loop.time()
        limit = self._sign_within if self._sign_is_due() else self._limit
        silence_ends = max(self._asked if self._sign_is_due() else self._since, self._watched.last_heard) + limit
        patience_ends = self._answered + PATIENCE * self._limit
        if now >= silence_ends:
            self._watched.give_up(f"has been silent for {limit:g} seconds")
        elif now >= patience_ends:
            self._watched.give_up(f"has answered nothing for {PATIENCE * self._limit:g} seconds")
        else:
            self._timer = self._loop.call_at(min(silence_ends, patience_ends), self._look)
