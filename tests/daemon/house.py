"""A daemon in the test's own process: a rule file, a state, a supervisor, and everything that it says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from mailrules.config import load
from mailrules.daemon.supervisor import Supervisor
from mailrules.store import SqliteStore
from tests.servers.dovecot import HOST, PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from structlog.typing import EventDict, WrappedLogger

    from mailrules.config import Loaded
    from mailrules.daemon.reload import Snapshot
    from mailrules.engine.outcome import Outcome

LIMIT = 90.0  # seconds; nearly everything is seen within one, unless the machine is busy with something else

FILE_ALL = """
[[rules]]
name = "file all"
match = "everything"
then.move = "Filed"
"""


def account(name: str, port: int, user: str, *, password: str = PASSWORD, extra: str = "") -> str:
    """Write an account's table."""
    return f"""
[accounts.{name}]
host = "{HOST}"
port = {port}
tls = "none"
username = "{user}"
password = "{password}"
{extra}
"""


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens in this loop and tells nobody."""
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class House:
    """Write a rule file, then ``async with house.running()``; ``heard`` and ``filed`` wait for what happens."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rules.toml"
        self.lines: list[EventDict] = []
        self.outcomes: list[Outcome] = []
        self._stirred = asyncio.Event()

    def write(self, *accounts: str, rules: str = FILE_ALL) -> None:
        """Put the rule file into place, as an editor does."""
        new = self.path.with_name("new")
        new.write_text('[daemon]\nstate = "state.db"\ngrace = 0.1\n' + "".join(accounts) + rules)
        new.rename(self.path)

    @asynccontextmanager
    async def running(
        self, bugs: int = 0, *, read: tuple[Loaded, Snapshot | None] | None = None, **settings: float
    ) -> AsyncIterator[Supervisor]:
        """Run the daemon; ``settings`` go over those of all accounts, unchecked, so that tests can be quick.

        ``read`` is a rule file that was read before, and how its files looked then.

        At the end it must have met as many bugs of its own as the test made: no trouble of a server is one.
        """
        structlog.configure(processors=[self._note], cache_logger_on_first_use=False)
        loaded, as_read = read or (_with(load(self.path), settings), None)
        try:
            async with SqliteStore(loaded.config.daemon.state) as store:
                supervisor = Supervisor(self.path, loaded, store, self._report, as_read)
                task = asyncio.create_task(supervisor.run())
                try:
                    yield supervisor
                finally:
                    supervisor.stop()
                    await asyncio.wait_for(task, LIMIT)
            assert [line for line in self.lines if "exc_info" in line][bugs:] == []
        finally:
            structlog.reset_defaults()

    async def heard(self, event: str, times: int = 1, **fields: object) -> None:
        """Wait for that many log lines with this event and these fields."""
        await self._until(lambda: self.count(event, **fields) >= times, f"{event} {fields}")

    async def filed(self, number: int) -> None:
        """Wait for that many outcomes."""
        await self._until(lambda: len(self.outcomes) >= number, f"{number} outcomes")

    def count(self, event: str, **fields: object) -> int:
        """Count the log lines with this event and these fields."""
        return sum(line["event"] == event and fields.items() <= line.items() for line in self.lines)

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                while not holds():
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            said = "\n".join(map(str, [*self.lines, *self.outcomes]))
            raise AssertionError(f"waited in vain for {what}; this is what came:\n{said}") from None

    def _report(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._stirred.set()

    def _note(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        self.lines.append({**event, "level": method})
        self._stirred.set()
        raise structlog.DropEvent


def _with(loaded: Loaded, settings: dict[str, float]) -> Loaded:
    accounts = {name: account.model_copy(update=settings) for name, account in loaded.config.accounts.items()}
    return replace(loaded, config=loaded.config.model_copy(update={"accounts": accounts}))
