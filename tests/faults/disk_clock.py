"""A clock that can be set, for all of the daemon and for nothing else.

Not Debian's faketime: it is not on every machine, and it shifts the monotonic clock with the other, which no one does
who sets a clock. The daemon asks for the time of day in its own modules only; everything below is told it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Self
from unittest.mock import patch

_DAEMON = "mailrules.daemon."


class Clock:
    """How far the clock is ahead of the true time."""

    def __init__(self) -> None:
        self.ahead = timedelta()


@contextmanager
def settable_clock() -> Iterator[Clock]:
    """Let the daemon go by a clock that the test sets."""
    clock = Clock()

    class Shown(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + clock.ahead

    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith(_DAEMON) and getattr(module, "datetime", None) is datetime
    ]
    assert any(module.__name__ == f"{_DAEMON}account" for module in modules)
    patches = [patch.object(module, "datetime", Shown) for module in modules]
    for each in patches:
        each.start()
    try:
        yield clock
    finally:
        for each in patches:
            each.stop()
