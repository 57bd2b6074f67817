"""Who asks a real daemon how it is, by its command and by HTTP, hears of a server that dies while the others live."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.process import LIMIT, DaemonProcess, daemon
from tests.scenarios.setting import account, deliver
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Proxy

RULES = """
[[rules]]
name = "file all"
match = "everything"
then.move = "Filed"
"""


def write(path: Path, *accounts: str, rules: str = RULES) -> None:
    new = path.with_name("new")
    new.write_text('[daemon]\nstate = "state.db"\nlisten = "127.0.0.1:0"\n' + "".join(accounts) + rules)
    new.chmod(0o600)
    new.rename(path)


@asynccontextmanager
async def proxies(dovecot: Dovecot) -> AsyncIterator[tuple[Proxy, Proxy]]:
    """Two ways to the server, so that each can be closed by itself."""
    async with Proxy(dovecot.ports.imap) as first, Proxy(dovecot.ports.imap) as second:
        yield first, second


async def status(path: Path, *arguments: str) -> tuple[int, str]:
    """Run ``mailrules status``; its exit status and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mailrules", "status", "-c", str(path), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    told, _ = await asyncio.wait_for(process.communicate(), LIMIT)
    assert process.returncode is not None
    text = told.decode()
    assert "Traceback" not in text
    assert PASSWORD not in text
    return process.returncode, text


class Http:
    """Asks the daemon by HTTP."""

    def __init__(self, address: object) -> None:
        self._host, _, self._port = str(address).rpartition(":")

    async def get(self, path: str) -> tuple[int, dict[str, object]]:
        """Ask once."""
        reader, writer = await asyncio.open_connection(self._host, int(self._port))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head, _, body = (await asyncio.wait_for(reader.read(), LIMIT)).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), json.loads(body)

    async def until_ready_is(self, wanted: int, **accounts: bool) -> None:
        """Ask until the answer has this status, and these accounts are ready or not."""
        async with asyncio.timeout(LIMIT):
            while True:
                code, told = await self.get("/readyz")
                named = told["accounts"]
                assert isinstance(named, dict)
                if code == wanted and {name: each["ready"] for name, each in named.items()} == accounts:
                    return
                await asyncio.sleep(0.02)


async def lose(proxy: Proxy) -> None:
    """Let the server behind a proxy die."""
    proxy.stop_listening()
    proxy.cut_all()


async def test_a_dead_server_is_named_and_takes_the_others_not_with_it(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    async with proxies(dovecot) as (first, second):
        write(path, account("work", user, first.port), account("home", f"{user}-2", second.port))
        async with daemon(path) as running:
            http = Http((await running.logged("listening"))["address"])
            await http.until_ready_is(200, work=True, home=True)
            await deliver(dovecot, user, "one")
            await running.logged("acted")
            await lose(second)
            await http.until_ready_is(200, work=True, home=False)
            assert await http.get("/healthz") == (200, {"late": []})

            code, text = await status(path)
            lines = text.splitlines()
            assert (code, len([line for line in lines if line.startswith("home: backing off")])) == (1, 1)
            assert "work: INBOX: notify" in text
            code, text = await status(path, "--account", "work", "--json")
            told = json.loads(text)
            assert (code, told["running"], told["well"], len(told["accounts"])) == (0, True, True, 1)
            (inbox,) = told["accounts"][0]["mailboxes"]
            assert inbox["last_message"] is not None
            assert inbox["alive"] is not None

            await lose(first)
            await http.until_ready_is(503, work=False, home=False)
            assert (await http.get("/healthz"))[0] == 200

            await first.listen()
            await second.listen()
            await http.until_ready_is(200, work=True, home=True)
            await refused_and_mended(running, path, account("work", user, first.port))


async def refused_and_mended(running: DaemonProcess, path: Path, work: str) -> None:
    write(path, work, rules="[[rules]\n")
    await running.logged("rule file not taken over")
    code, text = await status(path, "--account", "work")
    assert code == 1
    assert "The newest rule file is refused, and the old rules stay: " in text
    assert "rules.toml:" in text
    write(path, work)
    await running.logged("rules taken over")
    code, text = await status(path)
    assert (code, "refused" in text, "home" in text) == (0, False, False)
