"""The standard library's client finds its way about the memory server."""

from __future__ import annotations

import asyncio
import imaplib

import pytest

from mailrules.demo import MemoryServer, Options
from tests.builders import message


async def test_a_whole_session() -> None:
    async with MemoryServer() as server:
        server.deliver("INBOX", message("first"))
        await asyncio.to_thread(_session, server)
        inbox, lists = server.snapshot()["INBOX"], server.snapshot()["Lists/Їжак"]
        assert [found.flags for found in inbox] == [frozenset({"\\Flagged"})]
        assert [found.content for found in lists] == [message("second", message_id="<2@x>")]
        assert "Lists/Їжак" in server.subscribed()


def _session(server: MemoryServer) -> None:
    with imaplib.IMAP4("127.0.0.1", server.port) as client:
        assert "UIDPLUS" not in client.capabilities  # announced after signing in
        client.login(server.options.user, server.options.password)
        name = '"Lists/&BAcENgQwBDo-"'
        assert client.create(name)[0] == "OK"
        assert client.subscribe(name)[0] == "OK"
        assert client.append(name, "", "", message("second", message_id="<2@x>"))[0] == "OK"
        assert client.select("INBOX") == ("OK", [b"1"])
        assert client.search(None, "SUBJECT", '"first"') == ("OK", [b"1"])
        assert client.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0] == (
            b"1 (BODY[HEADER.FIELDS (SUBJECT)] {18}",
            b"Subject: first\r\n\r\n",
        )
        assert client.store("1", "+FLAGS", "(\\Flagged)")[0] == "OK"
        assert client.uid("COPY", "1", "Nowhere")[0] == "NO"


async def test_authenticate_plain_with_a_continuation() -> None:
    async with MemoryServer() as server:
        assert await asyncio.to_thread(_authenticate, server) == "OK"


def _authenticate(server: MemoryServer) -> str:
    with imaplib.IMAP4("127.0.0.1", server.port) as client:
        secret = f"\0{server.options.user}\0{server.options.password}".encode()
        return client.authenticate("PLAIN", lambda _: secret)[0]


async def test_a_wrong_password_is_refused() -> None:
    async with MemoryServer() as server:
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            await asyncio.to_thread(_wrong, server)


def _wrong(server: MemoryServer) -> None:
    with imaplib.IMAP4("127.0.0.1", server.port) as client:
        client.login(server.options.user, "wrong")


def test_the_password_is_new_for_each_server_and_not_shown() -> None:
    first, second = Options(), Options()
    assert first.password != second.password
    assert first.password not in repr(first)


async def test_what_clients_do_can_be_waited_for() -> None:
    async with MemoryServer() as server:
        session = asyncio.create_task(asyncio.to_thread(_session, server))
        server.deliver("INBOX", message("first", message_id="<1@x>"))
        async with asyncio.timeout(60):
            await server.heard("UID COPY")
            since = len(server.commands)
            await server.heard("LOGOUT", since)
            await session
        assert server.find(message("second", message_id="<2@x>")) == ("Lists/Їжак",)
