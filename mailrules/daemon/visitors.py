"""Talks with whoever connects, and never lets anybody hold it up: so many at once, and all of them end together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailrules.daemon import logs
from mailrules.daemon.link import ended

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Visitors"]

_GOODBYE = 1.0  # seconds for the last bytes to a visitor that does not read them


class Visitors:
    """The connections of one listening socket; ``welcome`` is what asyncio is to call for each.

    ``talk`` carries one conversation and bounds the time that it takes; there are at most ``most`` at once.
    """

    def __init__(
        self, talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], most: int
    ) -> None:
        self._talk = talk
        self._most = most
        self._talks: set[asyncio.Task[None]] = set()

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to talk with a visitor; one too many is let go at once."""
        if len(self._talks) >= self._most:
            writer.transport.abort()
            return
        writer.transport.set_write_buffer_limits(0)  # what has been drained is with the kernel
        task = asyncio.create_task(self._receive(reader, writer))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)

    async def end(self) -> None:
        """Break all conversations off."""
        await ended(self._talks)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        log = logs.logger()
        try:
            await self._talk(reader, writer)
        except (EOFError, OSError, asyncio.LimitOverrunError):
            pass  # it has gone, is too slow, or sends what is no request
        except Exception:
            log.exception("unexpected error")
        finally:
            await _hang_up(writer)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(_GOODBYE):
            await writer.wait_closed()
    except OSError:  # TimeoutError is one
        writer.transport.abort()
