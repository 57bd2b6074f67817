"""A client that understands next to nothing: it sends lines and hands back what came, cut into responses."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
LIMIT = 60.0
"""Seconds after which a test stops waiting for a server."""


class Peer:
    """A raw connection; `ask` numbers the commands and returns the responses without the tag and CRLF."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._count = 0

    async def __aenter__(self) -> Self:
        """Connect to the port on loopback and read the greeting."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        await self.response()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def login(self, user: str, password: str) -> None:
        """Sign in, or fail the test."""
        assert (await self.ask(f'LOGIN "{user}" "{password}"'))[-1].startswith("OK")

    async def ask(self, command: str | bytes) -> list[str]:
        """Send a command, literals as LITERAL+, and return all that came up to its tagged response, that one last."""
        tag = self.send(command)
        responses: list[str] = []
        while True:
            response = await self.response()
            if response.startswith(tag):
                return [*responses, response.removeprefix(tag)]
            responses.append(response)

    def send(self, command: str | bytes) -> str:
        """Send a command and return its tag with the space behind it."""
        self._count += 1
        tag = f"t{self._count} "
        self.write(tag.encode() + (command.encode() if isinstance(command, str) else command) + b"\r\n")
        return tag

    def write(self, data: bytes) -> None:
        """Send octets as they are."""
        self._writer.write(data)

    async def response(self) -> str:
        """Return one response with its literals; EOFError when the server has gone."""
        text = b""
        async with asyncio.timeout(LIMIT):
            while True:
                line = await self._reader.readline()
                if not line:
                    raise EOFError(text)
                text += line
                literal = _LITERAL.search(line)
                if literal is None:
                    return text.removesuffix(b"\r\n").decode("utf-8", "replace")
                text += await self._reader.readexactly(int(literal.group(1)))
