"""The proxy does what the tests that stand on it believe. Its client here is a bare socket and imaplib."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import pytest

from tests.builders import message
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.faults import Point, Side
from tests.servers.proxy import HOST, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT = 60.0  # seconds


class Raw:
    """A client that sends what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *lines: str, until: str) -> list[str]:
        """Send lines in one write, and read to a line that begins with `until`."""
        self.writer.write("".join(line + "\r\n" for line in lines).encode())
        return await self.read(until)

    async def read(self, until: str) -> list[str]:
        """Read to a line that begins with `until`."""
        lines: list[str] = []
        while not lines or not lines[-1].startswith(until):
            line = await asyncio.wait_for(self.reader.readline(), LIMIT)
            if not line:
                raise EOFError
            lines.append(line.decode().rstrip("\r\n"))
        return lines


@contextlib.asynccontextmanager
async def signed_in(proxy: Proxy, user: str) -> AsyncIterator[Raw]:
    """Yield a client that has signed in through the proxy and forgotten it."""
    raw = Raw(*await asyncio.open_connection(HOST, proxy.port))
    try:
        await raw.read("* OK")
        await raw.send(f'0 LOGIN {user} "{PASSWORD}"', until="0 OK")
        proxy.recording.forget()
        yield raw
    finally:
        raw.writer.close()
        with contextlib.suppress(OSError):
            await raw.writer.wait_closed()


