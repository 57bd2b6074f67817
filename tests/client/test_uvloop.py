"""The same client on uvloop, which is what `mailrules run` runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailrules.client import Connection, Credentials, Endpoint, Session, TLSFailure, TLSMode
from mailrules.imap import Items, MailboxName, UidFetch, UIDSet
from tests.builders import message
from tests.client.connecting import QUICK
from tests.servers.certificates import Authority
from tests.servers.dovecot import PASSWORD
from tests.servers.scripted import Peer, scripted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.dovecot import Dovecot


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run this file's tests on uvloop."""
    return "asyncio", {"use_uvloop": True}


@pytest.mark.parametrize("mode", TLSMode)
async def test_a_whole_session(dovecot: Dovecot, user: str, mode: TLSMode) -> None:
    """Sign-in, IDLE, news, FETCH and LOGOUT, over each kind of connection."""
    port = dovecot.ports.imaps if mode is TLSMode.IMPLICIT else dovecot.ports.imap
    session = await Session.open(Endpoint("localhost", port, mode, dovecot.ca_file), Credentials(user, PASSWORD), QUICK)
    connection = session.connection
    selected = await session.select(MailboxName(b"INBOX"))
    connection.idle()
    dovecot.deliver(user, message("new", body="x" * 100_000))
    assert await connection.until(lambda: selected.arrived > 0, 60)
    connection.done()
    (data,) = await connection.submit(UidFetch(UIDSet.all(), (Items.SIZE,)))
    assert data.size is not None
    assert data.size > 100_000
    await connection.close()


@pytest.mark.parametrize("mode", [TLSMode.IMPLICIT, TLSMode.STARTTLS])
async def test_untrusted_certificates(dovecot: Dovecot, tmp_path: Path, mode: TLSMode) -> None:
    """Trust is the same, and so are the words."""
    port = dovecot.ports.imaps if mode is TLSMode.IMPLICIT else dovecot.ports.imap
    with pytest.raises(TLSFailure, match="vouched for by nobody known here"):
        await Connection.open(Endpoint("localhost", port, mode, Authority(tmp_path).ca_file), QUICK)


async def test_bytes_behind_the_ok_of_starttls_are_refused() -> None:
    """So is the care at STARTTLS."""

    async def script(peer: Peer) -> None:
        await peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello")
        await peer.expect("A1 STARTTLS")
        await peer.send("A1 OK begin", "* OK injected")
        assert await peer.end() == b""

    async with scripted(script) as port:
        with pytest.raises(TLSFailure, match="slipped in before TLS"):
            await Connection.open(Endpoint("localhost", port, TLSMode.STARTTLS), QUICK)
