"""Trust: whom the client believes, and what it says when it does not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from mailrules.client import (
    ClearTextRefused,
    ConnectFailed,
    Connection,
    Credentials,
    Endpoint,
    Session,
    TLSFailure,
    TLSMode,
)
from mailrules.client.wire import Wire
from tests.client.connecting import QUICK, connected, plain
from tests.servers.certificates import Authority, Pair
from tests.servers.dovecot import PASSWORD
from tests.servers.proxy import Proxy
from tests.servers.scripted import Peer, scripted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.dovecot import Dovecot


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Make an authority for this file's servers."""
    return Authority(tmp_path_factory.mktemp("authority"))


def server_side(pair: Pair) -> ssl.SSLContext:
    """Return a server's TLS settings with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


async def greet(peer: Peer) -> None:
    """Greet and wait for the end."""
    await peer.send("* OK hello")
    await peer.end()


@pytest.mark.parametrize("mode", [TLSMode.IMPLICIT, TLSMode.STARTTLS])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_signs_in_over_tls(dovecot: Dovecot, user: str, mode: TLSMode, host: str) -> None:
    """Both ways to TLS lead to a private connection on which a user can sign in."""
    port = dovecot.ports.imaps if mode is TLSMode.IMPLICIT else dovecot.ports.imap
    endpoint = Endpoint(host, port, mode, dovecot.ca_file)
    session = await Session.open(endpoint, Credentials(user, PASSWORD), QUICK)
    tls = session.connection._wire._socket
    assert isinstance(tls, ssl.SSLSocket)
    assert tls.version() in {"TLSv1.2", "TLSv1.3"}
    assert "MOVE" in session.capabilities
    await session.connection.close()


async def test_capabilities_from_before_tls_are_forgotten(dovecot: Dovecot) -> None:
    """What was said in the clear counts for nothing afterwards. RFC 9051 §6.2.1."""
    endpoint = Endpoint("localhost", dovecot.ports.imap, TLSMode.STARTTLS, dovecot.ca_file)
    async with connected(endpoint) as connection:
        assert connection.capabilities is None
        assert "STARTTLS" not in await connection.ask_capabilities()


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("expired", "certificate has expired"),
        ("wrong host", "certificate is for another host than 127.0.0.1"),
        ("self-signed", "vouched for by nobody known here; .* ca_file"),
        ("unknown authority", "vouched for by nobody known here; .* ca_file"),
    ],
)
async def test_bad_certificates_are_refused_in_words(
    authority: Authority, tmp_path: Path, certificate: str, words: str
) -> None:
    """Each way in which a certificate is bad has words of its own."""
    match certificate:
        case "expired":
            pair = authority.issue(expired=True)
        case "wrong host":
            pair = authority.issue("imap.example.org")
        case "self-signed":
            pair = authority.self_signed()
        case _:
            pair = Authority(tmp_path).issue()
    async with scripted(greet, tls=server_side(pair)) as port:
        with pytest.raises(TLSFailure, match=words):
            await Connection.open(Endpoint("127.0.0.1", port, TLSMode.IMPLICIT, authority.ca_file), QUICK)


async def test_system_authorities_do_not_know_ours(authority: Authority) -> None:
    """Without ca_file only the system's authorities count."""
    async with scripted(greet, tls=server_side(authority.issue())) as port:
        with pytest.raises(TLSFailure, match="ca_file"):
            await Connection.open(Endpoint("localhost", port), QUICK)


async def test_bad_certificate_after_starttls(dovecot: Dovecot, authority: Authority) -> None:
    """STARTTLS verifies as much as implicit TLS."""
    with pytest.raises(TLSFailure, match="vouched for by nobody"):
        await Connection.open(Endpoint("localhost", dovecot.ports.imap, TLSMode.STARTTLS, authority.ca_file), QUICK)


async def test_old_tls_is_refused(authority: Authority) -> None:
    """A server that knows nothing newer than TLS 1.1 is not talked to."""
    old = server_side(authority.issue())
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1

    def shake_hands(listener: socket.socket) -> None:  # asyncio's server would hang up before its alert is out
        with listener.accept()[0] as connection, contextlib.suppress(OSError):
            old.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(asyncio.to_thread(shake_hands, listener))
        endpoint = Endpoint("127.0.0.1", listener.getsockname()[1], TLSMode.IMPLICIT, authority.ca_file)
        with pytest.raises(TLSFailure, match=r"no TLS newer than 1\.1"):
            await Connection.open(endpoint, QUICK)
        await serving


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), ("not PEM", "no certificate")])
async def test_unusable_ca_file_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    """A ca_file that is missing or no PEM is said by its name."""
    ca_file = tmp_path / "ca.pem"
    if text is not None:
        ca_file.write_text(text)
    with pytest.raises(TLSFailure, match=rf"ca_file .*ca\.pem: {words}"):
        await Connection.open(Endpoint("localhost", 1, TLSMode.IMPLICIT, ca_file), QUICK)


async def test_a_replaced_ca_file_is_read_again(authority: Authority, tmp_path: Path) -> None:
    """The settings are shared by connections, but not beyond a change of the file."""
    ca_file = tmp_path / "ca.pem"
    (tmp_path / "other").mkdir()
    ca_file.write_bytes(Authority(tmp_path / "other").ca_file.read_bytes())
    async with scripted(greet, tls=server_side(authority.issue())) as port:
        endpoint = Endpoint("localhost", port, TLSMode.IMPLICIT, ca_file)
        with pytest.raises(TLSFailure):
            await Connection.open(endpoint, QUICK)
        ca_file.write_bytes(authority.ca_file.read_bytes())
        async with connected(endpoint):
            pass