async def test_counts_flights(dovecot: Dovecot, user: str) -> None:
    """Commands that are sent without waiting are one flight; literals that wait and IDLE are counted as such."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        await raw.send("1 NOOP", "2 SELECT INBOX", until="2 OK")
        await raw.send("3 IDLE", until="+")
        await raw.send("DONE", "4 NOOP", until="4 OK")
        await raw.send("5 STATUS {5}", until="+")
        await raw.send("Trash (UIDNEXT)", until="5 OK")
    assert proxy.recording.flights == [["NOOP", "SELECT"], ["IDLE"], ["DONE", "NOOP"], ["STATUS"]]
    assert proxy.recording.last_flight == 6
    assert proxy.recording.find("STATUS")[0].text == b"STATUS {5}\r\nTrash (UIDNEXT)"
    assert proxy.recording.find("STATUS")[0].answer.startswith(b"OK Status completed")


async def test_removes_capabilities(dovecot: Dovecot, user: str) -> None:
    """A removed capability is not announced and not served, and its response codes are gone."""
    dovecot.deliver(user, message())
    without = {"MOVE", "UIDPLUS", "IDLE", "LITERAL+"}
    async with Proxy(dovecot.ports.imap, without=without) as proxy, signed_in(proxy, user) as raw:
        told = await raw.send("1 CAPABILITY", until="1 OK")
        assert not without & set(told[0].split())
        assert {"IMAP4rev1", "UNSELECT"} < set(told[0].split())
        await raw.send("2 SELECT INBOX", until="2 OK")
        answers = await raw.send("3 NOOP", "4 UID MOVE 1 Trash", "5 UID COPY 1 Trash", "6 IDLE", until="6 ")
        assert [line[:6] for line in answers if not line.startswith("*")] == [
            "3 OK N",
            "4 BAD ",
            "5 OK C",
            "6 BAD ",
        ]
        assert not any("COPYUID" in line for line in answers)
        assert (await raw.send("7 STATUS {5+}", "INBOX (UIDNEXT)", "8 NOOP", until="8 OK"))[0].startswith("7 BAD")
    assert [found.subject for found in dovecot.look(user)["INBOX"]] == ["Hello"]


async def test_refuses_as_planned(dovecot: Dovecot, user: str) -> None:
    """A refusal comes in its turn and as often as it was asked for; the server never sees the command."""
    dovecot.deliver(user, message())
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        proxy.refuse("UID COPY", "NO [OVERQUOTA] Quota exceeded", times=1)
        await raw.send("1 SELECT INBOX", until="1 OK")
        assert (await raw.send("2 UID COPY 1 Trash", until="2 "))[-1] == "2 NO [OVERQUOTA] Quota exceeded"
        assert dovecot.look(user)["Trash"] == []
        assert "COPYUID" in (await raw.send("3 UID COPY 1 Trash", until="3 "))[-1]


async def test_says_otherwise_and_reads_otherwise(dovecot: Dovecot, user: str) -> None:
    """Each side gets what was put in the place of what the other said; the recording has what the client sent."""
    dovecot.deliver(user, message("one"))
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        proxy.rewrite(r"(BODY\[TEXT\]) \{\d+\}\r\n[^)]*", r"\1 NIL")
        proxy.misread('"Inbox of mine"', "INBOX")
        await raw.send('1 SELECT "Inbox of mine"', until="1 OK")
        answer = await raw.send("2 FETCH 1 BODY.PEEK[TEXT]", until="2 OK")
    assert answer[0] == "* 1 FETCH (BODY[TEXT] NIL)"
    assert proxy.recording.find("SELECT")[0].text == b'SELECT "Inbox of mine"'


@pytest.mark.parametrize(
    ("point", "moved", "told"),
    [
        (Point.BEFORE_COMMAND, False, []),
        (Point.AFTER_COMMAND, True, []),
        (Point.BEFORE_ANSWER, True, ["* OK [COPYUID", "* 1 EXPUNGE", "* 0 RECENT"]),
        (Point.AFTER_ANSWER, True, ["* OK [COPYUID", "* 1 EXPUNGE", "* 0 RECENT", "3 OK"]),
    ],
)
async def test_cuts_where_it_is_told(dovecot: Dovecot, user: str, point: Point, moved: bool, told: list[str]) -> None:
    """What the server has done and what the client has learnt when the connection is cut is as planned."""
    dovecot.deliver(user, message(), message("other"))
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        proxy.cut("UID MOVE", point, nth=2)
        await raw.send("1 SELECT INBOX", until="1 OK")
        await raw.send("2 UID MOVE 2 Junk", until="2 OK")
        raw.writer.write(b"3 UID MOVE 1 Trash\r\n")
        received: list[bytes] = []
        with contextlib.suppress(ConnectionError):
            while line := await asyncio.wait_for(raw.reader.readline(), LIMIT):
                received.append(line)
    assert dovecot.subjects(user) == {"Junk": ["other"], ("Trash" if moved else "INBOX"): ["Hello"]}
    assert all(line.startswith(start.encode()) for line, start in zip(received, told, strict=True))


async def test_tells_when_the_server_has_finished_what_was_cut_off(dovecot: Dovecot, user: str) -> None:
    """Until then another client may still see things as they were."""
    dovecot.deliver(user, message())
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        proxy.cut("UID MOVE", Point.AFTER_COMMAND)
        await raw.send("1 SELECT INBOX", until="1 OK")
        with pytest.raises((EOFError, ConnectionError)):
            await raw.send("2 UID MOVE 1 Trash", until="2 OK")
        await proxy.finished()
        assert dovecot.subjects(user) == {"Trash": ["Hello"]}


@pytest.mark.parametrize(("side", "told"), [(Side.CLIENT, b"* FLAG"), (Side.SERVER, b"")])
async def test_cuts_between_two_bytes(dovecot: Dovecot, user: str, side: Side, told: bytes) -> None:
    """One side gets so many octets of a flight and no more; the next connection is whole."""
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.sever(side, 2, 6)
        raw = Raw(*await asyncio.open_connection(HOST, proxy.port))
        await raw.read("* OK")
        await raw.send(f'0 LOGIN {user} "{PASSWORD}"', until="0 OK")
        raw.writer.write(b"1 SELECT INBOX\r\n")
        assert await asyncio.wait_for(raw.reader.read(), LIMIT) == told
        assert not proxy.outstanding
        assert proxy.recording.octets[1, 2, side] == 6
        await proxy.finished()
        async with signed_in(proxy, user) as other:
            await other.send("1 SELECT INBOX", until="1 OK")
        raw.writer.close()


async def test_lets_others_act_meanwhile_and_the_server_hear_late(dovecot: Dovecot, user: str) -> None:
    """Before a command's answer somebody else has been at work; a belated command is carried out when it is told."""
    dovecot.deliver(user, message("one"))
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        await raw.send("1 SELECT INBOX", until="1 OK")
        proxy.meanwhile("NOOP", Point.BEFORE_COMMAND, lambda: dovecot.append(user, "INBOX", message("two")))
        assert "* 2 EXISTS" in await raw.send("2 NOOP", until="2 OK")
        proxy.belate("UID MOVE")
        with pytest.raises((EOFError, ConnectionError)):
            await raw.send("3 UID MOVE 1 Trash", until="3 OK")
        assert dovecot.subjects(user) == {"INBOX": ["one", "two"]}
        proxy.belated()
        await proxy.finished()
        assert dovecot.subjects(user) == {"INBOX": ["two"], "Trash": ["one"]}


async def test_stalls_until_resumed(dovecot: Dovecot, user: str) -> None:
    """A stalled connection stays open and silent; resumed, it goes on."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        proxy.stall("NOOP", Point.BEFORE_ANSWER)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(raw.send("1 NOOP", until="1 OK"), 0.05)
        proxy.resume()
        await raw.read("1 OK")


async def test_delays_each_way(dovecot: Dovecot, user: str) -> None:
    """A round trip takes twice the delay, however many commands share it."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        proxy.delay = 0.025
        start = time.monotonic()
        await raw.send(*(f"{number} NOOP" for number in range(600)), until="599 OK")
        assert 0.05 <= time.monotonic() - start < 600 * 0.05


async def test_passes_large_literals(dovecot: Dovecot, user: str) -> None:
    """A literal passes unharmed in both directions."""
    body = "".join(f"line {number}\n" for number in range(20_000))
    mail = message(body=body)
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy, user) as raw:
        raw.writer.write(b"1 APPEND INBOX {%d+}\r\n%b\r\n" % (len(mail), mail))
        await raw.read("1 OK")
        await raw.send("2 SELECT INBOX", until="2 OK")
        text = "\r\n".join(await raw.send("3 UID FETCH 1 (BODY[])", until="3 OK"))
    assert mail.decode() in text
