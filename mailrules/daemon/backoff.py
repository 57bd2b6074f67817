"""When to try or to look again, where thousands do: after delays that grow, with jitter; at a moment with others."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["delays", "together"]

_GRID = 1.0  # seconds


def delays(
    first: float = 1.0,
    ceiling: float = 300.0,
    *,
    factor: float = 2.0,
    chance: Callable[[], float] = random.random,
) -> Iterator[float]:
    """Yield seconds without end: ``first``, then ``factor`` times as much each time, at most ``ceiling``.

    Each delay is drawn from the upper half of its step, so that a thousand connections that a server's
    restart has cut do not come back in one instant. ``chance`` gives a number from 0 up to 1.
    """
    step = first
    while True:
        yield step * (0.5 + 0.5 * chance())
        step = min(step * factor, ceiling)


def together(at: float, within: float) -> float:
    """Put off nothing, but have what falls into one second, or a small part of ``within``, begin with it.

    A process that is woken up for one mailbox does it for some tens at hardly more cost than for one.
    """
    grid = min(_GRID, within / 50)
    return at // grid * grid if grid > 0 else at