async def test_implicit_tls_to_a_plain_port_is_explained(dovecot: Dovecot) -> None:
    """The commonest mistake in settings: port 143 with implicit TLS."""
    with pytest.raises(TLSFailure, match="does not speak TLS on this port"):
        await Connection.open(Endpoint("localhost", dovecot.ports.imap, TLSMode.IMPLICIT, dovecot.ca_file), QUICK)


async def test_an_end_in_the_handshake_is_explained(authority: Authority) -> None:
    """A server that hangs up instead of a handshake."""

    async def script(peer: Peer) -> None:
        await peer.receive()

    async with scripted(script) as port:
        with pytest.raises(TLSFailure, match="in the TLS handshake"):
            await Connection.open(Endpoint("localhost", port, TLSMode.IMPLICIT, authority.ca_file), QUICK)


# STARTTLS is a promise that a man in the middle wants broken.


def starttls(port: int, authority: Authority) -> Endpoint:
    """Return an endpoint that asks for STARTTLS."""
    return Endpoint("localhost", port, TLSMode.STARTTLS, authority.ca_file)


@pytest.mark.parametrize("slipped_in", ["* OK [CAPABILITY IMAP4rev1] injected", "A1 OK", "* OK half a li"])
async def test_bytes_behind_the_ok_of_starttls_are_refused(authority: Authority, slipped_in: str) -> None:
    """Whatever came in the clear behind STARTTLS' OK may be an attacker's. CVE-2011-0411 and its kin."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello")
        await peer.expect("A1 STARTTLS")
        await peer.send_bytes(f"A1 OK begin\r\n{slipped_in}".encode())
        assert await peer.end() == b""

    async with scripted(script) as port:
        with pytest.raises(TLSFailure, match="slipped in before TLS"):
            await Connection.open(starttls(port, authority), QUICK)


async def test_bytes_that_follow_the_ok_of_starttls_later_are_no_tls_and_refused(authority: Authority) -> None:
    """What is slipped in when the handshake has begun is taken for a part of it."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello")
        await peer.expect("A1 STARTTLS")
        await peer.send("A1 OK begin")
        assert (await peer.receive())[:1] == b"\x16"  # the handshake
        await peer.send("* OK [CAPABILITY IMAP4rev1] injected", "A2 OK")
        assert b"LOGIN" not in await peer.end()

    async with scripted(script) as port:
        with pytest.raises(TLSFailure):
            await Session.open(starttls(port, authority), Credentials("ann", PASSWORD), QUICK)


async def test_starttls_that_is_not_offered_is_refused(dovecot: Dovecot) -> None:
    """A stripped STARTTLS ends the connection; nothing secret went out."""
    async with Proxy(dovecot.ports.imap, without={"STARTTLS"}) as proxy:
        endpoint = Endpoint("localhost", proxy.port, TLSMode.STARTTLS, dovecot.ca_file)
        with pytest.raises(TLSFailure, match="offers no STARTTLS"):
            await Session.open(endpoint, Credentials("ann", PASSWORD), QUICK)
        assert proxy.recording.names == []


@pytest.mark.parametrize("refusal", ["NO not now", "BAD what?"])
async def test_refused_starttls_is_refused(authority: Authority, refusal: str) -> None:
    """Neither NO nor BAD to STARTTLS is a reason to go on without."""

    async def script(peer: Peer) -> None:
        await peer.converse(
            "S: * OK hello", "C: A1 CAPABILITY", "S: * CAPABILITY IMAP4rev1 STARTTLS", "S: A1 OK", "C: A2 STARTTLS"
        )
        await peer.send(f"A2 {refusal}")
        assert await peer.end() == b""

    async with scripted(script) as port:
        with pytest.raises(TLSFailure, match="refuses STARTTLS"):
            await Connection.open(starttls(port, authority), QUICK)


async def test_preauth_before_tls_is_refused(authority: Authority) -> None:
    """PREAUTH would make STARTTLS impossible, and our mail readable. CVE-2020-12398 was this."""

    async def script(peer: Peer) -> None:
        await peer.send("* PREAUTH welcome back")
        assert await peer.end() == b""

    async with scripted(script) as port:
        with pytest.raises(TLSFailure, match="signed us in before TLS"):
            await Connection.open(starttls(port, authority), QUICK)


async def test_passwords_do_not_go_in_the_clear(dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TLS a password goes to this machine only, whatever the settings say."""
    monkeypatch.setattr(Wire, "peer", lambda _: "192.0.2.1")
    async with Proxy(dovecot.ports.imap) as proxy:
        with pytest.raises(ClearTextRefused, match="without TLS"):
            await Session.open(plain(proxy.port), Credentials(user, PASSWORD), QUICK)
        assert proxy.recording.names == []


async def test_unreachable_hosts_are_explained() -> None:
    """No such host, nobody there, no host name at all: each in words."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:\d+: connection refused"):
            await Connection.open(plain(nobody.getsockname()[1]), QUICK)
    for host, words in (("no-such-host.invalid", "no such host"), ("a" * 70 + ".example.org", "host")):
        with pytest.raises(ConnectFailed, match=words):
            await Connection.open(Endpoint(host, 993), QUICK)
