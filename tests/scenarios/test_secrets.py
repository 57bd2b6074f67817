"""A password stands in the rule file, or where that says, and nowhere else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.house import House
from tests.faults.process import daemon, eventually
from tests.scenarios.setting import account, deliver
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy
from tests.servers.scripted import Peer, scripted

CANARY = 'Kanarien"vogel\\4711'
PIECES = (b"Kanarien", b"vogel")  # whoever writes it escapes the rest, each in a way of its own


def spellings(user: str, password: str) -> Iterator[str]:
    """What a password looks like on its way."""
    yield password
    yield password.replace("\\", r"\\").replace('"', r"\"")  # RFC 9051 §4.3
    yield b64encode(f"\0{user}\0{password}".encode()).decode()  # RFC 4616


async def echo_by_bye(peer: Peer) -> None:
    """Hang up on a sign-in and say what it was."""
    await peer.send("* OK [CAPABILITY IMAP4rev1] hello")
    await peer.send(f"* BYE I never heard of {(await peer.receive()).decode().strip()}")


async def echo_by_bad(peer: Peer) -> None:
    """Answer BAD to whatever is said, and repeat it."""
    await peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello")
    while line := (await peer.receive()).decode().strip():
        await peer.send(f"{line.split()[0]} BAD I never heard of {line}")


def command_lines() -> bytes:
    """What `ps` would show of every process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue  # it has ended meanwhile
    return b"\n".join(found)


@pytest.mark.parametrize("form", ["json", "text"])
async def test_no_password_is_in_what_a_run_writes_or_shows(
    dovecot: Dovecot, house: House, user: str, form: str, tmp_path: Path
) -> None:
    """Refused sign-ins, some echoed by the server, one cut in the middle; a command that gives the password slowly."""
    slow = tmp_path / "password.sh"
    slow.write_text(f"sleep 0.2; cat {tmp_path}/password\n")
    (tmp_path / "password").write_text(PASSWORD + "\n")
    shown = [command_lines()]
    async with (
        Proxy(dovecot.ports.imap) as echo,
        Proxy(dovecot.ports.imap) as cut,
        scripted(echo_by_bye) as bye,
        scripted(echo_by_bad) as bad,
    ):
        echo.refuse("AUTHENTICATE", f"NO [AUTHENTICATIONFAILED] You said {' '.join(spellings('echo', CANARY))}")
        cut.cut("AUTHENTICATE", Point.AFTER_COMMAND)
        house.write(
            account("works", user, dovecot.ports.imap),
            account("command", user, dovecot.ports.imap, password={}).replace(
                "password = {}", f'password.command = ["sh", "{slow}"]'
            ),
            account("wrong", "wrong", dovecot.ports.imap, password=CANARY),
            account("echo", "echo", echo.port, password=CANARY),
            account("cut", "cut", cut.port, password=CANARY),
            account("login", "login", dovecot.ports.imap, password=CANARY, auth="login"),
            account("bye", "bye", bye, password=CANARY),
            account("bad", "bad", bad, password=CANARY),
        )
        async with daemon(house.path, options=["--log-level", "debug", "--log-format", form]) as running:

            def text() -> str:
                shown.append(command_lines())
                return "".join(running.raw)

            await eventually(lambda: text().count("sign-in failed") == 6, text)
            await eventually(lambda: text().count("watching") == 2, text)
            await deliver(dovecot, user, "one")
            await eventually(lambda: "acted" in text(), text)
            assert await running.stop() == 0
    written = {
        path.name: path.read_bytes()
        for path in tmp_path.iterdir()
        if path.name not in {"rules.toml", "password", "password.sh"}
    }
    assert "state.db" in written
    everything = b"".join([*written.values(), *shown, text().encode()])
    assert everything.count(b"I never heard of") >= 2
    names = ("wrong", "echo", "cut", "login", "bye", "bad")
    secrets = {*PIECES, *(b64encode(f"\0{name}\0{CANARY}".encode()) for name in names)}
    own = (spelling.encode() for spelling in spellings(user, PASSWORD))
    assert [secret for secret in {*secrets, *own} if secret in everything] == []
