"""A run of the daemon against the server in memory, written down: each commit of the state, each change of the mail.

From it `disk_prefixes` takes what a crash may leave: the state as it was on disk at some moment, and the server's mail
as it was at any moment until the next commit.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import structlog
from structlog.typing import EventDict, WrappedLogger

from mailrules.config import Watch, load
from mailrules.daemon.supervisor import Supervisor
from mailrules.demo import Drop, Mailbox, MemoryServer, Options
from mailrules.store import SqliteStore, StateError, writer
from tests.builders import message
from tests.faults.all_actions import RULES

USER, SECRET = "ann", "correct-horse"
LIMIT = 60.0  # seconds
LOWERINGS: Mapping[str, frozenset[str]] = {
    "MOVE": frozenset(),
    "UIDPLUS only": frozenset({"MOVE"}),
    "neither": frozenset({"MOVE", "UIDPLUS"}),
}
KINDS = ("filed", "filed too", "copied", "copied too", "kept", "trashed", "seen", "stays")
_GONE = frozenset({"\\Deleted"})
_WORK = frozenset({"$Work"})

Places = Counter[tuple[str, str, frozenset[str]]]
"""Which messages are where: mailbox, subject, flags."""


def placed(kind: str, batch: str, lowering: str) -> Places:
    """Where a message of this kind belongs in the end; without UIDPLUS its original stays, marked."""
    subject = f"{kind} {batch}"
    places: Mapping[str, list[tuple[str, frozenset[str]]]] = {
        "filed": [("Filed", _WORK)],
        "copied": [("Archive", frozenset()), ("Lists", frozenset())],
        "kept": [("Kept", frozenset())],
        "trashed": [("Trash", frozenset())],
        "seen": [("INBOX", frozenset({"\\Seen"}))],
        "stays": [("INBOX", frozenset())],
    }
    first = kind.split(maxsplit=1)[0]
    found = [(mailbox, subject, flags) for mailbox, flags in places[first]]
    if lowering == "neither" and first not in {"seen", "stays"}:
        found.append(("INBOX", subject, _GONE | (_WORK if first == "filed" else frozenset())))
    return Counter(found)


_BYSTANDERS = [
    ("INBOX", "filed before the daemon came", frozenset({"\\Flagged"})),
    ("INBOX", "marked by somebody else", _GONE),
    ("Filed", "filed long ago", frozenset({"\\Seen"})),
    ("Archive", "copied long ago", frozenset()),
]
_LISTS = [("Lists", "copied and moved long ago", frozenset[str]())]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the server can do, after which command the second batch's connection is lost, and whether Lists is new."""

    lowering: str
    cut: str | None = None
    makes_lists: bool = False

    @property
    def bystanders(self) -> Places:
        """What is there before the daemon is, and stays as it is."""
        return Counter(_BYSTANDERS if self.makes_lists else [*_BYSTANDERS, *_LISTS])


@dataclass(frozen=True, slots=True)
class Moment:
    """The server's mail at one moment, and the batches that had been delivered by then."""

    batches: tuple[str, ...]
    mailboxes: Mapping[str, Mailbox]
    subscribed: frozenset[str]

    def key(self) -> object:
        """What tells two moments apart: all of the mail."""
        return self.batches, [
            (name, box.uidvalidity, box.uidnext, [(each.uid, each.flags) for each in box.messages.values()])
            for name, box in sorted(self.mailboxes.items())
        ]


@dataclass(frozen=True, slots=True)
class Commit:
    """A transaction of the journal: how long the write-ahead log was then, and what the state held."""

    log: int
    digest: str


Event = Moment | Commit


