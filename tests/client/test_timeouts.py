"""Nobody waits for ever: each silence has its limit and its words."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from typing import TYPE_CHECKING

import pytest

from mailrules.client import (
    CommandTimeout,
    Connection,
    ConnectionLost,
    ConnectTimeout,
    Credentials,
    Endpoint,
    Session,
    Timeouts,
    TLSMode,
    watchdog,
)
from mailrules.imap import List, MailboxName, Noop
from tests.client.connecting import connected, plain, signed_in
from tests.servers.faults import Point
from tests.servers.proxy import Proxy
from tests.servers.scripted import Peer, scripted

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot

SHORT = Timeouts(connect=0.3)
INBOX = MailboxName(b"INBOX")


def hurry(session: Session, silence: float) -> None:
    """Make the client impatient, only now that it has signed in: a busy machine may need its time for that."""
    watchdog = session.connection._watchdog
    watchdog.stop()
    watchdog._limit = silence


async def test_a_sign_of_life_that_is_asked_for_must_come_sooner_than_answers() -> None:
    async def script(peer: Peer) -> None:
        await peer.send("* OK hello")
        await peer.end()

    async with scripted(script) as port:
        connection = await Connection.open(plain(port))
        connection.ask_for_life(0.3)
        connection.ask_for_life(90)  # to ask again gives no more time
        with pytest.raises(CommandTimeout, match=r"has been silent for 0\.3 seconds"):
            await connection.until(lambda: False)


async def test_a_refusal_is_a_sign_of_life_too_and_nobody_complains_of_it() -> None:
    async def script(peer: Peer) -> None:
        await peer.send("* OK hello")
        await peer.expect("A1 NOOP")
        await peer.send("A1 BAD Request is throttled")
        await peer.expect("A2 NOOP")
        await peer.send("A2 OK done")

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with scripted(script) as port, connected(plain(port)) as connection:
        connection.ask_for_life(90)
        await connection.submit(Noop())
        gc.collect()
    assert complaints == []


async def test_any_byte_is_a_sign_of_life_and_then_answers_have_their_usual_time() -> None:
    async def script(peer: Peer) -> None:
        await peer.send("* OK hello")
        tag = (await peer.receive()).split()[0].decode()
        await peer.send("* OK Still here")
        await asyncio.sleep(1.5)
        await peer.send(f"{tag} OK done")
        await peer.end()

    async with scripted(script) as port:
        connection = await Connection.open(plain(port))
        lively = connection.submit(Noop())
        connection._watchdog.expect_sign(1.0)
        await lively
        connection.abort()


async def silent(peer: Peer) -> None:
    """Accept and say nothing."""
    await peer.end()


async def test_no_greeting_ends_the_attempt() -> None:
    """A server that accepts and is silent, as a TLS port is to who speaks plainly."""
    async with scripted(silent) as port:
        with pytest.raises(ConnectTimeout, match=r'does not greet .*"implicit".* within 0\.3 seconds'):
            await Connection.open(plain(port), SHORT)


async def test_no_handshake_ends_the_attempt() -> None:
    """A server that never answers the TLS handshake."""
    async with scripted(silent) as port:
        with pytest.raises(ConnectTimeout, match="does not answer within"):
            await Connection.open(Endpoint("127.0.0.1", port), SHORT)


async def test_no_answer_to_starttls_ends_the_attempt() -> None:
    """A server that falls silent at STARTTLS."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY STARTTLS] hello")
        await peer.end()

    async with scripted(script) as port:
        with pytest.raises(ConnectTimeout, match="does not answer STARTTLS"):
            await Connection.open(Endpoint("127.0.0.1", port, TLSMode.STARTTLS), Timeouts(connect=2))


async def test_no_tcp_answer_ends_the_attempt() -> None:
    """A host that drops what is sent to it: here, a listener whose queue is full."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        try:
            with pytest.raises(ConnectTimeout, match="does not answer within"):
                await Connection.open(plain(port), SHORT)
        finally:
            for filler in fillers:
                filler.close()


async def test_silence_while_a_command_waits_ends_the_connection(dovecot: Dovecot, user: str) -> None:
    """A server that is there and silent is given up, and all that waited is told so."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        hurry(session, 0.1)
        proxy.stall("NOOP")
        futures = [session.connection.submit(Noop()) for _ in range(3)]
        for future in futures:
            with pytest.raises(CommandTimeout, match="the server has been silent for"):
                await future
        with pytest.raises(CommandTimeout):
            await session.connection.until(lambda: False)


