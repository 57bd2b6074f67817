"""Flights, futures and ends of one connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailrules.client import Connection, ConnectionLost
from mailrules.client.connection import GOODBYE
from mailrules.client.wire import Wire
from mailrules.imap import (
    UID,
    Bad,
    Capability,
    Create,
    Items,
    Login,
    MailboxName,
    No,
    Noop,
    Select,
    Status,
    StatusItem,
    UidFetch,
    UIDSet,
    Unknown,
)
from tests.builders import message
from tests.client.connecting import QUICK, connected, plain, signed_in
from tests.servers.faults import Point
from tests.servers.proxy import Proxy
from tests.servers.scripted import Peer, scripted

if TYPE_CHECKING:
    from mailrules.imap import Response
    from tests.servers.dovecot import Dovecot

INBOX = MailboxName(b"INBOX")
NEW = UidFetch(UIDSet.after(UID(0)), (Items.FLAGS,))
UIDNEXT = (StatusItem.UIDNEXT,)


async def test_commands_of_one_turn_leave_in_one_write(
    dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What several tasks submit before the loop's next turn is one write, whoever submitted it."""
    async with signed_in(dovecot.ports.imap, user) as session:
        writes: list[bytes] = []
        write = Wire.write

        def recording(self: Wire, data: bytes) -> None:
            writes.append(data)
            write(self, data)

        monkeypatch.setattr(Wire, "write", recording)

        async def ask(name: bytes) -> int | None:
            return (await session.connection.submit(Status(MailboxName(name), UIDNEXT))).uidnext

        assert await asyncio.gather(*(ask(name) for name in (b"Trash", b"Junk", b"Sent"))) == [1, 1, 1]
        assert [data.count(b"\r\n") for data in writes] == [3]


async def test_a_flight_is_one_round_trip(dovecot: Dovecot, user: str) -> None:
    """Commands do not wait for each other's answers."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.recording.forget()
        answers = [session.connection.submit(Noop()) for _ in range(50)]
        await asyncio.gather(*answers)
        assert proxy.recording.flights == [["NOOP"] * 50]


async def test_done_fetch_and_idle_share_a_flight(dovecot: Dovecot, user: str) -> None:
    """News ends IDLE: DONE, the FETCH and the next IDLE leave together, and DONE never before the server's `+`."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        connection = session.connection
        selected = await session.select(INBOX)
        connection.idle()
        dovecot.deliver(user, message("new"))
        assert await connection.until(lambda: selected.arrived > 0, 60)
        connection.done()
        fetched = connection.submit(NEW)
        connection.idle()
        assert [data.uid for data in await fetched] == [1]
        connection.done()  # at once, when the second IDLE's "+" has hardly come
        await connection.submit(Noop())
    assert proxy.recording.flights[-4:] == [["IDLE"], ["DONE", "UID FETCH", "IDLE"], ["DONE", "NOOP"], ["LOGOUT"]]


async def test_idling_is_from_idle_to_done(dovecot: Dovecot, user: str) -> None:
    """A connection is idling as soon as IDLE is submitted, and not any more when done() is called."""
    async with signed_in(dovecot.ports.imap, user) as session:
        connection = session.connection
        await session.select(INBOX)
        seen = [connection.idling]
        ended = connection.idle()
        seen.append(connection.idling)
        connection.done()
        seen.append(connection.idling)
        await ended
        connection.done()  # means nothing now
        assert seen == [False, True, False]


async def test_refused_idle_ends_by_itself(dovecot: Dovecot, user: str) -> None:
    """A server that knows no IDLE does not hang the connection; nobody needs to look at the future to know."""
    async with Proxy(dovecot.ports.imap, without={"IDLE"}) as proxy, signed_in(proxy.port, user) as session:
        await session.select(INBOX)
        session.connection.idle()
        assert await session.connection.until(lambda: not session.connection.idling, 60)
        with pytest.raises(Bad):
            await session.connection.idle()
        await session.connection.submit(Noop())


async def test_nothing_is_sent_into_idle(dovecot: Dovecot, user: str) -> None:
    """A command ends it first, and so do the verbs of a session."""
    async with signed_in(dovecot.ports.imap, user) as session:
        await session.select(INBOX)
        ended = session.connection.idle()
        await session.connection.submit(Noop())
        assert ended.done()
        session.connection.idle()
        assert (await session.status(MailboxName(b"Trash"))).uidnext == 1
        assert not session.connection.idling


async def test_refusals_carry_the_answer(dovecot: Dovecot, user: str) -> None:
    """NO and BAD are exceptions that keep the code; the connection goes on."""
    async with signed_in(dovecot.ports.imap, user) as session:
        with pytest.raises(No) as refused:
            await asyncio.gather(*(session.connection.submit(Create(MailboxName(b"A"))) for _ in range(2)))
        assert refused.value.answer.tagged.code_is("ALREADYEXISTS")
        await session.connection.submit(Noop())


async def test_answers_in_any_order() -> None:
    """Each answer finds its command by the tag."""

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await peer.expect("A1 NOOP")
        await peer.expect("A2 CAPABILITY")
        await peer.send("* CAPABILITY IMAP4rev1 IDLE", "A2 OK later first", "A1 NO earlier last")
        await peer.end()

    async with scripted(script) as port, connected(plain(port)) as connection:
        noop, capability = connection.submit(Noop()), connection.submit(Capability())
        assert "IDLE" in await capability
        with pytest.raises(No):
            await noop


