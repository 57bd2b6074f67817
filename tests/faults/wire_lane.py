"""One account that faults are tried on, one after the other: what is in it, what ought to be, and what is wrong."""

from __future__ import annotations

import asyncio
import imaplib
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from enum import Enum
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from mailrules.client import NetworkError, SignInFailed
from mailrules.config import Daemon
from mailrules.engine.filing import Filing
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import ProtocolError, Refused
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.faults.campaigns import Options, Tally
from tests.servers.dovecot import Dovecot

GRACE = 0.01
"""Seconds between two looks; how long the old session really takes is waited for, where a trial is not about that."""
LANES = 8
"""How many share one job: what takes long is Dovecot's half second between a delivery and its EXISTS."""
LIMIT = 90.0
"""Seconds for one trial; it takes a tenth of one."""
BACK_OFF = 0.005
"""Seconds before the connection is tried again; twice as many each time, as a server may be down for a while."""
LOSSES = 12
"""How often a connection may be lost or refused before a trial is given up."""
MATCH, ADD_FLAGS, MOVE = 'subject.glob = "m*"', r'add_flags = ["$Work", "\\Flagged"]', 'move = "Filed"'
FLAGS_COPY_MOVE = rule("m", MATCH, ADD_FLAGS, 'copy = "Copies"', MOVE)
FLAGS_MOVE = rule("m", MATCH, ADD_FLAGS, MOVE)
FLAGS = frozenset({"$Work", r"\Flagged"})
MAILBOXES = ("INBOX", "Copies", "Filed")
FIRST_UID = "1001"
"""So that all UIDs of a lane have as many digits, and each of its trials as many octets."""
DELETED = r"\Deleted"


class Row(Enum):
    """What the server offers for a move: the rows of the lowering table, as what is taken away for them."""

    MOVE = ()
    UIDPLUS = ("MOVE",)
    NEITHER = ("MOVE", "UIDPLUS")


Message = tuple[str, frozenset[str]]
r"""Message-ID and flags, without \Recent."""
Standing = Mapping[str, Counter[Message]]
"""What is in each mailbox, as another client sees it."""


class OtherClient:
    """Another client of the same account, signed in all the time."""

    def __init__(self, imap: imaplib.IMAP4) -> None:
        self.imap = imap

    def append(self, subject: str = "m", flags: Iterable[str] = (), mailbox: str = "INBOX") -> str:
        """Append a message; return its Message-ID, which no other has and which is as long as any."""
        name = f"<{uuid4().hex}@example.com>"
        self.put(message(subject, message_id=name), flags, mailbox)
        return name

    def put(self, raw: bytes, flags: Iterable[str] = (), mailbox: str = "INBOX") -> None:
        """Append a message as it is."""
        kind, data = self.imap.append(mailbox, f"({' '.join(flags)})", "", raw)
        assert kind == "OK", data

    def standing(self) -> Standing:
        """What is in the mailboxes now."""
        return {mailbox: Counter(self.found(mailbox).values()) for mailbox in MAILBOXES}

    def found(self, mailbox: str, *, readonly: bool = True) -> dict[int, Message]:
        """The messages of a mailbox by UID; none if it is not there."""
        if self.imap.select(mailbox, readonly=readonly)[0] != "OK":
            return {}
        answer = self.imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
        return dict(_found(item[0], item[1]) for item in answer if isinstance(item, tuple))

    def remove(self, mailbox: str, wanted: Callable[[str], bool]) -> None:
        """Expunge the messages of these Message-IDs, and no others."""
        uids = ",".join(str(uid) for uid, (name, _) in self.found(mailbox, readonly=False).items() if wanted(name))
        if uids:
            self.imap.uid("STORE", uids, "+FLAGS.SILENT", rf"({DELETED})")
            self.imap.uid("EXPUNGE", uids)

    def store(self, name: str, item: str, flags: str) -> None:
        """Change the flags of a message in INBOX, if it is there."""
        if uid := self._uid(name):
            self.imap.uid("STORE", uid, item, f"({flags})")

    def transfer(self, command: str, name: str, target: str) -> None:
        """COPY or MOVE a message from INBOX, if it is there."""
        if uid := self._uid(name):
            self.imap.uid(command, uid, target)

    def _uid(self, name: str) -> str:
        found = self.found("INBOX", readonly=False).items()
        return next((str(uid) for uid, message in found if message[0] == name), "")


