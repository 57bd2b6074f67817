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

    __slots__ = ("_loss", "_open")

    def __init__(self) -> None:
        self._open: tuple[tuple[Callable[[], bool], asyncio.Future[bool]], ...] = ()
        self._loss: Callable[[], Exception] | None = None

    async def until(self, predicate: Callable[[], bool], timeout: float | None) -> bool:  # noqa: ASYNC109
        """Wait for the predicate to hold, now or when `look` is called; False when `timeout` seconds are over.

        Raises what `lose` has said if it does not hold by then.
        """
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while not predicate():
            if self._loss is not None:
                raise self._loss()
            holds: asyncio.Future[bool] = loop.create_future()
            hope = (predicate, holds)
            self._open = (*self._open, hope)
            timer = None if end is None else loop.call_at(end, _time_is_up, holds)
            try:
                if not await holds:
                    return predicate()
            finally:
                self._open = tuple(each for each in self._open if each is not hope)
                if timer is not None:
                    timer.cancel()
        return True

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

    def lose(self, loss: Callable[[], Exception]) -> None:
        """Wake everybody up: nothing will happen any more, for the reason that `loss` makes."""
        self._loss = loss
        for _, future in self._open:
            if not future.done():
                future.set_result(True)


def _time_is_up(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)
