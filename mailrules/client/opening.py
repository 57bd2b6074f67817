"""How a connection begins: the socket, the server's greeting, and TLS from the first octet or by STARTTLS."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from mailrules.client import tls
from mailrules.client.dial import dial
from mailrules.client.endpoint import TLSMode
from mailrules.client.errors import ConnectTimeout, TLSFailure
from mailrules.imap import Kind, ProtocolError, Refused, StartTLS, StatusResponse

if TYPE_CHECKING:
    from mailrules.client.connection import Connection
    from mailrules.client.wire import Wire


class Opening:
    """The first steps of one connection, on its wire."""

    __slots__ = ("_connection", "_endpoint", "_greeting", "_wire")

    def __init__(self, connection: Connection, wire: Wire) -> None:
        self._connection = connection
        self._endpoint = connection.endpoint
        self._wire = wire
        self._greeting: asyncio.Future[StatusResponse] | None = None

    async def run(self, limit: float) -> bool:
        """Take all steps within so many seconds; return whether TLS is up.

        Raises ConnectFailed, ConnectTimeout, TLSFailure and what `fail` is told of.
        """
        step = "does not answer"
        try:
            async with asyncio.timeout(limit):
                await self._connect(limit)
                step = "does not greet"
                if self._endpoint.tls is not TLSMode.IMPLICIT:
                    step += ' (if this port is for TLS, tls must be "implicit")'
                greeting = await self._greeted()
                if self._endpoint.tls is TLSMode.STARTTLS:
                    step = "does not answer STARTTLS"
                    await self._start_tls(greeting)
        except TimeoutError as error:
            raise ConnectTimeout(f"{self._endpoint}: the server {step} within {limit:g} seconds") from error
        return self._endpoint.tls is not TLSMode.NONE

    def greeted(self, greeting: StatusResponse) -> None:
        """Take the greeting; with BYE the connection ends, and `fail` will say so."""
        if self._greeting is not None and not self._greeting.done() and greeting.kind is not Kind.BYE:
            self._greeting.set_result(greeting)

    def fail(self, error: Exception) -> None:
        """Take note that the connection has ended before it was greeted."""
        if self._greeting is not None and not self._greeting.done():
            self._greeting.set_exception(error)

    async def _connect(self, limit: float) -> None:
        context = tls.context(self._endpoint.ca_file) if self._endpoint.tls is TLSMode.IMPLICIT else None
        self._wire.take(await dial(self._endpoint, limit))
        if context is not None:
            await self._encrypt(context)

    async def _greeted(self) -> StatusResponse:
        self._greeting = asyncio.get_running_loop().create_future()
        self._wire.listen()
        return await self._greeting

    async def _start_tls(self, greeting: StatusResponse) -> None:
        """Turn to TLS, trusting nothing that was said before it. RFC 9051 §6.2.1 and §11.1."""
        where = self._endpoint
        if greeting.kind is Kind.PREAUTH:
            # STARTTLS is not allowed any more, and who knows whose mailbox this is.
            raise TLSFailure(f"{where}: the server signed us in before TLS, so the connection can't be private")
        context = tls.context(where.ca_file)
        if "STARTTLS" not in await self._connection.ask_capabilities():
            raise TLSFailure(f"{where}: the server offers no STARTTLS on this port")
        try:
            await self._connection.submit(StartTLS())
            self._wire.protocol.tls_started()
        except Refused as error:
            raise TLSFailure(f"{where}: the server refuses STARTTLS") from error
        except ProtocolError as error:
            raise TLSFailure(f"{where}: something was slipped in before TLS: {error}") from error
        await self._encrypt(context)
        self._wire.listen()

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        try:
            await self._wire.start_tls(context, self._endpoint.host)
        except (ssl.SSLError, ConnectionError) as error:
            raise tls.explain(self._endpoint, error) from error