@dataclass
class Lane:
    """One account with bystanders, of which nobody may touch any, and a client beside mailrules."""

    it: Scene
    row: Row
    rules: str
    other: OtherClient
    bystanders: Standing
    pid: int
    """The process that serves the other client."""

    # --- mailrules

    async def way(self, arrive: Callable[[], object]) -> None:
        """Go the whole way on one connection: sign in, look, idle; be told of what arrives; file it, idle again.

        `arrive` returns whether something has arrived.
        """
        async with self.it.filing() as filing:
            await filing.retry_due(lambda: None)
            await self._look(filing)
            if await asyncio.to_thread(arrive):
                connection = filing._session.connection
                await connection.until(lambda: filing.news or not connection.idling, LIMIT)
                await self._look(filing)
            await self.it.settled()

    async def _look(self, filing: Filing) -> None:
        """Look until there is nothing new: Dovecot may tell of a message only behind the answer to a FETCH."""
        connection = filing._session.connection
        while True:
            await filing.handle_new(connection.idle)
            await connection.until(lambda: connection._idle_runs or not connection.idling, LIMIT)
            if not filing.news:
                return

    async def finish(self, arrive: Callable[[], object] = lambda: False) -> None:
        """Go the way, and again after each loss or refusal, as the daemon does, until nothing is begun any more."""
        if not await self.attempt(arrive, LOSSES) or await self.unfinished():
            raise AssertionError("it gets nowhere")

    async def attempt(self, arrive: Callable[[], object], times: int) -> bool:
        """Go the way until it is not lost or refused any more, so many times at most; return whether it was gone."""
        arrived = False

        def arrive_once() -> bool:
            nonlocal arrived
            news, arrived = not arrived, True
            return news and bool(arrive())

        for time in range(times):
            await asyncio.sleep(BACK_OFF * (2**time - 1))
            try:
                await self.way(arrive_once)
            except (NetworkError, SignInFailed, Refused, ProtocolError):
                await asyncio.to_thread(arrive_once)
                await self.it.settled()
                if not self.it.hasty:
                    await self.it.proxy.finished()
            else:
                return True
        return False

    async def unfinished(self) -> int:
        """How many messages have open steps that nobody waits for."""
        return len(await self.it.store.unfinished("work", b"INBOX"))

    async def retry(self) -> None:
        """Let time pass and try again what is due."""
        await self.it.retry(later=timedelta(hours=2))

    def forgive(self) -> None:
        """Plan no fault any more; only answers stay as long as each other, without the times that Dovecot tells."""
        self.it.proxy.forgive()
        self.it.proxy.rewrite(r" \([\d.+ ]+ secs\)", "")

    def told(self) -> str:
        """What mailrules has told of the messages of this trial, and what it has sent."""
        told = [f"{outcome.message_id} {outcome.state.value} {outcome.reason}" for outcome in self.it.outcomes[-9:]]
        sent = [
            f"{one.connection} {one.text.decode()} -> {one.answer[:60].decode()}"
            for one in self.it.proxy.recording.commands
            if one.name not in {"AUTHENTICATE", "ID", "NAMESPACE", "LIST", "IDLE", "DONE"}
        ]
        return f"told: {told}; sent: {sent}"

    def tidy(self) -> None:
        """Remove all but the bystanders."""
        for mailbox, found in self.bystanders.items():
            names = {name for name, _ in found}
            self.other.remove(mailbox, lambda name, names=names: name not in names)  # type: ignore[misc]

    # --- the verdict

    def expected(self, *filed: str, stay: Iterable[str] = ()) -> Standing:
        """What ought to be there when these messages are filed, and those are where they were, as they were."""
        result = {mailbox: Counter(found) for mailbox, found in self.bystanders.items()}
        for name in filed:
            result["Filed"][name, FLAGS] += 1
            if self.rules is FLAGS_COPY_MOVE:
                result["Copies"][name, FLAGS] += 1
            if self.row is Row.NEITHER:
                result["INBOX"][name, FLAGS | {DELETED}] += 1
        for name in stay:
            result["INBOX"][name, frozenset()] += 1
        return result

    def state(self, name: str) -> OutcomeState | None:
        """How a message of this trial ended, so far."""
        ends = [outcome.state for outcome in self.it.outcomes if outcome.message_id == name]
        return ends[-1] if ends else None


