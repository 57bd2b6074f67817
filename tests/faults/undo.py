"""The undo campaign: ``mailrules undo`` killed at every moment that a run passes, finished by the daemon or by itself.

After that all is where it was before the rules came, exactly once, with the flags that it had.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from tests.faults.campaigns import Campaign, Options, Tally
from tests.faults.checking import Copy, Mailboxes, compare, mailboxes
from tests.faults.kill_cases import WRITE, Moment, Witness
from tests.faults.kill_scenarios import DELETED, LOWERINGS, Mail
from tests.faults.nursery import Nursery
from tests.faults.process import DaemonProcess, eventually, rule_file
from tests.servers.dovecot import Dovecot

RULES = r"""
[[rules]]
name = "all"
match.subject = "m"
then.copy = ["Copies", "Archive"]
then.move = "Lists"
then.add_flags = ['\Seen', '$Work']
then.remove_flags = ['\Flagged']
"""
BEFORE = [
    Mail("INBOX", "plain"),
    Mail("INBOX", "marked", frozenset({"\\Flagged", "$Theirs"})),
    Mail("INBOX", "stays", frozenset({"\\Answered"}), "other"),
    Mail("INBOX", "deleted", frozenset({DELETED})),
    Mail("Lists", "plain", frozenset({"$Older"})),
    Mail("Copies", "plain", frozenset({DELETED, "$Older"})),
]
"""Two are the rule's; the others are for nobody to touch, among them equal ones."""
OURS = ("<plain@example.com>", "<marked@example.com>")


@dataclass(frozen=True, slots=True)
class Case:
    """Which undo is killed where, and whether the daemon finishes it before the next one."""

    lowering: str
    kill: Moment | None = None
    daemon: bool = False

    def __str__(self) -> str:
        return f"undo ({self.lowering}), {self.kill or 'not killed'}{', then the daemon' if self.daemon else ''}"


class Theatre:
    """Runs cases on a server."""

    def __init__(self, dovecot: Dovecot, nursery: Nursery, folder: Path) -> None:
        self._dovecot = dovecot
        self._nursery = nursery
        self._folder = folder
        self._numbers = count(1)

    async def run(self, case: Case) -> tuple[Tally, Sequence[Moment]]:
        """File mail, undo that with a kill, undo again; compare with what was there. Return the moments of a run."""
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        user = f"{self._folder.name}-{folder.name}"
        for mail in BEFORE:
            await asyncio.to_thread(self._dovecot.append, user, mail.mailbox, mail.data, mail.flags, mail.date)
        async with Witness(self._dovecot.ports.imap, LOWERINGS[case.lowering]) as proxy:
            rules = rule_file(folder, user, proxy.port, RULES, grace=0.1)
            undo = ["undo", "-c", str(rules), "--since", "1h", "--yes"]
            await self._ends(proxy, ["apply", "-c", str(rules), "--yes"])
            moments, killed = await self._ends(proxy, undo, case.kill)
            await proxy.finished()
            if case.daemon:
                await self._daemon(rules, proxy)
            await self._ends(proxy, undo)
        found = await asyncio.to_thread(self._dovecot.look, user)
        bystanders = frozenset(mail.message_id for mail in BEFORE) - set(OURS)
        tally = compare(_expected(), _alive(mailboxes(found)), bystanders)
        return replace(tally, tried=int(killed), notes=tuple(f"{case}: {note}" for note in tally.notes)), moments

    async def _ends(
        self, proxy: Witness, arguments: Sequence[str], deadly: Moment | None = None
    ) -> tuple[Sequence[Moment], bool]:
        """Run a command to its end, or to the moment that is deadly to it; return its moments, and whether it died."""
        write = deadly if deadly is not None and deadly.command == WRITE else Moment(WRITE, "before", 0)
        forked = await self._nursery.fork(write.side, write.nth, arguments)
        proxy.expect(deadly, forked.kill)
        running = DaemonProcess(forked)
        status = await running.ended()
        killed = status == -signal.SIGKILL
        assert killed or status == 0, "".join(running.raw)
        writes = range(1, len(running.find(WRITE)) + 1)
        return [*proxy.moments, *(Moment(WRITE, side, nth) for nth in writes for side in ("before", "after"))], killed

    async def _daemon(self, rules: Path, proxy: Witness) -> None:
        """Let the daemon run until nothing is open."""
        forked = await self._nursery.fork("before", 0, ["run", "-c", str(rules), "--log-format", "json"])
        proxy.expect(None, forked.kill)
        running = DaemonProcess(forked)
        try:
            await eventually(lambda: bool(proxy.recording.find("IDLE")) and _is_quiet(rules), lambda: running.raw)
            await running.stop()
        finally:
            running.kill()
            await running.ended()


def _is_quiet(rules: Path) -> bool:
    with contextlib.closing(sqlite3.connect(f"file:{rules.with_name('state.db')}?mode=ro", uri=True)) as db:
        (begun,) = db.execute("SELECT count(*) FROM entry WHERE finished IS NULL").fetchone()
    return bool(begun == 0)


def _expected() -> Mailboxes:
    expected: dict[str, Counter[Copy]] = {}
    for mail in BEFORE:
        expected.setdefault(mail.mailbox, Counter())[Copy(mail.message_id, mail.flags)] += 1
    return _alive(expected)


def _alive(found: Mailboxes) -> Mailboxes:
    r"""What is there, less our own messages that are marked \Deleted: where nothing is expunged, that is left."""
    return {
        mailbox: Counter(
            {
                copy: number
                for copy, number in copies.items()
                if not (DELETED in copy.flags and copy.message_id in OURS and "$Older" not in copy.flags)
            }
        )
        for mailbox, copies in found.items()
    }


@asynccontextmanager
async def theatre(dovecot: Dovecot) -> AsyncIterator[Theatre]:
    """Make what cases are run on."""
    with tempfile.TemporaryDirectory(prefix="mr-undo-") as folder:
        async with Nursery() as nursery:
            yield Theatre(dovecot, nursery, Path(folder))


async def matrix(stage: Theatre, options: Options) -> Tally:
    """Enumerate the moments of an undo by runs that nobody kills, then kill at each."""
    cases: list[Case] = []
    total = Tally()
    for lowering in LOWERINGS:
        tally, moments = await stage.run(Case(lowering))
        total += tally
        cases += [Case(lowering, moment, bool(number % 2)) for number, moment in enumerate(moments)]
    chosen = options.share(cases)
    room, done = asyncio.Semaphore(options.jobs), 0

    async def one(case: Case) -> Tally:
        nonlocal done
        async with room:
            tally, _ = await stage.run(case)
        done += 1
        options.progress(done, len(chosen))
        return tally

    return sum(await asyncio.gather(*map(one, chosen)), total)


async def run(options: Options) -> Tally:
    """Run the matrix on a server of its own."""
    with Dovecot() as dovecot:
        async with theatre(dovecot) as stage:
            return await matrix(stage, options)


CAMPAIGNS = (Campaign("undo", "kills", run),)
