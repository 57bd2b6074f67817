"""Tells by HTTP how the daemon is, to whatever watches over it: a container's engine, Kubernetes, a monitor.

``/healthz`` is about the process alone: 503 when something in it has missed its own deadline, so that a restart may
help. ``/readyz`` is about the accounts: 503 only while no account's mail is being sorted, since one dead server must
not take the others' daemon away. Both answer in JSON, to GET and HEAD, without reasons: these may quote a server.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import h11

from mailrules.config import Listen
from mailrules.daemon import logs
from mailrules.daemon.visitors import Visitors
from mailrules.daemon.vitals import Condition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mailrules.daemon.reporting import Report
    from mailrules.daemon.vitals import AccountReport, DaemonReport

__all__ = ["HEALTH", "READY", "Health"]

HEALTH = "/healthz"
READY = "/readyz"

_AT_ONCE = 32  # connections
_LARGEST = 8192  # octets of a request's head
_PATIENCE = 10.0  # seconds for a request, its answer and the way there

_Told = tuple[HTTPStatus, dict[str, object]]


class Health:
    """The daemon's HTTP server, which listens nowhere until it is told where."""

    def __init__(self, report: Report, late: Callable[[], Sequence[str]]) -> None:
        self._report = report
        self._late = late
        self._at: Listen | None = None
        self._server: asyncio.Server | None = None
        self._visitors = Visitors(self._talk, _AT_ONCE)

    async def listen(self, at: Listen | None) -> None:
        """Listen there and nowhere else, None: nowhere. Raises OSError; then it listens nowhere."""
        if at == self._at:
            return
        await self.close()
        if at is not None:
            self._server = await asyncio.start_server(self._visitors.welcome, at.host, at.port)
            for sock in self._server.sockets:
                logs.logger().info("listening", address=str(Listen(*sock.getsockname()[:2])))
        self._at = at

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        self._server = self._at = None
        await self._visitors.end()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request; the connection ends with it."""
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST)
        wants_body = True
        async with asyncio.timeout(_PATIENCE):
            try:
                request = await _read(http, reader)
                wants_body = request.method != b"HEAD"
                status, told = await self._answer(request)
            except h11.RemoteProtocolError as error:
                status, told = HTTPStatus(error.error_status_hint), {"error": "this is no request"}
            body = json.dumps(told).encode() + b"\n"
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("Connection", "close"),
            ]
            if status is HTTPStatus.METHOD_NOT_ALLOWED:
                headers.append(("Allow", "GET, HEAD"))
            writer.write(http.send(h11.Response(status_code=status, headers=headers, reason=status.phrase)) or b"")
            if wants_body:
                writer.write(http.send(h11.Data(data=body)) or b"")
            await writer.drain()

    async def _answer(self, request: h11.Request) -> _Told:
        page = request.target.partition(b"?")[0].decode("ascii", "replace")
        if page not in {HEALTH, READY}:
            return HTTPStatus.NOT_FOUND, {"error": f"there is {HEALTH}, and {READY}"}
        if request.method not in (b"GET", b"HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, {"error": "only GET and HEAD"}
        return _health(self._late()) if page == HEALTH else _ready(await self._report())


async def _read(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Request:
    """Read a request's head; what follows it is not looked at. Raises h11.RemoteProtocolError, EOFError."""
    while True:
        event = http.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            raise EOFError
        http.receive_data(await reader.read(_LARGEST))


def _health(late: Sequence[str]) -> _Told:
    status = HTTPStatus.SERVICE_UNAVAILABLE if late else HTTPStatus.OK
    return status, {"late": list(late)}


def _ready(report: DaemonReport) -> _Told:
    accounts = {account.name: _account(account) for account in report.accounts}
    ready = any(map(_is_served, report.accounts))
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return status, {"ready": ready, "accounts": accounts}


def _account(account: AccountReport) -> Mapping[str, object]:
    failing = {each.path: each.condition.value for each in account.mailboxes if not each.condition.well}
    return {"ready": _is_served(account), "condition": account.condition.value, "failing": failing}


def _is_served(account: AccountReport) -> bool:
    """Tell whether some of the account's mail is sorted, be it by the command that it is paused for."""
    if account.condition is Condition.PAUSED:
        return True
    return account.condition.well and any(each.condition.well for each in account.mailboxes)
