"""How long to wait before the next try: delays that grow, with jitter."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["delays"]


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
