"""Keeps what happens to thousands of mailboxes at once from filling the log: after some lines of a kind, their number.

The first lines are written as they are, so that a daemon with some accounts is told of line by line. Of what follows
in the next seconds it is counted how often it was: ``mailrules status`` knows of each mailbox how it is.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from structlog import DropEvent

from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict, WrappedLogger

__all__ = ["Crowd"]

_KINDS = frozenset({"signed in", "watching", "interrupted"})
"""What may happen to all mailboxes at the same time and needs no person for each of them."""
_LINES = 50
"""Of each kind and period."""
_PERIOD = 10.0  # seconds


@value(slots=True)
class _Kind:
    written: int = 0
    more: int = 0


class Crowd:
    """A structlog processor; ``tell`` is called with a kind of line, its level, and how many were not written."""

    def __init__(self, tell: Callable[[str, str, int], None]) -> None:
        self._tell = tell
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Pass a line on, or count it. Raises DropEvent."""
        if event.get("event") not in _KINDS or "more" in event:
            return event
        key = (str(event["event"]), method)
        kind = self._kinds.get(key)
        if kind is None:
            with suppress(RuntimeError):  # no loop: nothing can come in thousands
                asyncio.get_running_loop().call_later(_PERIOD, self._end, key)
                self._kinds[key] = _Kind(written=1)
            return event
        if kind.written < _LINES:
            kind.written += 1
            return event
        kind.more += 1
        raise DropEvent

    def _end(self, key: tuple[str, str]) -> None:
        kind = self._kinds.pop(key)
        if kind.more:
            self._tell(*key, kind.more)