def judge(expected: Standing, seen: Standing, mine: Iterable[str], what: object) -> Tally:
    """Count what is missing, what is too much and what has wrong flags; `mine` are those that came to be filed."""
    tally, own = Tally(tried=1), frozenset(mine)
    for mailbox in {*expected, *seen}:
        wanted, there = (_names(standing.get(mailbox, Counter())) for standing in (expected, seen))
        missing, more = wanted - there, there - wanted
        tally += Tally(
            lost=sum(count for name, count in missing.items() if name in own),
            doubled=more.total(),
            expunged=sum(count for name, count in missing.items() if name not in own),
        )
    if tally.clean and any(expected.get(mailbox) != seen.get(mailbox) for mailbox in expected):
        tally += Tally(wrong=1)
    return tally if tally.clean else replace(tally, notes=(f"{what}: {_difference(expected, seen)}",))


def _names(standing: Counter[Message]) -> Counter[str]:
    names: Counter[str] = Counter()
    for (name, _), count in standing.items():
        names[name] += count
    return names


def _difference(expected: Standing, seen: Standing) -> str:
    empty: Counter[Message] = Counter()
    parts = []
    for mailbox in expected:
        wanted, there = expected.get(mailbox, empty), seen.get(mailbox, empty)
        for word, some in (("missing", wanted - there), ("too much", there - wanted)):
            shown = [f"{name} {sorted(flags)}" for name, flags in some]
            parts += [f"{mailbox}: {len(shown)} {word}: {', '.join(shown[:2])}"] if shown else []
    return "; ".join(parts)


def _found(line: bytes, header: bytes) -> tuple[int, Message]:
    uid = int(line.split(b"UID ")[1].split()[0])
    flags = line.split(b"FLAGS (")[1].split(b")")[0].decode().split()
    return uid, (header.partition(b":")[2].strip().decode(), frozenset(flags) - {r"\Recent"})


@asynccontextmanager
async def lane(server: Dovecot, row: Row, rules: str = FLAGS_COPY_MOVE) -> AsyncIterator[Lane]:
    r"""Set up an account of its own, with bystanders in each mailbox, one of them marked \Deleted."""
    user = f"wire-{uuid4().hex[:12]}"
    await asyncio.to_thread(_mailboxes, server, user)
    with tempfile.TemporaryDirectory(prefix="mr-wire-") as folder, server.session(user) as imap:
        other = OtherClient(imap)
        (pid,) = await asyncio.to_thread(server.sessions, user)
        for mailbox in MAILBOXES:
            other.append("bystander", [r"\Seen", "$Work"], mailbox)  # a keyword that is new would be stored by itself
            other.append("bystander", [DELETED, "$Theirs"], mailbox)
        async with scene(server, user, Path(folder), rules, without=row.value) as it:
            it.context = replace(it.context, general=lambda: Daemon(timezone=UTC, grace=GRACE))
            made = Lane(it, row, rules, other, other.standing(), pid)
            made.forgive()
            yield made


def _mailboxes(server: Dovecot, user: str) -> None:
    server.create(user, *MAILBOXES)
    for mailbox in MAILBOXES:
        server.doveadm("mailbox", "update", "-u", user, "--min-next-uid", FIRST_UID, mailbox)


T = TypeVar("T")


async def trials(
    server: Dovecot,
    row: Row,
    todo: Sequence[T],
    attempt: Callable[[Lane, T], Awaitable[Tally]],
    options: Options,
    rules: str = FLAGS_COPY_MOVE,
) -> Tally:
    """Make attempts, some at once, each of which leaves nothing behind; what goes wrong ends its lane, not the rest."""
    left = iter(todo)
    tally = Tally()

    async def work() -> None:
        nonlocal tally
        clean = False
        while not clean:
            clean = True
            async with lane(server, row, rules) as here:
                for one in left:
                    result = await attempted(here, one, attempt)
                    tally += result
                    options.progress(tally.tried, tally.tried)
                    if not result.clean:
                        clean = False
                        break
                    await asyncio.to_thread(here.tidy)

    lanes = min(LANES * options.jobs, 1 + len(todo) // 4)
    await asyncio.gather(*(work() for _ in range(lanes)))
    return tally


async def attempted(here: Lane, one: T, attempt: Callable[[Lane, T], Awaitable[Tally]]) -> Tally:
    """Make one attempt; what it raises is a figure too."""
    what = f"{here.row.name} {one}"
    here.it.outcomes.clear()
    here.it.proxy.recording.forget()
    here.it.directory.move_refused = False
    try:
        async with asyncio.timeout(LIMIT):
            result = await attempt(here, one)
    except Exception as error:  # noqa: BLE001 - a trial that fails is a figure in the table
        return Tally(tried=1, wrong=1, notes=(f"{what}: {error!r}; {here.told()}",))
    here.forgive()
    return result if result.clean else replace(result, notes=(*result.notes, here.told()))
