"""What is told by HTTP, and that nobody who asks in a strange way, slowly or a thousand times gets in the way."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from mailrules.config import Listen
from mailrules.daemon import health
from mailrules.daemon.health import Health
from mailrules.daemon.vitals import Condition, DaemonReport
from tests.daemon.house import LIMIT
from tests.daemon.reports import DEAD, FORGOTTEN, REPORT, WELL, WORK, with_accounts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mailrules.daemon.reporting import Report

LOOPBACK = Listen("127.0.0.1", 0)
STARTING = replace(WORK, condition=Condition.STARTING, mailboxes=())
PAUSED = replace(WORK, condition=Condition.PAUSED, mailboxes=())


@asynccontextmanager
async def serving(report: DaemonReport | Report = REPORT) -> AsyncIterator[Health]:
    async def tell() -> DaemonReport:
        return report if isinstance(report, DaemonReport) else await report()

    server = Health(tell, lambda: report.late if isinstance(report, DaemonReport) else ())
    with capture_logs() as lines:
        await server.listen(LOOPBACK)
        try:
            yield server
        finally:
            await server.close()
    assert [line for line in lines if "exc_info" in line] == []


def port(server: Health) -> int:
    assert server._server is not None
    number: int = server._server.sockets[0].getsockname()[1]
    return number


async def exchange(server: Health, request: bytes) -> bytes:
    """Send bytes; everything that comes back until the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), LIMIT)
    finally:
        writer.close()


async def get(server: Health, path: str) -> tuple[int, object]:
    head, _, body = (await exchange(server, f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())).partition(
        b"\r\n\r\n"
    )
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize(
    ("report", "status", "late"),
    [(REPORT, 200, []), (with_accounts(DEAD), 200, []), (replace(REPORT, late=("work: INBOX",)), 503, ["work: INBOX"])],
)
async def test_the_process_is_healthy_unless_it_is_late_itself(report: DaemonReport, status: int, late: object) -> None:
    async with serving(report) as server:
        assert await get(server, "/healthz") == (status, {"late": late})


async def test_each_account_is_named_with_its_failing_mailboxes_and_without_reasons() -> None:
    async with serving(with_accounts(replace(WORK, mailboxes=(WELL, FORGOTTEN)), DEAD)) as server:
        assert await get(server, "/readyz") == (
            200,
            {
                "ready": True,
                "accounts": {
                    "work": {"ready": True, "condition": "idle", "failing": {"Lists/Büro": "refused"}},
                    "home": {"ready": False, "condition": "backing off", "failing": {}},
                },
            },
        )


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (with_accounts(DEAD, replace(DEAD, name="work")), 503),
        (with_accounts(STARTING), 503),
        (with_accounts(STARTING, DEAD), 503),
        (with_accounts(DEAD, PAUSED), 200),
        (with_accounts(replace(WORK, mailboxes=(FORGOTTEN,))), 503),
        (with_accounts(replace(WORK, mailboxes=(FORGOTTEN, WELL))), 200),
        (with_accounts(replace(WORK, mailboxes=())), 503),
        (replace(REPORT, refused="rules.toml:1: no", late=("work",)), 200),
    ],
)
async def test_it_is_ready_while_some_mail_is_sorted(report: DaemonReport, status: int) -> None:
    async with serving(report) as server:
        assert (await get(server, "/readyz"))[0] == status


async def test_anything_else_is_not_there() -> None:
    async with serving() as server:
        for path in ("/", "/healthz/", "/metrics", "/%68ealthz", "*"):
            assert (await get(server, path))[0] == 404
        assert (await get(server, "/healthz?verbose"))[0] == 200


async def test_head_is_get_without_the_body() -> None:
    async with serving() as server:
        whole = await exchange(server, b"GET /readyz HTTP/1.1\r\nHost: here\r\n\r\n")
        head = await exchange(server, b"HEAD /readyz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert head == whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        old = await exchange(server, b"GET /readyz HTTP/1.0\r\n\r\n")
        assert old == whole


async def test_other_methods_are_not_allowed() -> None:
    async with serving() as server:
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "get"):
            answer = await exchange(server, f"{method} /healthz HTTP/1.1\r\nHost: here\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
            assert b"\r\nAllow: GET, HEAD\r\n" in answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 8192, b"431"),
    ],
)
async def test_garbage_is_refused_and_the_next_one_is_served(request_: bytes, status: bytes) -> None:
    async with serving() as server:
        assert (await exchange(server, request_)).split()[1] == status
        assert (await get(server, "/healthz"))[0] == 200


async def test_a_request_comes_in_small_pieces_or_with_more_behind_it() -> None:
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
        for octet in b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n":
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)
        assert (await asyncio.wait_for(reader.read(), LIMIT)).startswith(b"HTTP/1.1 200 ")
        writer.close()
        twice = await exchange(server, b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n" * 2)
        assert twice.count(b"HTTP/1.1") == 1


async def test_who_sends_nothing_or_goes_away_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.05)
    async with serving() as server:
        for beginning in (b"", b"GET /healthz"):
            assert await exchange(server, beginning) == b""
        _, writer = await asyncio.open_connection("127.0.0.1", port(server))
        writer.write(b"GET")
        writer.transport.abort()


async def test_so_many_at_once_and_no_more() -> None:
    async with serving() as server:
        held = [await asyncio.open_connection("127.0.0.1", port(server)) for _ in range(health._AT_ONCE)]
        with suppress(ConnectionResetError):
            assert await exchange(server, b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n") == b""
        for _, writer in held:
            writer.transport.abort()
        async with asyncio.timeout(LIMIT):
            while True:
                with suppress(OSError, IndexError):
                    assert (await get(server, "/healthz"))[0] == 200
                    break


async def test_many_askers_are_all_answered() -> None:
    async with serving() as server:
        for _ in range(10):
            answers = await asyncio.gather(*(get(server, "/readyz") for _ in range(20)))
            assert {status for status, _ in answers} == {200}


async def test_it_moves_and_goes() -> None:
    async with serving() as server:
        before = port(server)
        await server.listen(LOOPBACK)
        assert port(server) == before
        await server.listen(Listen("127.0.0.2", 0))
        reader, writer = await asyncio.open_connection("127.0.0.2", port(server))
        writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b" 200 " in await asyncio.wait_for(reader.read(), LIMIT)
        writer.close()
        await server.listen(None)
        assert server._server is None
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", before)


async def test_a_port_in_use_is_an_error_and_can_be_tried_again() -> None:
    async with serving() as first, serving() as second:
        taken = Listen("127.0.0.1", port(first))
        with pytest.raises(OSError, match="in use"):
            await second.listen(taken)
        assert second._server is None
        await first.close()
        await second.listen(taken)
        assert (await get(second, "/healthz"))[0] == 200
