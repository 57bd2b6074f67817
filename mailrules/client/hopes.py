"""Waits for something to become true that can only do so when something happens, such as a byte that comes.

What is waited for is looked at where it happens, so that whoever waits is woken up once, when it is true: thousands
rest at no other cost than one future each.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hopes"]


class Hopes:
    """Those who wait for something on one connection."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: tuple[tuple[Callable[[], bool], asyncio.Future[bool]], ...] = ()

    async def until(self, predicate: Callable[[], bool], timeout: float | None) -> bool:  # noqa: ASYNC109
        """Wait for the predicate to hold when `look` is called; False when `timeout` seconds are over."""
        loop = asyncio.get_running_loop()
        holds: asyncio.Future[bool] = loop.create_future()
        hope = (predicate, holds)
        self._open = (*self._open, hope)
        timer = None if timeout is None else loop.call_later(timeout, _time_is_up, holds)
        try:
            return await holds
        finally:
            self._open = tuple(each for each in self._open if each is not hope)
            if timer is not None:
                timer.cancel()

    def look(self) -> None:
        """Wake those up whose predicate holds now, or fails."""
        for predicate, future in self._open:
            if future.done():
                continue
            try:
                if predicate():
                    future.set_result(True)
            except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
                future.set_exception(error)


def _time_is_up(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)
