"""Lets other commands ask the daemon for something, over a Unix socket beside the state file.

A request is a JSON object on a line of its own, and so is its answer::

    {"pause": "work"}       {"paused": "work"}      nothing of the account runs any more, and its lease is free
    {"status": true}        {"status": {…}}         the daemon's report, see reporting.py
    anything else           {"error": "…"}

A pause holds for as long as the connection: when that ends, however it ends, the account begins again.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from mailrules.daemon import logs
from mailrules.daemon.reporting import Report, from_json, to_json
from mailrules.daemon.visitors import Visitors
from mailrules.store import Locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mailrules.daemon.vitals import DaemonReport
    from mailrules.store import Store

__all__ = ["Pause", "Unwilling", "answering", "ask_report", "leased", "socket_path"]

Pause = Callable[[str], AbstractAsyncContextManager[None]]
"""Keeps the account of this name from running while the block runs; raises Unwilling."""

_PATIENCE = 30.0  # seconds for the daemon's answer; flights in hand, and a reload, come to their end first
_SHORT_PATIENCE = 10.0  # seconds for a report, for which nothing has to come to its end
_AT_ONCE = 64  # connections
_LARGEST = 1 << 28  # octets of an answer; a report has some hundred for each mailbox


class Unwilling(Exception):
    """The daemon does not do what it was asked for; the text says why."""


def socket_path(state: Path) -> Path:
    """Name the socket of the daemon that works on this state file."""
    return state.with_name(f"{state.name}.sock")


# The daemon's end


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
                    writer.write(_line(answer))
                    await writer.drain()

    async def _do(self, request: bytes, held: AsyncExitStack) -> Mapping[str, object]:
        """Do what is asked for, give it back when ``held`` is closed, and return the answer."""
        try:
            match _read(request):
                case {"pause": str(account)}:
                    await held.enter_async_context(self._pause(account))
                    return {"paused": account}
                case {"status": True}:
                    return {"status": to_json(await self._report())}
        except Unwilling as refusal:
            return {"error": str(refusal)}
        return {"error": 'not understood; this one knows {"pause": "ACCOUNT"} and {"status": true}'}


def _read(line: bytes) -> object:
    """Return what the line says, None if it is no JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message).encode() + b"\n"


# The other commands' end


class Lease(Enum):
    """What a lease says of the account."""

    OWN = "no daemon serves it"
    LENT = "a daemon serves it, and has paused"


@asynccontextmanager
async def leased(store: Store, state: Path, account: str) -> AsyncIterator[Lease]:
    """Hold an account's lease while the block runs; a daemon that has it is asked to pause the account meanwhile.

    ``state`` is the state's file. Raises Locked if somebody has the lease and does not let go of it.
    """
    async with AsyncExitStack() as held:
        lease = Lease.OWN
        try:
            await held.enter_async_context(store.lease(account))
        except Locked:
            if not await _ask_to_pause(socket_path(state), account, held):
                raise
            await held.enter_async_context(store.lease(account))
            lease = Lease.LENT
        yield lease


async def ask_report(state: Path) -> DaemonReport | None:
    """Ask the daemon that works on this state how it is; None if there is none. Raises Unwilling if it does not say."""
    path = socket_path(state)
    try:
        async with asyncio.timeout(_SHORT_PATIENCE):
            reader, writer = await asyncio.open_unix_connection(path, limit=_LARGEST)
            try:
                writer.write(_line({"status": True}))
                answer = await reader.readline()
            finally:
                await _hang_up(writer)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        return None
    except PermissionError as error:
        raise Unwilling(f"{path} belongs to another user: ask as that user, or as root") from error
    except TimeoutError as error:
        raise Unwilling(f"{path}: the daemon has not answered for {_SHORT_PATIENCE:.0f} seconds") from error
    except OSError as error:
        raise Unwilling(f"{path}: the daemon can't be asked: {error.strerror or error}") from error
    if not answer:
        raise Unwilling("the daemon has hung up without an answer: it may just be ending")
    match _read(answer):
        case {"status": told}:
            with suppress(ValueError):
                return from_json(told)
        case {"error": str(reason)}:
            raise Unwilling(f"the daemon does not tell: {reason}")
    raise Unwilling("the daemon's answer is not understood; is it of another version?")


async def _ask_to_pause(path: Path, account: str, held: AsyncExitStack) -> bool:
    """Tell whether a daemon has paused the account; it begins again when ``held`` is closed."""
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_unix_connection(path)
            held.push_async_callback(_hang_up, writer)
            writer.write(_line({"pause": account}))
            match json.loads(await reader.readline()):
                case {"paused": _}:
                    return True
    except (OSError, ValueError):
        pass  # nobody is there, or somebody who answers nothing of use
    return False


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
