"""Lets other commands ask the daemon for something, over a Unix socket beside the state file.

A request is a JSON object on a line of its own, and so is its answer::

    {"pause": "work"}       {"paused": "work"}      nothing of the account runs any more, and its lease is free
    anything else           {"error": "…"}

What was asked for holds for as long as the connection: when that ends, however it ends, the account begins again.
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
from mailrules.daemon.link import ended
from mailrules.store import Locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mailrules.store import Store

__all__ = ["Pause", "Unwilling", "answering", "leased", "socket_path"]

Pause = Callable[[str], AbstractAsyncContextManager[None]]
"""Keeps the account of this name from running while the block runs; raises Unwilling."""

_PATIENCE = 30.0  # seconds for the daemon's answer; flights in hand, and a reload, come to their end first


class Unwilling(Exception):
    """The daemon does not do what it was asked for; the text says why."""


def socket_path(state: Path) -> Path:
    """Name the socket of the daemon that works on this state file."""
    return state.with_name(f"{state.name}.sock")


# The daemon's end


@asynccontextmanager
async def answering(state: Path, pause: Pause) -> AsyncIterator[None]:
    """Answer whoever connects while the block runs; where there can be no socket, say so once and go on without."""
    path = socket_path(state)
    try:
        sock = _listen(path)
    except OSError as error:
        reason = error.strerror or str(error)
        logs.logger().warning("no socket: apply can't have an account paused", path=str(path), reason=reason)
        yield
        return
    conversations: set[asyncio.Task[None]] = set()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_converse(reader, writer, pause))
        conversations.add(task)
        task.add_done_callback(conversations.discard)

    server = await asyncio.start_unix_server(welcome, sock=sock)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)
        await ended(conversations)


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


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pause: Pause) -> None:
    log = logs.logger()
    try:
        async with AsyncExitStack() as held:
            while True:
                request = await reader.readuntil()
                writer.write(_line(await _do(request, pause, held)))
                await writer.drain()
    except (EOFError, ConnectionError, asyncio.LimitOverrunError):
        pass  # it has gone, or sends what is no request
    except Exception:
        log.exception("unexpected error")
    finally:
        writer.close()


async def _do(request: bytes, pause: Pause, held: AsyncExitStack) -> dict[str, str]:
    """Do what is asked for, give it back when ``held`` is closed, and return the answer."""
    try:
        match json.loads(request):
            case {"pause": str(account)}:
                await held.enter_async_context(pause(account))
                return {"paused": account}
    except Unwilling as refusal:
        return {"error": str(refusal)}
    except (ValueError, RecursionError):
        pass  # no JSON
    return {"error": 'not understood; this one knows {"pause": "ACCOUNT"}'}


def _line(message: dict[str, str]) -> bytes:
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
