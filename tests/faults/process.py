"""Starts the daemon as a process, waits for what it does, and ends it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from tests.servers.dovecot import PASSWORD

LIMIT = 90.0
"""Seconds in which anything that is waited for must have happened."""


class Process(Protocol):
    """What is needed of a process, whoever started it."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stderr(self) -> asyncio.StreamReader | None: ...
    async def wait(self) -> int: ...
    def send_signal(self, signal: int, /) -> None: ...
    def kill(self) -> None: ...


class DaemonProcess:
    """One running daemon; `lines` are what it has logged so far."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[dict[str, object]] = []
        self.raw: list[str] = []
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.raw.append(line.decode())
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.lines.append({"event": line.decode().rstrip()})
            self._news.set()
        self._news.set()

    def find(self, event: str, **fields: object) -> list[dict[str, object]]:
        """Return what it has logged so far of an event, with these fields."""
        return [line for line in self.lines if {"event": event, **fields}.items() <= line.items()]

    async def logged(self, event: str, count: int = 1, **fields: object) -> dict[str, object]:
        """Wait until it has logged an event, with these fields, so many times; return the last such line."""
        try:
            async with asyncio.timeout(LIMIT):
                while len(found := self.find(event, **fields)) < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain for {count} times {event} {fields}:\n{''.join(self.raw)}") from None
        return found[-1]

    async def ended(self) -> int:
        """Wait for its end; return its exit status, negative for a signal."""
        status = await asyncio.wait_for(self.process.wait(), LIMIT)
        await self._reading
        return status

    async def stop(self) -> int:
        """Ask it to end, and wait."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    def kill(self) -> None:
        """Kill it, if it lives."""
        if self.process.returncode is None:
            self.process.kill()


@asynccontextmanager
async def daemon(
    config: Path, *, options: Sequence[str] = (), under: Sequence[str] = ()
) -> AsyncIterator[DaemonProcess]:
    """Run ``mailrules run`` with further `options`.

    `under` is the beginning of the command line, of a program that becomes the daemon in the end.
    """
    process = await asyncio.create_subprocess_exec(
        *(*under, sys.executable, "-m", "mailrules", "run", "-c", str(config), "--log-format", "json", *options),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    running = DaemonProcess(process)
    try:
        yield running
    finally:
        running.kill()
        await running.ended()


async def eventually(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until something holds that another process brings about; say what there was instead."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LIMIT
    while not await asyncio.to_thread(holds):
        if loop.time() > until:
            raise AssertionError(f"not within {LIMIT:g} s: {what()}")
        await asyncio.sleep(0.02)


def rule_file(folder: Path, user: str, port: int, rules: str, **daemon: object) -> Path:
    """Write a rule file for one account on the loopback."""
    settings = "".join(f"{key} = {json.dumps(value)}\n" for key, value in daemon.items())
    path = folder / "rules.toml"
    path.write_text(
        f'[daemon]\nstate = "{folder}/state.db"\n{settings}\n[accounts.work]\nhost = "127.0.0.1"\ntls = "none"\n'
        f'port = {port}\nusername = "{user}"\npassword = "{PASSWORD}"\n\n{rules}'
    )
    path.chmod(0o600)
    return path
