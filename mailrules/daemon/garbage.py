"""Says what the garbage collector looks through, so that it holds up the mailboxes for no more than some 30 ms.

Nothing else in the process goes on while it looks, and each of thousands of mailboxes has more than a hundred objects
that last. What has lasted for a while is therefore passed over from then on. It still goes when nobody refers to it any
more; only cycles among it stay, such as a lost connection may leave, and are looked for when there may be many.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lasting", "look_through", "short_pauses"]

_YOUNG = 10_000
"""Objects made before the young ones are looked through: some 10 ms."""
_LOOKS = 1
"""Looks that an object has to outlast, and one more, before it is passed over."""
_NEVER = 1_000_000
_EVERY = 5 * 60.0  # seconds; a server that ends thousands of connections leaves much at once
_GROWTH = 1.25
"""How much more than the least that there was may be there before it is looked through: it takes a second then."""


@contextmanager
def lasting() -> Iterator[None]:
    """Let the garbage collector pass over what is made while the block runs, for as long as it lives.

    Rules live until others take their place, and hold no cycles, so they go when nobody refers to them any more.
    """
    gc.collect(1)  # what is young and already of no use shall not last
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextmanager
def short_pauses() -> Iterator[None]:
    """While the block runs, let the garbage collector look only through what is not old."""
    before = gc.get_threshold()
    gc.callbacks.append(_pass_over_the_old)
    gc.set_threshold(_YOUNG, _LOOKS, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(_pass_over_the_old)
        gc.unfreeze()


async def look_through(every: float = _EVERY) -> None:
    """Look now and then for cycles among what is passed over, if it has grown by much; go on until cancelled.

    It grows by itself while the accounts sign in, so the first look only counts.
    """
    least = 0
    while True:
        await asyncio.sleep(every)
        there = gc.get_freeze_count()
        if least and there > least * _GROWTH:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            least = gc.get_freeze_count()
        else:
            least = min(least or there, there)


def _pass_over_the_old(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == 1:
        gc.freeze()
