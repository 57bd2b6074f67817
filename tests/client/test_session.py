"""A session's verbs against a real server, and against poorer ones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailrules.client import Credentials, HungUp, Session
from mailrules.imap import MailboxName, No, Noop, Subscribe
from mailrules.imap.search import key
from tests.builders import message
from tests.client.connecting import QUICK, plain, signed_in
from tests.servers.proxy import Proxy
from tests.servers.scripted import Peer, scripted

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot

INBOX = MailboxName(b"INBOX")


async def test_sign_in_costs_two_flights(dovecot: Dovecot, user: str) -> None:
    """Greeting and sign-in tell the capabilities; ID and NAMESPACE share a flight."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        assert proxy.recording.flights == [["AUTHENTICATE"], ["ID", "NAMESPACE"]]
        assert session.namespace.delimiter == "/"


async def test_lists_mailboxes_with_all_in_one_command(dovecot: Dovecot, user: str) -> None:
    """Names, special uses and STATUS come in one flight where the server can do so."""
    dovecot.deliver(user, message())
    dovecot.append(user, "Lists/Python", message())
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.recording.forget()
        mailboxes = {info.path: info for info in await session.mailboxes()}
        assert proxy.recording.flights == [["LIST"]]
    assert {"INBOX", "Lists", "Lists/Python", "Trash", "Junk", "Archive", "Sent", "Drafts"} == mailboxes.keys()
    assert {info.special_use for info in mailboxes.values()} == {
        r"\Trash", r"\Junk", r"\Archive", r"\Sent", r"\Drafts", None
    }  # fmt: skip
    assert not mailboxes["Lists"].selectable
    status = mailboxes["INBOX"].status
    assert status is not None
    assert (status.messages, status.uidnext) == (1, 2)
    assert mailboxes["Lists"].status is None


@pytest.mark.parametrize(
    "without",
    [{"LIST-STATUS"}, {"SPECIAL-USE"}, {"LIST-STATUS", "SPECIAL-USE", "LIST-EXTENDED"}],
    ids=lambda without: " ".join(sorted(without)),
)
async def test_lists_mailboxes_on_poorer_servers(dovecot: Dovecot, user: str, without: set[str]) -> None:
    """What is not offered is not asked for; the names come all the same."""
    async with Proxy(dovecot.ports.imap, without=without) as proxy, signed_in(proxy.port, user) as session:
        mailboxes = {info.path: info for info in await session.mailboxes()}
        assert all(exchange.answer.startswith(b"OK") for exchange in proxy.recording.find("LIST"))
    assert mailboxes["INBOX"].selectable
    assert (mailboxes["INBOX"].status is None) == ("LIST-STATUS" in without)


async def test_lists_mailboxes_where_the_extension_is_only_announced(dovecot: Dovecot, user: str) -> None:
    """A refused LIST with options is asked again without, as for Proton Bridge and go-imap."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.refuse("LIST .*RETURN", "BAD unknown")
        assert "INBOX" in {info.path for info in await session.mailboxes()}


async def test_status_and_select(dovecot: Dovecot, user: str) -> None:
    """STATUS tells of a mailbox from outside, SELECT opens it, and what it returns goes on changing."""
    dovecot.deliver(user, message(), message())
    async with signed_in(dovecot.ports.imap, user) as session:
        status = await session.status(INBOX)
        assert (status.messages, status.uidnext) == (2, 3)
        selected = await session.select(INBOX)
        assert (selected.exists, selected.uidvalidity, selected.arrived) == (2, status.uidvalidity, 0)
        dovecot.deliver(user, message())
        await session.connection.submit(Noop())
        assert (selected.exists, selected.arrived) == (3, 1)
        assert session.selected is selected


async def test_refused_select_is_told(dovecot: Dovecot, user: str) -> None:
    """A mailbox that is not there is the server's NO."""
    async with signed_in(dovecot.ports.imap, user) as session:
        with pytest.raises(No):
            await session.select(MailboxName(b"Missing"))
        assert session.selected is None


async def test_create_makes_and_subscribes_in_one_flight(dovecot: Dovecot, user: str) -> None:
    """A new mailbox is shown by mail readers at once; one that is there already is no failure."""
    name = MailboxName.from_text("Lists/Neu")
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.recording.forget()
        assert await session.create(name) is None
        assert proxy.recording.flights == [["CREATE", "SUBSCRIBE"]]
        assert await session.create(name) == name
    with dovecot.session(user) as imap:
        assert any(b"Lists/Neu" in line for line in imap.lsub()[1] if isinstance(line, bytes))


