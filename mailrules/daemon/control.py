"""Answers what other commands ask the daemon for, over a Unix socket beside the state file.

A request is a JSON object on a line of its own, and so is its answer::

    {"pause": "work"}       {"paused": "work"}      nothing of the account runs any more, and its lease is free
    {"status": true}        {"status": {…}}         the daemon's report, see reporting.py
    anything else           {"error": "…"}

A pause holds for as long as the connection: when that ends, however it ends, the account begins again.
The commands' end is calling.py.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mailrules.daemon import logs
from mailrules.daemon.calling import Unwilling, line, read_line, socket_path
from mailrules.daemon.reporting import Report, to_json
from mailrules.daemon.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

__all__ = ["Pause", "answering"]

Pause = Callable[[str], AbstractAsyncContextManager[None]]
"""Keeps the account of this name from running while the block runs; raises Unwilling."""

_PATIENCE = 30.0  # seconds for the daemon's answer; flights in hand, and a reload, come to their end first
_AT_ONCE = 64  # connections


@asynccontextmanager
async def answering(state: Path, pause: Pause, report: Report) -> AsyncIterator[None]:
    """Answer whoever connects while the block runs; where there can be no socket, say so once and go on without."""
    path = socket_path(state)
    try:
        sock = _listen(path)
    except OSError as error:
        reason = error.strerror or str(error)
        logs.logger().warning("no socket: other commands can't ask the daemon", path=str(path), reason=reason)
        yield
        return
    desk = _Desk(pause, report)
    visitors = Visitors(desk.serve, _AT_ONCE)
    server = await asyncio.start_unix_server(visitors.welcome, sock=sock)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
        await visitors.end()


def _listen(path: Path) -> socket.socket:
    """Begin to listen, for this user only, and in the place of a daemon that died. Raises OSError."""
    if path.is_socket() and _is_dead(path):
        path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.bind(str(path))
        path.chmod(0o600)  # nobody has got in before: nobody can connect before listen()
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


def _is_dead(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError as error:
            return isinstance(error, ConnectionRefusedError)
    return False


class _Desk:
    """Answers the requests of one connection after the other."""

    def __init__(self, pause: Pause, report: Report) -> None:
        self._pause = pause
        self._report = report

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests that come on a connection; who has nothing paused and asks for nothing is let go."""
        patience: float | None = _PATIENCE
        async with AsyncExitStack() as held:
            while True:
                async with asyncio.timeout(patience):
                    request = await reader.readuntil()
                answer = await self._do(request, held)
                if "paused" in answer:
                    patience = None
                async with asyncio.timeout(_PATIENCE):
                    writer.write(line(answer))
                    await writer.drain()

    async def _do(self, request: bytes, held: AsyncExitStack) -> Mapping[str, object]:
        """Do what is asked for, give it back when ``held`` is closed, and return the answer."""
        try:
            match read_line(request):
                case {"pause": str(account)}:
                    await held.enter_async_context(self._pause(account))
                    return {"paused": account}
                case {"status": True}:
                    # In a thread: for thousands of mailboxes it takes a while, and mail goes on meanwhile.
                    return {"status": await asyncio.to_thread(to_json, await self._report())}
        except Unwilling as refusal:
            return {"error": str(refusal)}
        return {"error": 'not understood; this one knows {"pause": "ACCOUNT"} and {"status": true}'}
