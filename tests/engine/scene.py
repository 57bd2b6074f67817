"""One account on a real Dovecot behind the proxy, with the engine on it as the daemon would run it."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailrules.client import Credentials, Endpoint, NetworkError, Session, Timeouts, TLSMode
from mailrules.config import Account, Daemon
from mailrules.engine.account import AccountContext
from mailrules.engine.directory import Directory
from mailrules.engine.filing import Filing
from mailrules.engine.outcome import Outcome, OutcomeState
from mailrules.engine.recovery import replay
from mailrules.imap import INBOX, MailboxName
from mailrules.rules import Rule, Ruleset
from mailrules.store import SqliteStore
from tests.servers.dovecot import HOST, PASSWORD, Dovecot
from tests.servers.proxy import Proxy

GRACE = 0.2
"""Seconds between two looks; a real server's is longer, this one is on the same machine."""


def ruleset(text: str) -> Ruleset:
    """The rules of a TOML text that consists of [[rules]] only."""
    return Ruleset(tuple(Rule.model_validate(rule) for rule in tomllib.loads(text)["rules"]))


def rule(name: str, match: str, *then: str) -> str:
    """One rule as TOML, of one line each."""
    return "\n".join(["[[rules]]", f'name = "{name}"', f"match.{match}", *(f"then.{line}" for line in then)]) + "\n"


@dataclass
class Scene:
    """Everything a test of the engine needs; `rules` may be replaced at any time, as a reload would."""

    server: Dovecot
    user: str
    proxy: Proxy
    store: SqliteStore
    settings: Account
    rules: Ruleset
    outcomes: list[Outcome] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    ahead: timedelta = timedelta()
    """How far the clock of the engine is ahead."""
    hasty: bool = False
    """Whether the next session begins while the server may still work on what the last one asked for."""

    def __post_init__(self) -> None:
        self.directory = Directory("work", self.settings, self.store, self.now)
        self.context = AccountContext(
            name="work",
            settings=self.settings,
            store=self.store,
            directory=self.directory,
            rules=lambda: self.rules,
            report=self.outcomes.append,
            complain=lambda mailbox, text: self.complaints.append(f"{mailbox}: {text}"),
            now=self.now,
            general=lambda: Daemon(timezone=UTC, grace=GRACE),
            open_session=self.session,
            spawn=lambda work: self.spawn(work()),
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        self.tasks.add(asyncio.get_running_loop().create_task(work))

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A signed-in session through the proxy."""
        endpoint = Endpoint(HOST, self.proxy.port, TLSMode.NONE)
        session = await Session.open(endpoint, Credentials(self.user, PASSWORD), Timeouts(connect=60.0, silence=60.0))
        try:
            yield session
        finally:
            session.connection.abort()

    @asynccontextmanager
    async def filing(self, name: MailboxName = INBOX) -> AsyncIterator[Filing]:
        """A watched mailbox, started; what an earlier one left begun is finished beside it, as in the daemon."""
        async with self.session() as session:
            await self.directory.refresh(session)
            if stale := await self.store.unfinished("work", name.raw):
                self.spawn(replay(self.context, name, stale))
            filing = Filing(self.context, session, name)
            await filing.start()
            try:
                yield filing
            except NetworkError:
                if not self.hasty:
                    await self.proxy.finished()
                raise

    async def file(self, name: MailboxName = INBOX) -> None:
        """Handle all that is new in a mailbox, once, and wait for what that leaves beside it."""
        async with self.filing(name) as filing:
            await filing.handle_new(lambda: None)
            await self.settled()

    async def until_filed(self, name: MailboxName = INBOX, losses: int = 5) -> None:
        """Do what the daemon does: sign in again after each lost connection, of which there are fewer than this."""
        for _ in range(losses):
            try:
                await self.file(name)
            except NetworkError:
                continue
            return
        raise AssertionError("the connection is lost again and again")

    async def retry(self, name: MailboxName = INBOX, *, later: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass, and try again what is due in a mailbox."""
        self.ahead += later
        async with self.filing(name) as filing:
            await filing.retry_due(lambda: None)
            await self.settled()

    async def settled(self) -> None:
        """Wait for what was spawned."""
        while self.tasks:
            # Longer than a repair that meets a server which does not greet, and then backs off.
            done, _ = await asyncio.wait(self.tasks, timeout=240)
            self.tasks -= done
            for task in done:
                task.result()
            assert done, "what was spawned does not end"

    def renumber(self, mailbox: str = "INBOX") -> None:
        """Give a mailbox a new UIDVALIDITY: the server's index is gone, the mail is not."""
        self.server.doveadm("mailbox", "update", "-u", self.user, "--uid-validity", "4242", mailbox)

    def make_anew(self, mailbox: str) -> None:
        """Delete a mailbox and create another of its name, with another UIDVALIDITY."""
        with self.server.session(self.user) as other:
            other.delete(mailbox)
        self.server.create(self.user, mailbox)

    def states(self) -> list[OutcomeState]:
        """How the messages ended, in the order of the reports."""
        return [outcome.state for outcome in self.outcomes]

    def reason(self) -> str:
        """Why the last message ended so."""
        return self.outcomes[-1].reason

    def subjects(self) -> dict[str, list[str]]:
        """What is in each mailbox that is not empty."""
        return {mailbox: subjects for mailbox, subjects in self.server.subjects(self.user).items() if subjects}

    def flags(self, mailbox: str = "INBOX") -> list[frozenset[str]]:
        """The flags of a mailbox's messages, without what the server adds by itself."""
        return [found.flags - {r"\Recent"} for found in self.server.look(self.user)[mailbox]]


@asynccontextmanager
async def scene(
    server: Dovecot,
    user: str,
    folder: Path,
    rules: str,
    *,
    without: Iterable[str] = (),
    ahead: timedelta = timedelta(),
    **settings: object,
) -> AsyncIterator[Scene]:
    """Set the scene: an account that has been seen once, so that mail from now on counts; `ahead` moves its clock."""
    account = Account.model_validate(
        {"host": "127.0.0.1", "tls": "none", "username": user, "password": PASSWORD, **settings}
    )
    async with (
        Proxy(server.ports.imap, without=without) as proxy,
        SqliteStore(folder / "state.db") as store,
    ):
        set_up = Scene(server, user, proxy, store, account, ruleset(rules), ahead=ahead)
        async with set_up.filing():
            pass
        proxy.recording.forget()
        try:
            yield set_up
        finally:
            for task in set_up.tasks:
                task.cancel()
            await asyncio.gather(*set_up.tasks, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens in this loop."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


async def handle_until(filing: Filing, holds: Callable[[], object]) -> None:
    """Handle what is new until something is so: Dovecot may tell of a message only behind the answer to a FETCH."""
    async with asyncio.timeout(60):
        while not holds():
            await filing.handle_new(lambda: None)
