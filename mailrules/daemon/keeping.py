"""Keeps the state from growing for ever: once a day what has been finished for long is forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailrules.store import StateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from structlog.typing import FilteringBoundLogger

    from mailrules.store import Store

__all__ = ["forget_daily"]

_DAY = 24 * 60 * 60.0  # seconds


async def forget_daily(store: Store, history: Callable[[], timedelta], log: FilteringBoundLogger) -> None:
    """Forget now and then each day, until cancelled; the store does it bit by bit, so that mail goes on meanwhile."""
    while True:
        now = datetime.now(UTC)
        try:
            if forgotten := await store.prune(now - history(), now=now):
                log.info("old history forgotten", messages=forgotten)
        except StateError as error:
            log.warning("old history can't be forgotten", reason=str(error))
        await asyncio.sleep(_DAY)