class Scene:
    """The server in memory and what is delivered to it; `events` is what has happened, in its order."""

    def __init__(self, scenario: Scenario, rules: str = RULES) -> None:
        self.scenario = scenario
        self.rules = rules
        self.server = MemoryServer(Options(user=USER, password=SECRET, without=LOWERINGS[scenario.lowering]))
        self.events: list[Event] = []
        self.lines: list[EventDict] = []
        self._batches: tuple[str, ...] = ()
        self._delivering = False
        for mailbox, subject, flags in scenario.bystanders:
            self.server.deliver(mailbox, message(subject), flags)

    def deliver(self, batch: str) -> None:
        """Let one message of each kind come, all at once."""
        mail = [message(f"{kind} {batch}") for kind in KINDS]
        self._delivering = True
        for each in mail:
            self.server.deliver("INBOX", each)
        self._batches += (batch,)
        self._delivering = False
        self._note()

    def note(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Keep a line of the daemon's log."""
        self.lines.append({**event, "level": method})
        raise structlog.DropEvent

    def said(self, event: str) -> list[EventDict]:
        """Return the lines of its log that tell of this."""
        return [line for line in self.lines if line["event"] == event]

    def places(self) -> Places:
        """Look where every message is."""
        return Counter(
            (mailbox, _subject(each.content), each.flags)
            for mailbox, messages in self.server.snapshot().items()
            for each in messages
        )

    async def watched(self) -> None:
        """Wait until each watched mailbox that is there has its connection at rest."""
        mailboxes = 1 if self.scenario.makes_lists else 2
        async with asyncio.timeout(LIMIT):
            while self.server.commands.count("IDLE") < mailboxes:  # noqa: ASYNC110 - it tells of the first only
                await asyncio.sleep(0.005)

    def expected(self) -> Places:
        """Where every message belongs."""
        wanted = self.scenario.bystanders
        for batch in self._batches:
            for kind in KINDS:
                wanted.update(placed(kind, batch, self.scenario.lowering))
        return wanted

    def record(self) -> None:
        """Write every change down from now on: before each command, and at each change that it makes."""
        record = self.server._record

        def recorded(command: str) -> None:
            self._note()
            record(command)

        self.server._record = recorded  # type: ignore[method-assign]  # the server tells of changes in no other way
        self._note()

    def restore(self, moment: Moment) -> None:
        """Put the mail back as it was."""
        tree = copy.copy(self.server._tree)
        tree.mailboxes = {name: _copied(mailbox) for name, mailbox in moment.mailboxes.items()}
        tree.subscribed = set(moment.subscribed)
        self.server._tree = tree
        self.server.commands.clear()
        self._batches = moment.batches

    def _note(self) -> None:
        if self._delivering:
            return
        tree = self.server._tree
        for mailbox in tree.mailboxes.values():
            mailbox.watchers.add(self._note)
        mailboxes = {name: _copied(mailbox) for name, mailbox in tree.mailboxes.items()}
        self.events.append(Moment(self._batches, mailboxes, frozenset(tree.subscribed)))


@contextmanager
def commits_noted(events: list[Event]) -> Iterator[None]:
    """Write each commit of a state down, in the thread that makes it and before anybody is told."""
    transact = writer.Writer._transact

    def noting(self: writer.Writer, db: sqlite3.Connection, jobs: list[writer._Job]) -> list[Callable[[], None]]:
        before = self.commits
        outcomes = transact(self, db, jobs)
        if self.commits != before:
            log = self._path.with_name(f"{self._path.name}-wal").stat().st_size
            events.append(Commit(log, digest(db)))
        return outcomes

    writer.Writer._transact = noting  # type: ignore[method-assign]  # nothing else knows of a commit in time
    try:
        yield
    finally:
        writer.Writer._transact = transact  # type: ignore[method-assign]


def digest(db: sqlite3.Connection) -> str:
    """Tell all that a state holds, in short."""
    return hashlib.sha256("\n".join(db.iterdump()).encode("utf-8", "surrogateescape")).hexdigest()


@asynccontextmanager
async def daemon(scene: Scene, folder: Path) -> AsyncIterator[SqliteStore]:
    """Run the daemon on the scene's server with the state in this folder."""
    config = folder / "rules.toml"
    config.write_text(
        '[daemon]\nstate = "state.db"\ngrace = 0.02\n[accounts.work]\nhost = "127.0.0.1"\ntls = "none"\n'
        f'port = {scene.server.port}\nusername = "{USER}"\npassword = "{SECRET}"\nwatch = ["INBOX", "Lists"]\n'
        f"{scene.rules}"
    )
    config.chmod(0o600)
    structlog.configure(processors=[scene.note], cache_logger_on_first_use=False)
    loaded = load(config)
    try:
        # The end of a watch on files takes a fifth of a second, and nobody edits this one.
        with patch("mailrules.daemon.supervisor.changes", _no_changes):
            async with SqliteStore(loaded.config.daemon.state) as store:
                running = Supervisor(config, loaded, store, lambda _: None)
                task = asyncio.create_task(running.run())
                try:
                    yield store
                finally:
                    running.stop()
                    await asyncio.wait_for(task, LIMIT)
    finally:
        structlog.reset_defaults()


async def settled(scene: Scene, store: SqliteStore) -> bool:
    """Wait until each message is where it belongs and the journal has nothing in hand; False if that never comes."""
    try:
        async with asyncio.timeout(LIMIT):
            # What is waited for happens in the server and in the journal, and neither tells.
            while scene.places() != scene.expected() or not await _at_rest(store):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    except TimeoutError:
        return False
    return True


async def _at_rest(store: SqliteStore) -> bool:
    with suppress(StateError):  # the disk fails just now, on behalf of a test
        return not await store.open_mailboxes("work")
    return False


@dataclass(frozen=True, slots=True)
class Run:
    """What one run has left: the state's two files, and all that happened. The first commit is that of the schema."""

    scenario: Scenario
    state: bytes
    log: bytes
    events: tuple[Event, ...]


async def recorded(scenario: Scenario, folder: Path) -> Run:
    """Run the daemon through two batches."""
    scene = Scene(scenario)
    async with scene.server:
        with commits_noted(scene.events):
            async with SqliteStore(folder / "state.db") as store:  # only to know what a new state holds
                schema = await store._writer.read(digest)
            (folder / "state.db").unlink()
            scene.record()
            scene.events.append(Commit(0, schema))
            async with daemon(scene, folder) as store:
                await scene.watched()
                for batch in ("one", "two"):
                    if scenario.cut is not None and batch == "two":
                        scene.server.faults.plan(scenario.cut, Drop.AFTER)
                    scene.deliver(batch)
                    assert await settled(scene, store), (scene.places() - scene.expected(), scene.server.commands)
                # In the thread that commits, so that nothing is on its way to the disk.
                return await store._writer.read(lambda _: _run(scene, folder / "state.db"))


def _run(scene: Scene, state: Path) -> Run:
    log = state.with_name(f"{state.name}-wal")
    return Run(scene.scenario, state.read_bytes(), log.read_bytes(), tuple(scene.events))


async def _no_changes(_: Watch, stop: asyncio.Event) -> AsyncGenerator[None, None]:
    await stop.wait()
    for nothing in list[None]():
        yield nothing


def _copied(mailbox: Mailbox) -> Mailbox:
    return replace(mailbox, messages=dict(mailbox.messages), keywords=dict(mailbox.keywords), watchers=set())


def _subject(content: bytes) -> str:
    return content.split(b"Subject: ", 1)[1].split(b"\r\n", 1)[0].decode()
