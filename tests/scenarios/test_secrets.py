"""A password stands in the rule file, or where that says, and nowhere else."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.house import House
from tests.faults.process import LIMIT, daemon, eventually
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


def message(name: str) -> str:
    """What AUTHENTICATE PLAIN sends (RFC 4616)."""
    return b64encode(f"\0{name}\0{CANARY}".encode()).decode()


async def test_no_password_is_in_what_python_tells_of_itself(
    dovecot: Dovecot, house: House, user: str, tmp_path: Path
) -> None:
    """In asyncio's debug mode, in the traceback of a bug in the sign-in, and in what a debugger would show."""
    async with Proxy(dovecot.ports.imap) as cut:
        cut.cut("AUTHENTICATE", Point.AFTER_COMMAND)
        house.write(
            account("works", user, dovecot.ports.imap),
            account("wrong", "wrong", dovecot.ports.imap, password=CANARY),
            account("cut", "cut", cut.port, password=CANARY),
            account("login", "login", dovecot.ports.imap, password=CANARY, auth="login"),
            account("bug", "bug", dovecot.ports.imap, password=CANARY),
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-m", "tests.faults.hostile_child", "run", "-c", str(house.path)),
            *("--log-level", "debug", "--log-format", "json"),
            stderr=(log := (tmp_path / "log").open("wb")),
            stdout=log,
            env={**os.environ, "PYTHONASYNCIODEBUG": "1"},
        )
        try:

            def text() -> str:
                return (tmp_path / "log").read_text(errors="replace")

            await eventually(lambda: text().count('"sign-in failed"') == 3, text)
            await eventually(lambda: "unexpected error" in text() and "watching" in text(), text)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), LIMIT) == 0
        finally:
            if process.returncode is None:
                process.kill()
            log.close()
    said = text()
    assert "RuntimeError: a bug near" in said
    assert "Executing <" in said
    assert "Credentials(username=" in said
    secrets = [*(piece.decode() for piece in PIECES), PASSWORD, *(message(name)[:24] for name in ("wrong", "cut"))]
    assert [line for line in said.splitlines() if any(secret in line for secret in secrets)] == []


async def test_whatever_the_umask_the_state_and_the_socket_are_the_owners_alone(
    house: House, dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    house.write(account("works", user, dovecot.ports.imap))
    house.path.write_text(house.path.read_text().replace('"state.db"', '"new/folder/state.db"'))
    async with daemon(house.path, under=["sh", "-c", 'umask 000; exec "$@"', "sh"]) as running:
        await running.logged("watching")
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new" / "folder").iterdir()}
        assert (tmp_path / "new" / "folder").stat().st_mode & 0o777 == 0o700
        assert await running.stop() == 0
    assert {"state.db", "state.db-wal", "state.db-shm", "state.db.sock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


async def test_a_password_command_sees_no_other_password(
    house: House, dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    spying = tmp_path / "password.sh"
    spying.write_text(f"tr '\\0' ' ' </proc/$PPID/cmdline >{tmp_path}/seen; env >>{tmp_path}/seen; echo {PASSWORD}\n")
    house.write(
        account("wrong", "wrong", dovecot.ports.imap, password=CANARY),
        account("command", user, dovecot.ports.imap, password={}).replace(
            "password = {}", f'password.command = ["sh", "{spying}"]'
        ),
    )
    async with daemon(house.path) as running:
        await running.logged("watching", account="command")
        await running.logged("sign-in failed", account="wrong")
        assert await running.stop() == 0
    seen = (tmp_path / "seen").read_bytes()
    assert b"mailrules" in seen
    assert [piece for piece in PIECES if piece in seen] == []
