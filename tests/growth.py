"""Whether work takes time in proportion to what it is given, said so that a busy machine can't spoil the answer."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

_TRIES = 5
_SOMETHING_ELSE = 0.2  # seconds of CPU that a collection of garbage, say, may put on top


def is_linear(work: Callable[[int], object], size: int) -> bool:
    """Do the work on a size and on a quarter of it, a few times if need be: what is quadratic takes sixteen times."""
    return any(_took(work, size) < 10 * _took(work, size // 4) + _SOMETHING_ELSE for _ in range(_TRIES))


def _took(work: Callable[[int], object], size: int) -> float:
    begin = process_time()
    work(size)
    return process_time() - begin
