"""Which of a host's addresses is tried, and for how long."""

from __future__ import annotations

import asyncio
import resource
import socket

import pytest

from mailrules.client import ConnectFailed, Endpoint, dial
from tests.servers.dovecot import HOST

LIMIT = 60.0  # seconds
V6 = (socket.AF_INET6, ("::1", 1, 0, 0))
V4 = (socket.AF_INET, (HOST, 1))


class Routes:
    """Stands in for the network: hosts that swallow what is sent to them, and hosts that are there."""

    def __init__(self, *dead: str) -> None:
        self.dead = dead
        self.tried: list[str] = []

    async def connect(self, family: socket.AddressFamily, address: dial.SocketAddress) -> socket.socket:
        self.tried.append(str(address[0]))
        if address[0] in self.dead:
            await asyncio.Event().wait()
        return socket.socket(family)


def lay(monkeypatch: pytest.MonkeyPatch, routes: Routes, *addresses: object) -> None:
    async def resolve(_endpoint: Endpoint) -> list[object]:
        return list(addresses)

    monkeypatch.setattr(dial, "_resolve", resolve)
    monkeypatch.setattr(dial, "_connect", routes.connect)


async def test_a_dead_route_costs_little_of_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where IPv6 leads nowhere, IPv4 has its turn soon."""
    monkeypatch.setattr(dial, "EACH", 0.05)
    routes = Routes("::1")
    lay(monkeypatch, routes, V6, V4)
    async with asyncio.timeout(LIMIT):
        (await dial.dial(Endpoint("mail", 1), limit=2 * LIMIT)).close()
    assert routes.tried == ["::1", HOST]


async def test_the_last_address_has_all_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "EACH", 0.05)
    routes = Routes("::1", HOST)
    lay(monkeypatch, routes, V6, V4)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimeoutError):
        await dial.dial(Endpoint("mail", 1), limit=0.4)
    assert 0.39 <= loop.time() - began < LIMIT


async def test_many_dead_addresses_share_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = Routes("::1")
    lay(monkeypatch, routes, V6, V6, V6, V4)
    async with asyncio.timeout(LIMIT):
        (await dial.dial(Endpoint("mail", 1), limit=6)).close()
    assert routes.tried == ["::1", "::1", "::1", HOST]


async def test_connections_leave_some_descriptors_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (8, 8))  # six for connections, and pytest has them
    with socket.create_server((HOST, 0)) as server, pytest.raises(ConnectFailed, match="too few descriptors: of 8 "):
        (await dial.dial(Endpoint(HOST, server.getsockname()[1]), limit=LIMIT)).close()


async def test_a_name_that_no_descriptor_is_left_to_look_up_is_a_failed_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(ConnectFailed, match="mail: the name cannot be looked up now: Too many open files"):
        await dial.dial(Endpoint("mail", 1), limit=LIMIT)
