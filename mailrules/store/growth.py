"""How much the journal has grown: told by the writing to whoever waits for it to be a lot."""

import asyncio


class Growth:
    """Counts what has been written since somebody last waited it out."""

    def __init__(self) -> None:
        self._rows = 0
        self._more = asyncio.Event()

    def add(self, rows: int) -> None:
        """Count these."""
        self._rows += rows
        self._more.set()

    async def reaches(self, rows: int) -> None:
        """Return when there are so many, and begin to count anew."""
        while self._rows < rows:
            self._more.clear()
            await self._more.wait()
        self._rows = 0