@pytest.mark.parametrize("point", [Point.BEFORE_COMMAND, Point.BEFORE_ANSWER])
async def test_a_cut_fails_all_that_waits(dovecot: Dovecot, user: str, point: Point) -> None:
    """Every future of a lost connection raises ConnectionLost, so does whoever comes later."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        connection = session.connection
        proxy.cut("STATUS Junk", point)
        futures = [
            connection.submit(Status(MailboxName(name), UIDNEXT)) for name in (b"Trash", b"Junk", b"Sent", b"Drafts")
        ]
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert not isinstance(results[0], Exception) or point is Point.BEFORE_COMMAND
        assert all(isinstance(result, ConnectionLost) for result in results[1:])
        with pytest.raises(ConnectionLost):
            await connection.submit(Noop())
        with pytest.raises(ConnectionLost):
            await connection.until(lambda: False)
        assert not connection.idling


async def test_bye_is_kept_for_the_error() -> None:
    """The server's last word is in the error, and ends a connection that the server leaves open."""

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await peer.expect("A1 NOOP")
        await peer.send("A1 OK", "* BYE Session expired, please login again.")
        await peer.end()

    async with scripted(script) as port, connected(plain(port)) as connection:
        await connection.submit(Noop())
        with pytest.raises(ConnectionLost, match="Session expired") as lost:
            await connection.until(lambda: False, 60)
        assert lost.value.bye == "Session expired, please login again."


async def test_greeting_bye_is_a_lost_connection() -> None:
    """A server that is full says BYE instead of OK."""

    async def script(peer: Peer) -> None:
        await peer.send("* BYE [UNAVAILABLE] Too many connections")

    async with scripted(script) as port:
        with pytest.raises(ConnectionLost, match="Too many connections"):
            await Connection.open(plain(port))


async def test_lost_framing_ends_the_connection() -> None:
    """A literal beyond all limits cannot be skipped: the error says that the server is not understood."""

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await peer.expect("A1 NOOP")
        await peer.send("* 1 FETCH (BODY[] {99999999999}")
        await peer.end()

    async with scripted(script) as port, connected(plain(port)) as connection:
        with pytest.raises(ConnectionLost, match="can't be understood"):
            await connection.submit(Noop())


async def test_unsolicited_data_reach_their_listener() -> None:
    """What answers no command is handed on, nonsense included."""
    heard: list[Response] = []

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await peer.expect("A1 NOOP")
        await peer.send("* FROBNICATED 17", "A1 OK")
        await peer.end()

    async with scripted(script) as port, connected(plain(port)) as connection:
        connection.on_unsolicited = heard.append
        await connection.submit(Noop())
    assert heard == [Unknown(b"* FROBNICATED 17")]


async def test_until_is_tried_on_poke_and_ends_in_time(dovecot: Dovecot, user: str) -> None:
    """A predicate that does not depend on the server is tried again when somebody pokes."""
    async with signed_in(dovecot.ports.imap, user) as session:
        flag = asyncio.Event()
        waiting = asyncio.create_task(session.connection.until(flag.is_set, 60))
        await asyncio.sleep(0)
        flag.set()
        session.connection.poke()
        assert await waiting
        assert not await session.connection.until(lambda: False, 0.01)


async def test_a_cancelled_wait_leaves_the_connection_whole(dovecot: Dovecot, user: str) -> None:
    """Who stops waiting for an answer disturbs nobody: the answer is dropped when it comes."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.pause()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.select(INBOX), 0.02)
        proxy.resume()
        await session.connection.submit(Noop())
        assert session.selected is not None


async def test_cancelled_opening_leaves_nothing_open() -> None:
    """A connection that is given up while it waits for the greeting is closed."""
    accepted, ended = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        accepted.set()
        await peer.end()
        ended.set()

    async with scripted(script) as port:
        opening = asyncio.create_task(Connection.open(plain(port)))
        await asyncio.wait_for(accepted.wait(), 60)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.wait_for(ended.wait(), 60)


async def test_full_buffers_both_ways_do_not_block() -> None:
    """The client goes on reading while the server does not read, so neither waits for the other for ever."""
    line, count = "x" * 8000, 500

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH hello")
        await peer.expect("A1 CREATE*")  # and nothing else is read for now
        await peer.send(*[f"* OK {line}"] * count)
        for _ in range(1, count):
            await peer.expect("A*")
        await peer.send(*(f"A{number} OK" for number in range(1, count + 1)))
        await peer.end()

    async with scripted(script) as port, connected(plain(port)) as connection:
        name = MailboxName(line.encode())
        await asyncio.gather(*(connection.submit(Create(name)) for _ in range(count)))


async def test_secrets_are_in_no_error() -> None:
    """A server that echoes the password, and a connection that breaks meanwhile, put it into no text."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK hello")
        await peer.expect("A1 LOGIN ann hunter2")
        await peer.send("A1 BAD LOGIN ann hunter2: what?")
        await peer.expect("A2 LOGIN ann hunter2")

    async with scripted(script) as port, connected(plain(port)) as connection:
        for expected in (Bad, ConnectionLost):
            future = connection.submit(Login("ann", "hunter2"))
            with pytest.raises(expected) as failure:
                await future
            assert "hunter2" not in f"{failure.value} {failure.value!r} {future!r}"


async def test_close_says_goodbye_within_a_second(dovecot: Dovecot, user: str) -> None:
    """LOGOUT is sent, out of IDLE too; a silent server is not waited for."""
    assert GOODBYE <= 1
    async with Proxy(dovecot.ports.imap) as proxy:
        async with signed_in(proxy.port, user) as session:
            await session.select(INBOX)
            session.connection.idle()
            proxy.recording.forget()
        assert proxy.recording.names[-2:] == ["DONE", "LOGOUT"]
        async with signed_in(proxy.port, user) as session:
            proxy.pause()
            start = asyncio.get_running_loop().time()
            await session.connection.close()
            assert asyncio.get_running_loop().time() - start < QUICK.silence
        with pytest.raises(ConnectionLost, match="closed here"):
            await session.connection.submit(Select(INBOX))
