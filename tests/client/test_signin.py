"""Signing in: the command that fits the server, and what is said when it fails."""

from __future__ import annotations

import traceback
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from mailrules.client import ConnectionLost, Credentials, HungUp, Session, SignInFailed
from tests.client.connecting import QUICK, plain
from tests.servers.dovecot import PASSWORD
from tests.servers.proxy import Proxy
from tests.servers.scripted import Peer, scripted

if TYPE_CHECKING:
    from mailrules.client.signin import Mechanism
    from tests.servers.dovecot import Dovecot


async def sign_in(port: int, credentials: Credentials) -> Session:
    """Sign in on loopback and end it."""
    session = await Session.open(plain(port), credentials, QUICK)
    await session.connection.close()
    return session


@pytest.mark.parametrize(
    ("mechanism", "without", "names"),
    [
        ("auto", set(), ["AUTHENTICATE"]),
        ("auto", {"AUTH=PLAIN"}, ["LOGIN"]),
        ("auto", {"SASL-IR"}, ["AUTHENTICATE"]),
        ("plain", set(), ["AUTHENTICATE"]),
        ("login", set(), ["LOGIN"]),
    ],
)
async def test_signs_in_by_what_is_offered(
    dovecot: Dovecot, user: str, mechanism: Mechanism, without: set[str], names: list[str]
) -> None:
    """AUTHENTICATE PLAIN where it is announced, with the response at once where that is, else LOGIN."""
    async with Proxy(dovecot.ports.imap, without=without) as proxy:
        session = await sign_in(proxy.port, Credentials(user, PASSWORD, mechanism))
        assert [name for name in proxy.recording.names if name in {"AUTHENTICATE", "LOGIN"}] == names
    assert "MOVE" in session.capabilities


async def test_plain_that_is_only_announced(dovecot: Dovecot, user: str) -> None:
    """BAD to AUTHENTICATE leads to LOGIN on the same connection; a NO never does: one wrong password is enough."""
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.refuse("AUTHENTICATE", "BAD what?", times=1)
        await sign_in(proxy.port, Credentials(user, PASSWORD))
        proxy.recording.forget()
        proxy.refuse("AUTHENTICATE", "NO no")
        with pytest.raises(SignInFailed):
            await sign_in(proxy.port, Credentials(user, PASSWORD))
        assert "LOGIN" not in proxy.recording.names


@pytest.mark.parametrize("mechanism", ["login", "plain"])
async def test_wrong_password(dovecot: Dovecot, user: str, mechanism: Mechanism) -> None:
    """The server's code and text are told; the password is not."""
    with pytest.raises(SignInFailed, match="refused user name or password") as failed:
        await sign_in(dovecot.ports.imap, Credentials(user, "open sesame", mechanism))
    assert failed.value.code == "AUTHENTICATIONFAILED"
    assert not failed.value.temporary
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    ("answer", "code", "temporary", "words"),
    [
        ("NO [UNAVAILABLE] Try later", "UNAVAILABLE", True, "refused the sign-in: .UNAVAILABLE. Try later"),
        ("NO [EXPIRED] It is too old", "EXPIRED", False, "refused the sign-in: .EXPIRED. It is too old"),
        ("NO LOGIN failed", None, False, "refused user name or password: LOGIN failed"),
        ("NO [CONTACTADMIN] Call us", "CONTACTADMIN", False, "refused the sign-in: .CONTACTADMIN. Call us"),
        ("BAD User is not connected", None, False, "refused the sign-in: User is not connected"),
    ],
)
async def test_reasons_of_a_refusal(
    dovecot: Dovecot, user: str, answer: str, code: str | None, temporary: bool, words: str
) -> None:
    """A code tells a wrong password from a server in trouble; no code is to be taken for a wrong password."""
    async with Proxy(dovecot.ports.imap) as proxy:
        proxy.refuse("LOGIN", answer)
        with pytest.raises(SignInFailed, match=words) as failed:
            await sign_in(proxy.port, Credentials(user, PASSWORD, "login"))
    assert (failed.value.code, failed.value.temporary) == (code, temporary)


async def test_login_that_is_disabled() -> None:
    """LOGINDISABLED is respected, and what the server offers instead is said."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2] hello")
        assert await peer.end() == b""

    async with scripted(script) as port:
        with pytest.raises(SignInFailed, match="it offers XOAUTH2"):
            await sign_in(port, Credentials("ann", "secret"))


async def test_echoed_secrets_are_taken_out() -> None:
    """A server that repeats what it was sent, in the clear or in base64, does not bring it into an error."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello")
        await peer.expect("A1 AUTHENTICATE PLAIN AGFubgBodW50ZXIy")
        await peer.send("A1 NO not AGFubgBodW50ZXIy nor hunter2")
        await peer.end()

    credentials = Credentials("ann", "hunter2")
    async with scripted(script) as port:
        with pytest.raises(SignInFailed, match=r"not \*\*\* nor \*\*\*"):
            await sign_in(port, credentials)
    assert "hunter2" not in repr(credentials)


SECRET = 'Qx"Zy\\7'
MESSAGE = b64encode(f"\0ann\0{SECRET}".encode()).decode()