async def test_more_commands_do_not_prolong_a_silence(dovecot: Dovecot, user: str) -> None:
    """What counts is how long the server has been silent, not how lately it was asked."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        hurry(session, 0.2)
        proxy.pause()

        async def keep_asking() -> None:
            while True:
                await asyncio.wait([session.connection.submit(Noop())], timeout=0.05)

        asking = asyncio.create_task(keep_asking())
        with pytest.raises(CommandTimeout):
            await session.connection.until(lambda: False, 60)
        asking.cancel()


async def test_any_byte_is_a_proof_of_life() -> None:
    """A slow server that says that it is still there is not given up."""

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await peer.expect("A1 NOOP")
        for _ in range(12):
            await asyncio.sleep(0.25)
            await peer.send("* OK Hang in there..")
        await peer.send("A1 OK")
        await peer.end()

    async with scripted(script) as port, connected(plain(port), Timeouts(60, 2)) as connection:
        await connection.submit(Noop())


async def test_a_sign_in_has_a_limit_as_a_whole() -> None:
    """A server that says something now and then and never lets us in."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1] hello")
        await drip(peer, "* OK wait\r\n")

    async with scripted(script) as port:
        with pytest.raises(ConnectTimeout, match=r"did not let us in within 4 seconds"):
            await Session.open(plain(port), Credentials("ann", "secret"), Timeouts(connect=2, silence=2))


async def drip(peer: Peer, *pieces: str) -> None:
    """Send the pieces over and over, one each 20 ms, until the client goes."""
    with contextlib.suppress(ConnectionError):
        while True:
            for piece in pieces:
                await peer.send_bytes(piece.encode())
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("pieces", [["* OK wait\r\n"], list("* OK wait\r\n")], ids=["lines", "octets"])
async def test_a_server_that_only_says_that_it_lives_is_given_up_in_the_end(
    pieces: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE", 2)

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await drip(peer, *pieces)

    async with scripted(script) as port, connected(plain(port), Timeouts(60, 1.5)) as connection:
        with pytest.raises(CommandTimeout, match=r"the server has answered nothing for 3 seconds"):
            await asyncio.wait_for(connection.submit(Noop()), 60)


async def test_a_long_answer_may_take_as_long_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What belongs to an answer is no mere proof of life, and neither is the end of another command."""
    monkeypatch.setattr(watchdog, "PATIENCE", 2)
    monkeypatch.setattr(watchdog, "ENOUGH", 50)

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await peer.expect("A1 LIST*")
        await peer.expect("A2 NOOP")
        for number in range(16):
            await asyncio.sleep(0.25)
            await peer.send(f'* LIST () "/" box{number}')
        await peer.send("A1 OK")
        for _ in range(6):
            await asyncio.sleep(0.25)
            await peer.send("* OK wait")
        await peer.send("A2 OK")
        await peer.end()

    async with scripted(script) as port, connected(plain(port), Timeouts(60, 1.5)) as connection:
        listed = connection.submit(List(MailboxName(b""), (MailboxName(b"*"),)))
        noop = connection.submit(Noop())
        assert len(await listed) == 16
        await noop


async def test_idle_may_be_silent(dovecot: Dovecot, user: str) -> None:
    """In IDLE silence is no fault; when IDLE is to end it is one again. `last_heard` tells how long it has been."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        connection = session.connection
        await session.select(INBOX)
        hurry(session, 2)
        idle = connection.idle()
        assert not await connection.until(lambda: not connection.idling, 5)
        assert asyncio.get_running_loop().time() - connection.last_heard > 2
        proxy.stall("DONE", Point.BEFORE_COMMAND)
        connection.done()
        with pytest.raises(CommandTimeout):
            await idle


async def test_idle_that_never_begins_is_a_silence(dovecot: Dovecot, user: str) -> None:
    """A server that answers IDLE with nothing at all, not even `+`, is given up."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        await session.select(INBOX)
        proxy.stall("IDLE", Point.BEFORE_COMMAND)
        hurry(session, 0.1)
        with pytest.raises(CommandTimeout):
            await session.connection.idle()


async def test_a_quiet_connection_keeps_no_timer(dovecot: Dovecot, user: str) -> None:
    """The one timer ends by itself when nothing is waited for, and begins anew with the next command."""
    async with signed_in(dovecot.ports.imap, user) as session:
        watchdog = session.connection._watchdog
        hurry(session, 2)
        await session.connection.submit(Noop())
        async with asyncio.timeout(60):
            while watchdog._timer is not None:  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.01)
        timers = [watchdog._timer]
        await session.connection.submit(Noop())
        timers.append(watchdog._timer)
        assert [timer is not None for timer in timers] == [False, True]


async def test_sockets_have_keepalive(dovecot: Dovecot) -> None:
    """A peer that vanished without a word is found by TCP, in IDLE too."""
    async with connected(plain(dovecot.ports.imap)) as connection:
        used = connection._wire._socket
        assert used is not None
        assert used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


async def test_a_server_that_goes_away_is_noticed_at_once(dovecot: Dovecot, user: str) -> None:
    """An end of the connection is told without waiting for any limit."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        await session.select(INBOX)
        idle = session.connection.idle()
        proxy.cut_all()
        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(idle, 60)
