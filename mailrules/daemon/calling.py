"""Calls the daemon from other commands, over the Unix socket beside the state file: see control.py."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import Enum
from typing import TYPE_CHECKING

from mailrules.daemon.reporting import from_json
from mailrules.store import Locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from mailrules.daemon.vitals import DaemonReport
    from mailrules.store import Store

__all__ = ["Lease", "Unwilling", "ask_report", "leased", "line", "read_line", "socket_path"]

_PATIENCE = 30.0  # seconds for the daemon's answer; flights in hand, and a reload, come to their end first
_SHORT_PATIENCE = 10.0  # seconds for a report, for which nothing has to come to its end
_LARGEST = 1 << 28  # octets of an answer; a report has some hundred for each mailbox


class Unwilling(Exception):
    """The daemon does not do what it was asked for; the text says why."""


def socket_path(state: Path) -> Path:
    """Name the socket of the daemon that works on this state file."""
    return state.with_name(f"{state.name}.sock")


def line(message: Mapping[str, object]) -> bytes:
    """Write a request or an answer."""
    return json.dumps(message).encode() + b"\n"


def read_line(line: bytes) -> object:
    """Return what the line says, None if it is no JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


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
                writer.write(line({"status": True}))
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
    match read_line(answer):
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
            writer.write(line({"pause": account}))
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