async def test_create_of_what_exists_without_a_code(dovecot: Dovecot, user: str) -> None:
    """Where NO has no code, LIST tells whether the mailbox is there (Cyrus, Courier)."""
    dovecot.create(user, "There")
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.refuse("CREATE", "NO Mailbox already exists")
        assert await session.create(MailboxName(b"There")) == MailboxName(b"There")
        with pytest.raises(No):
            await session.create(MailboxName(b"Missing"))


async def test_create_does_not_need_the_subscription(dovecot: Dovecot, user: str) -> None:
    """A server that keeps no subscriptions is no hindrance."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.refuse("SUBSCRIBE", "NO not here")
        await session.create(MailboxName(b"New"))
        with pytest.raises(No):
            await session.connection.submit(Subscribe(MailboxName(b"New")))
    assert "New" in dovecot.look(user)


async def test_server_without_namespace_tells_its_delimiter() -> None:
    """Without NAMESPACE, an empty LIST has the delimiter; a server that is greeted as known needs no sign-in."""

    async def script(peer: Peer) -> None:
        await peer.converse(
            "S: * PREAUTH [CAPABILITY IMAP4rev1] ready",
            'C: A1 LIST "" ""',
            'S: * LIST (\\Noselect) "." ""',
            "S: A1 OK",
        )
        await peer.end()

    async with scripted(script) as port:
        session = await Session.open(plain(port), Credentials("ann", "secret"), QUICK)
        assert session.namespace.delimiter == "."
        session.connection.abort()


async def test_a_cut_in_sign_in_is_a_refused_one(dovecot: Dovecot, user: str) -> None:
    """Whoever hangs up on a password may have found it wrong, and locks out who tries it often."""
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.cut("AUTHENTICATE")
        with pytest.raises(HungUp):
            await Session.open(plain(proxy.port), Credentials(user, "x"), QUICK)


@pytest.mark.parametrize("answer", ["BAD unknown RETURN", "NO not supported"])
async def test_where_named_searches_are_only_announced_all_are_done_without(
    dovecot: Dovecot, user: str, answer: str
) -> None:
    """It is found out once for the session."""
    dovecot.deliver(user, message("one"), message("two"))
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.refuse("UID SEARCH RETURN", answer)
        await session.select(INBOX)
        one, two = await asyncio.gather(session.search(key("SUBJECT", "one")), session.search(key("SUBJECT", "two")))
        proxy.recording.forget()
        again = await session.search(key("ALL"))
        asked = [exchange.text for exchange in proxy.recording.find("UID SEARCH")]
    assert (one, two, again) == ((1,), (2,), (1, 2))
    assert not any(b"RETURN" in text for text in asked)


async def test_what_is_refused_without_a_name_too_is_refused(dovecot: Dovecot, user: str) -> None:
    """Then the name was not the reason, and searches go on to share flights."""
    async with Proxy(dovecot.ports.imap) as proxy, signed_in(proxy.port, user) as session:
        proxy.refuse("UID SEARCH .*DELETED", "NO [INUSE] later")
        await session.select(INBOX)
        with pytest.raises(No):
            await session.search(key("DELETED"))
        proxy.recording.forget()
        await session.search(key("ALL"))
        assert b"RETURN" in proxy.recording.find("UID SEARCH")[0].text


async def test_an_answer_without_a_name_is_not_believed() -> None:
    """The searches are asked again, one after the other, so that none gets the hits of another."""

    async def script(peer: Peer) -> None:
        await peer.converse(
            "S: * PREAUTH [CAPABILITY IMAP4rev1 ESEARCH] ready",
            'C: A1 LIST "" ""',
            'S: * LIST (\\Noselect) "." ""',
            "S: A1 OK",
            "C: A2 SELECT INBOX",
            "S: A2 OK",
            "C: A3 UID SEARCH RETURN (ALL) SEEN",
            "C: A4 UID SEARCH RETURN (ALL) DELETED",
            "S: * SEARCH 2",
            "S: A4 OK",
            "S: * SEARCH 1",
            "S: A3 OK",
            "C: A5 UID SEARCH SEEN",
            "S: * SEARCH 1",
            "S: A5 OK",
            "C: A6 UID SEARCH DELETED",
            "S: * SEARCH 2",
            "S: A6 OK",
        )
        await peer.end()

    async with scripted(script) as port:
        session = await Session.open(plain(port), Credentials("ann", "secret"), QUICK)
        await session.select(INBOX)
        seen, deleted = await asyncio.gather(session.search(key("SEEN")), session.search(key("DELETED")))
        assert (seen, deleted) == ((1,), (2,))
        session.connection.abort()
