"""Sets the demo up: a server in memory, a copy of the example rules, the real daemon between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mailrules.config import load
from mailrules.daemon.supervisor import Supervisor
from mailrules.demo import MemoryServer, rulefile
from mailrules.demo.mail import Sample, samples
from mailrules.engine.outcome import Outcome, OutcomeState
from mailrules.store import SqliteStore
from mailrules.values import value

PATIENCE = 30.0
"""Seconds for one mail, and for the daemon to sign in; more means that something is broken."""

_RULES, _STATE = "rules.toml", "state.db"
_STEPS = ("UID STORE", "UID COPY", "UID MOVE")


@value(frozen=True, slots=True)
class Filed:
    """What became of one mail: what the daemon reported (nothing, if no rule matched), and where it is known to be."""

    sender: str
    subject: str
    outcomes: tuple[Outcome, ...]
    mailboxes: tuple[str, ...]


class Stage:
    """The server, the rule file and the mails, while the daemon runs; what it reports waits in `outcomes`."""

    def __init__(self, server: MemoryServer, rules: Path, me: str) -> None:
        self.server = server
        self.rules = rules
        self.mails = samples(datetime.now(UTC), me)
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()

    async def deliver(self, mail: Sample, pace: float) -> Filed:
        """Let a mail arrive and see what becomes of it; at least `pace` seconds pass. Raises TimeoutError."""
        clock = asyncio.get_running_loop().time
        end = clock() + pace
        since = len(self.server.commands)
        uid = self.server.deliver("INBOX", mail.content)
        async with _patience():
            outcomes = [outcome async for outcome in self._handled(uid, since)]
        await asyncio.sleep(end - clock())
        return Filed(mail.sender, mail.subject, tuple(outcomes), self.server.find(mail.content))

    async def others(self) -> AsyncIterator[Filed]:
        """Wait for mail that somebody else brings, for ever; mail on which no rule acts is passed over."""
        while True:
            outcome = await self.outcomes.get()
            targets = tuple(action.target for action in outcome.actions if action.target is not None)
            yield Filed(outcome.sender, outcome.subject, (outcome,), targets)

    async def _handled(self, uid: int, since: int) -> AsyncIterator[Outcome]:
        """Wait until the daemon is back in IDLE, which it enters behind its last step; then for what it tells."""
        await self.server.heard("IDLE", since)
        awaited = any(command.startswith(_STEPS) for command in self.server.commands[since:])
        while awaited or not self.outcomes.empty():
            outcome = await self.outcomes.get()
            if outcome.uid == uid:
                yield outcome
                awaited = awaited and outcome.state is OutcomeState.OBSERVED


@asynccontextmanager
async def stage(text: str, beside: Path | None) -> AsyncIterator[Stage]:
    """Start everything for a rule file's text, in a folder of its own, and clear it away. Raises TimeoutError.

    What the text names by relative paths, such as included files and tables, lies in the folder ``beside``.
    """
    with TemporaryDirectory(prefix="mailrules-demo-") as folder:
        rules = Path(folder) / _RULES
        if beside is not None:
            _link_all(beside, Path(folder))
        async with MemoryServer() as server:
            rules.touch(mode=0o600)  # it will hold the server's password
            rules.write_text(rulefile.for_server(text, server, Path(folder) / _STATE), encoding="utf-8")
            loaded = load(rules)
            account = next(iter(loaded.config.accounts.values()))
            set_up = Stage(server, rules, account.addresses[0])
            async with SqliteStore(loaded.config.daemon.state) as store:
                supervisor = Supervisor(rules, loaded, store, report=set_up.outcomes.put_nowait)
                running = asyncio.create_task(supervisor.run())
                try:
                    async with _patience():
                        await server.heard("IDLE")
                    yield set_up
                finally:
                    supervisor.stop()
                    await running


def _link_all(beside: Path, folder: Path) -> None:
    for file in beside.absolute().iterdir():
        if file.name not in {_RULES, _STATE}:
            (folder / file.name).symlink_to(file)


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError:
        raise TimeoutError(f"the daemon has done nothing for {PATIENCE:.0f} seconds") from None
