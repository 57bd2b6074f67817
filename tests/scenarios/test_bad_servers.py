"""An account that can't be reached or let in: a clear sentence with its name, patience, and the others go on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from mailrules.client import Timeouts
from mailrules.daemon import door
from mailrules.daemon.backoff import delays
from tests.daemon.house import House
from tests.scenarios.setting import account, deliver, subjects
from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy


@asynccontextmanager
async def beside_a_healthy_one(house: House, dovecot: Dovecot, user: str, sick: str) -> AsyncIterator[None]:
    """Run the daemon with a second account; in the end the healthy one must have filed its mail."""
    house.write(sick, account("healthy", user, dovecot.ports.imap))
    async with house.running():
        await house.heard("watching", account="healthy")
        yield
        await deliver(dovecot, user, "one")
        await house.filed(1)
    assert await subjects(dovecot, user) == {"Filed": ["one"]}
    assert not house.count("watching", account="sick")


def said(house: House, event: str) -> str:
    """Why the sick account is not served, as the log has it."""
    return str(next(line["reason"] for line in house.lines if line["event"] == event and line.get("account") == "sick"))


async def test_a_wrong_password_is_tried_rarely_whatever_the_number_of_mailboxes(
    house: House, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt closes the door for twice as long; what waits behind it makes none of its own."""
    monkeypatch.setattr(door, "delays", lambda *_: delays(0.2, 10, chance=lambda: 1.0))
    loop = asyncio.get_running_loop()
    async with Proxy(dovecot.ports.imap) as proxy:
        sick = account("sick", f"{user}-sick", proxy.port, password="wrong", watch=["*"], max_connections=5)
        began = loop.time()
        async with beside_a_healthy_one(house, dovecot, user, sick):
            await house.heard("sign-in failed", 4, account="sick")
            assert loop.time() - began >= 0.2 + 0.4 + 0.8
            assert len(proxy.recording.find("AUTHENTICATE")) == 4
            assert proxy.accepted == 4
    assert said(house, "sign-in failed") == "the server refused user name or password: Authentication failed."


async def test_a_password_that_is_put_right_in_the_file_is_used_at_once(
    house: House, dovecot: Dovecot, user: str
) -> None:
    house.write(account("work", user, dovecot.ports.imap, password="wrong"))
    async with house.running():
        await house.heard("sign-in failed", account="work")
        house.write(account("work", user, dovecot.ports.imap))
        await house.heard("watching", account="work")
    assert house.count("sign-in failed") == 1


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that lets everybody in and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


async def test_a_host_that_does_not_answer_is_tried_again_and_again(
    house: House, dovecot: Dovecot, user: str, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "Timeouts", partial(Timeouts, connect=1.5))
    monkeypatch.setattr("mailrules.daemon.link.delays", partial(delays, 0.1, 1.0))
    async with beside_a_healthy_one(house, dovecot, user, account("sick", "ann", silent_port)):
        await house.heard("interrupted", 3, account="sick")
    assert said(house, "interrupted") == (
        f'127.0.0.1:{silent_port}: the server does not greet (if this port is for TLS, tls must be "implicit") '
        "within 1.5 seconds"
    )


@dataclass(frozen=True)
class Doubt:
    """What is wrong with a certificate, and how it is said."""

    reason: str
    name: str = "127.0.0.1"
    expired: bool = False
    trusted: bool = True


DOUBTS = [
    pytest.param(Doubt("the server's certificate has expired", expired=True), id="expired"),
    pytest.param(
        Doubt("the server's certificate is for another host than 127.0.0.1", name="mail.example.org"), id="other name"
    ),
    pytest.param(
        Doubt(
            "the server's certificate is vouched for by nobody known here; "
            "if it is your own, give its authority's certificate as ca_file",
            trusted=False,
        ),
        id="unknown authority",
    ),
]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("doubt", DOUBTS)
async def test_a_certificate_that_is_not_to_be_trusted_gets_no_password(
    house: House, dovecot: Dovecot, user: str, tmp_path: Path, tls: str, doubt: Doubt
) -> None:
    authority = Authority(tmp_path)
    with Dovecot(certificate=authority.issue(doubt.name, expired=doubt.expired)) as server:
        port = server.ports.imaps if tls == "implicit" else server.ports.imap
        ca_file = authority.ca_file if doubt.trusted else dovecot.ca_file
        sick = account("sick", user, port, tls=tls, ca_file=str(ca_file))
        async with beside_a_healthy_one(house, dovecot, user, sick):
            await house.heard("interrupted", account="sick")
        assert "Login: user=" not in server.log()
    assert said(house, "interrupted") == f"127.0.0.1:{port}: {doubt.reason}"
