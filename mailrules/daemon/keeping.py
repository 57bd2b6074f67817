"""Keeps the state from growing for ever: what has been finished for long, or is too much, is forgotten."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.store import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import FilteringBoundLogger

    from mailrules.config import Daemon
    from mailrules.store import Store

__all__ = ["forget_in_time"]

_HOUR = 60 * 60.0  # seconds
_MUCH = 2_000  # entries and marks: some 3 MiB, a small part of the least that a history may take


async def forget_in_time(store: Store, settings: Callable[[], Daemon], log: FilteringBoundLogger) -> None:
    """Forget now, each hour and whenever much has come, until cancelled.

    The store does it bit by bit, so that mail goes on meanwhile.
    """
    while True:
        now, daemon = datetime.now(UTC), settings()
        try:
            if forgotten := await store.prune(now - daemon.history, now=now, octets=daemon.history_size):
                log.info("old history forgotten", messages=forgotten)
        except StateError as error:
            log.warning("old history can't be forgotten", reason=str(error))
        with suppress(TimeoutError):
            async with asyncio.timeout(_HOUR):
                await store.grown(_MUCH)