@pytest.mark.parametrize("answer", ["A1 NO {}", "A1 BAD {}", "* BYE {}"])
@pytest.mark.parametrize("mechanism", ["login", "plain"])
async def test_no_echo_of_a_password_comes_into_an_error(answer: str, mechanism: Mechanism) -> None:
    """Neither the password, nor as it is written in a quoted string, nor as AUTHENTICATE carries it."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello")
        command = (await peer.receive()).decode().strip()
        await peer.send(answer.format(f"I read {command}, that is {SECRET}, that is {MESSAGE}"))
        await peer.end()

    async with scripted(script) as port:
        with pytest.raises(SignInFailed, match=r"I read A1 .*, that is") as failed:
            await sign_in(port, Credentials("ann", SECRET, mechanism))
    said = "".join(traceback.format_exception(failed.value))
    assert [text for text in ("Qx", "Zy", MESSAGE) if text in said] == []


async def test_no_echo_of_a_password_behind_the_sign_in_comes_into_an_error() -> None:
    async def script(peer: Peer) -> None:
        await peer.converse("S: * OK [CAPABILITY IMAP4rev1] hello", "C: A1 LOGIN ann hunter2", "S: A1 OK")
        await peer.send("* BYE you said LOGIN ann hunter2")
        await peer.end()

    async with scripted(script) as port:
        with pytest.raises(ConnectionLost, match=r"you said LOGIN ann \*\*\*$") as lost:
            await sign_in(port, Credentials("ann", "hunter2"))
    assert lost.value.bye == "you said LOGIN ann ***"


@pytest.mark.parametrize(
    ("farewell", "code", "temporary", "words"),
    [
        (["* BYE Too many failures"], None, False, "instead of answering the sign-in: .*: Too many failures"),
        (["* BYE [UNAVAILABLE] Going down"], "UNAVAILABLE", True, "instead of answering .*: Going down"),
        ([], None, False, "instead of answering the sign-in: .*: the server closed the connection$"),
    ],
)
async def test_a_server_that_hangs_up_on_a_password_has_refused_it(
    farewell: list[str], code: str | None, temporary: bool, words: str
) -> None:
    """Some end the connection at a wrong password, with BYE or without a word."""

    async def script(peer: Peer) -> None:
        await peer.converse("S: * OK [CAPABILITY IMAP4rev1] hello", "C: A1 LOGIN ann secret")
        await peer.send(*farewell)

    async with scripted(script) as port:
        with pytest.raises(SignInFailed, match=words) as failed:
            await sign_in(port, Credentials("ann", "secret"))
    assert (failed.value.code, failed.value.temporary) == (code, temporary)
    assert isinstance(failed.value, HungUp)
    assert failed.value.said_bye == bool(farewell)


async def test_a_bye_before_the_password_is_a_lost_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1] hello", "* BYE Not now")
        assert await peer.end() == b""

    async with scripted(script) as port:
        with pytest.raises(ConnectionLost, match="Not now"):
            await sign_in(port, Credentials("ann", "secret"))


async def test_capabilities_are_asked_again_where_they_are_not_told() -> None:
    """Exchange Online lists MOVE only after sign-in, and does not say so by itself."""

    async def script(peer: Peer) -> None:
        await peer.converse(
            "S: * OK hello",
            "C: A1 CAPABILITY",
            "S: * CAPABILITY IMAP4rev1",
            "S: A1 OK",
            'C: A2 LOGIN ann "a secret"',
            "S: A2 OK",
            "C: A3 CAPABILITY",
            "S: * CAPABILITY IMAP4rev1 MOVE NAMESPACE",
            "S: A3 OK",
            "C: A4 NAMESPACE",
            'S: * NAMESPACE (("" "/")) NIL NIL',
            "S: A4 OK",
            "C: A5 LOGOUT",
            "S: * BYE",
            "S: A5 OK",
        )

    async with scripted(script) as port:
        session = await sign_in(port, Credentials("ann", "a secret"))
    assert "MOVE" in session.capabilities


async def test_what_a_server_only_announces_is_not_used_when_it_was_asked_for_either() -> None:
    """Exchange 2003 ends the connection at NAMESPACE: the delimiter is asked for otherwise."""

    async def script(peer: Peer) -> None:
        await peer.converse(
            "S: * PREAUTH Microsoft Exchange Server 2003 IMAP4rev1 server ready",
            "C: A1 CAPABILITY",
            "S: * CAPABILITY IMAP4rev1 NAMESPACE IDLE",
            "S: A1 OK",
            'C: A2 LIST "" ""',
            'S: * LIST (\\Noselect) "/" ""',
            "S: A2 OK",
            "C: A3 LOGOUT",
            "S: * BYE",
            "S: A3 OK",
        )

    async with scripted(script) as port:
        session = await sign_in(port, Credentials("ann", "secret"))
    assert set(session.capabilities) == {"IMAP4REV1", "IDLE"}


async def test_signed_in_and_yet_not() -> None:
    """An OK is no proof: Dovecot can say BYE behind it. That is a lost connection, with the reason."""

    async def script(peer: Peer) -> None:
        await peer.converse(
            "S: * OK [CAPABILITY IMAP4rev1] hello",
            "C: A1 LOGIN ann secret",
            "S: A1 OK Logged in, but initialization failed.",
            "S: * BYE Internal error occurred. Refer to server log.",
        )
        await peer.end()

    async with scripted(script) as port:
        with pytest.raises(ConnectionLost, match="Internal error occurred"):
            await sign_in(port, Credentials("ann", "secret"))
