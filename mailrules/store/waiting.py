"""Those who wait until entries have settled: told by the writing, never asking the database twice."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager


class Waiter:
    """One who waits. It must listen before the database is asked, so that nothing falls in between."""

    def __init__(self, entry_ids: Collection[int]) -> None:
        self._open = set(entry_ids)
        self._done = asyncio.Event()

    def settled(self, entry_ids: Collection[int]) -> None:
        """Cross these entries off."""
        self._open.difference_update(entry_ids)
        if not self._open:
            self._done.set()

    def only(self, entry_ids: Collection[int]) -> None:
        """Wait for no others than these: the rest had settled before."""
        self.settled(self._open.difference(entry_ids))

    async def wait(self) -> None:
        """Return when the last one is crossed off."""
        await self._done.wait()


class Waiting:
    """Who waits for which entries."""

    def __init__(self) -> None:
        self._waiters: set[Waiter] = set()

    @contextmanager
    def waiter(self, entry_ids: Collection[int]) -> Iterator[Waiter]:
        """Listen for these entries while the block runs."""
        waiter = Waiter(entry_ids)
        self._waiters.add(waiter)
        try:
            yield waiter
        finally:
            self._waiters.discard(waiter)

    def settled(self, entry_ids: Collection[int]) -> None:
        """Tell everybody that these entries are not BEGUN any more."""
        for waiter in self._waiters:
            waiter.settled(entry_ids)
