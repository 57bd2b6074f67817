"""From a host name to a TCP connection, in time, with words for what users meet."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
from typing import TYPE_CHECKING

from mailrules.client.errors import ConnectFailed

if TYPE_CHECKING:
    from mailrules.client.endpoint import Endpoint

# A dead peer or a NAT that has forgotten us is found within KEEPALIVE_AFTER + 4 * KEEPALIVE_EVERY seconds, in IDLE too.
KEEPALIVE_AFTER = 120
KEEPALIVE_EVERY = 30

EACH = 5.0
"""Seconds for each address but the last: where a host has an IPv6 address that leads nowhere, IPv4 is soon tried."""

KEPT_BACK = 64
"""Descriptors that no connection may take: for the state, names, certificates, and whoever asks how it is."""

SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


async def dial(endpoint: Endpoint, limit: float) -> socket.socket:
    """Return a connected, non-blocking socket; each of the host's addresses is tried in turn.

    `limit`: seconds for all of them together. Each has an even share of it, but no more than `EACH`; the last has all
    that is left. Raises ConnectFailed, and TimeoutError if the time is up; a name that takes longer than `limit` to
    resolve is for the caller to end.
    """
    addresses = await _resolve(endpoint)
    loop = asyncio.get_running_loop()
    end = loop.time() + limit
    failures: list[OSError] = []
    for left, (family, address) in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
        try:
            async with asyncio.timeout_at(loop.time() + min(EACH, limit / len(addresses)) if left else end):
                return await _connect(family, address)
        except OSError as failure:  # TimeoutError is one
            failures.append(failure)
    # "localhost" is often two addresses of which one does not exist here: a refusal says more.
    told = next((failure for failure in failures if isinstance(failure, ConnectionRefusedError)), failures[0])
    if isinstance(told, TimeoutError):
        raise told
    if isinstance(told, ConnectionRefusedError):
        raise ConnectFailed(f"{endpoint}: connection refused; is the port right, and the server running?") from told
    raise ConnectFailed(f"{endpoint}: {told.strerror or told}") from told


async def _resolve(endpoint: Endpoint) -> list[tuple[socket.AddressFamily, SocketAddress]]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ConnectFailed(f"{endpoint.host}: no such host, or the name cannot be looked up now") from error
    except OSError as error:  # such as too many open files
        raise ConnectFailed(f"{endpoint.host}: the name cannot be looked up now: {error.strerror or error}") from error
    except UnicodeError as error:  # the name's IDNA form: an empty label, or one that is too long
        raise ConnectFailed(f"{endpoint.host}: this is no host name") from error
    return [(family, address) for family, _, _, _, address in found]


async def _connect(family: socket.AddressFamily, address: SocketAddress) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        _leave_some(made.fileno())
        made.settimeout(0)  # non-blocking
        _keep_alive(made)
        await asyncio.get_running_loop().sock_connect(made, address)
    except BaseException:
        made.close()
        raise
    return made


def _leave_some(descriptor: int) -> None:
    """Raise OSError if a connection with this descriptor, the lowest one that is free, would leave too few."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and descriptor >= limit - min(KEPT_BACK, limit // 4):
        raise OSError(errno.EMFILE, f"too few descriptors: of {limit} the last ones are kept for other things")


def _keep_alive(made: socket.socket) -> None:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_AFTER),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY),
        ("TCP_KEEPCNT", 4),
    ):
        if hasattr(socket, name):  # the names are Linux's; others have some of them
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
