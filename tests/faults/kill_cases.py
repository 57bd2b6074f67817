"""One case of the kill matrix: mailboxes as prepared, a daemon killed once or twice, one that finishes, a comparison.

The points at which it can be killed are not written down anywhere: a run that nobody kills passes them, and the proxy
and the daemon's own journal tell of each.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeAlias

from tests.faults.campaigns import Tally
from tests.faults.checking import compare, mailboxes
from tests.faults.kill_scenarios import LOWERINGS, Mail, Scenario
from tests.faults.nursery import Nursery
from tests.faults.process import LIMIT, DaemonProcess, eventually
from tests.servers.dovecot import HOST, PASSWORD, Dovecot
from tests.servers.faults import Fault, Point
from tests.servers.names import to_wire
from tests.servers.proxy import Proxy
from tests.servers.recording import Exchange

WRITE = "journal write"
OUTSIDE = "Outside"
"""Where mail waits that is to come, all at once, while the daemon idles."""
GRACE = 0.1
"""Seconds between two looks; the harness waits by itself until the server has finished what a killed daemon asked."""
_RUN = "SELECT count(*) FROM run"
_PASSED = """SELECT count(*) FROM checkpoint JOIN mailbox ON mailbox.id = checkpoint.mailbox
    WHERE uid >= ? AND name = ?"""
_LATE = 1.0
"""Seconds that a moment may take to come when the daemon is at rest already."""

Meddle: TypeAlias = Callable[[str], object]
"""Does something to the mail of a user, for tests of the comparison."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """The `nth` time that a run is before or after a `command` or its answer, or a `WRITE` of the journal."""

    command: str
    side: str
    nth: int

    def __str__(self) -> str:
        return f"{self.side} {self.command} {self.nth}"


@dataclass(frozen=True, slots=True)
class Case:
    """Which run is killed where: at the first moment, and at the second when it has been started again."""

    scenario: Scenario
    lowering: str
    kills: tuple[Moment, ...] = ()

    def __str__(self) -> str:
        kills = ", then ".join(map(str, self.kills)) or "not killed"
        return f"{self.scenario.name} ({self.lowering}), {kills}"


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a case (a kill is what is tried), and the moments that its last run passed."""

    tally: Tally
    moments: tuple[Moment, ...]


class Witness(Proxy):
    """Writes down which moments a run passes, and kills the daemon at one of them."""

    def __init__(self, upstream: int, without: Iterable[str]) -> None:
        super().__init__(upstream, without=without)
        self.moments: list[Moment] = []
        self._deadly: Moment | None = None
        self._kill: Callable[[], object] = lambda: None

    def expect(self, deadly: Moment | None, kill: Callable[[], object]) -> None:
        """Begin a new run, of which this moment is the last."""
        self.moments.clear()
        self.recording.forget()
        self._deadly, self._kill = deadly, kill

    def due(self, point: Point, exchange: Exchange) -> Fault | None:
        """See a command at a point."""
        side = point.name.lower().replace("_", " ")
        nth = 1 + sum((moment.command, moment.side) == (exchange.name, side) for moment in self.moments)
        moment = Moment(exchange.name, side, nth)
        self.moments.append(moment)
        if moment == self._deadly:
            self.cut("", point, then=self._kill)
        return super().due(point, exchange)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What every case of a scenario begins with: users with mail, and a state in `folder`."""

    users: tuple[str, ...]
    folder: Path


@dataclass(slots=True)
class _Act:
    """One case while it is run. `last_uid` is that of the last new mail; `deliver` lets come what comes later."""

    scenario: Scenario
    users: tuple[str, ...]
    folder: Path
    proxy: Witness
    last_uid: int
    deliver: Callable[[], None] | None = None
    delivery: asyncio.Task[None] | None = None

    @property
    def rule_file(self) -> Path:
        """Where the daemon finds its rules."""
        return self.folder / "rules.toml"

    def write(self, rules: str) -> None:
        """Write the rule file."""
        text = f'[daemon]\nstate = "{self.folder}/state.db"\ngrace = {GRACE}\n\n'
        for number, user in enumerate(self.users):
            text += f'[accounts.a{number}]\nhost = "{HOST}"\nport = {self.proxy.port}\ntls = "none"\n'
            text += f'username = "{user}"\npassword = "{PASSWORD}"\nwatch = {json.dumps(self.scenario.watch)}\n\n'
        self.rule_file.write_text(text + rules)
        self.rule_file.chmod(0o600)

    def is_quiet(self) -> bool:
        """Whether nothing is open in the journal, and the new mail is the journal's."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/state.db?mode=ro", uri=True)) as db:
            (begun,) = db.execute("SELECT count(*) FROM entry WHERE finished IS NULL").fetchone()
            passed = (_PASSED, (self.last_uid, self.scenario.watch[-1].encode()))
            (accounts,) = db.execute(*((_RUN,) if self.scenario.every else passed)).fetchone()
        return bool(begun == 0 and accounts == len(self.users))

    def idles(self) -> bool:
        """Whether each account of the daemon that runs now has come to idle."""
        return len(self.proxy.recording.find("IDLE")) >= len(self.users)

    async def rest(self) -> None:
        """Wait until the daemon that runs now has nothing left to do."""
        while not self.idles():  # noqa: ASYNC110 - a proxy tells nobody
            await asyncio.sleep(0.01)
        if self.deliver is not None:
            # Once, whichever run sees it come: a kill does not stop whoever sends mail.
            self.delivery = self.delivery or asyncio.create_task(asyncio.to_thread(self.deliver))
            await asyncio.shield(self.delivery)
        while not self.is_quiet():  # noqa: ASYNC110 - nor does a state file
            await asyncio.sleep(0.01)


class Theatre:
    """Runs cases on a server. Of each scenario a stage is set once, and copied for each of its cases."""

    def __init__(self, dovecot: Dovecot, nursery: Nursery, folder: Path) -> None:
        self._dovecot = dovecot
        self._nursery = nursery
        self._folder = folder
        self._numbers = count(1)
        self._stages: dict[Scenario, asyncio.Task[_Stage]] = {}

    async def run(self, case: Case, meddle: Meddle | None = None) -> Ran:
        """Run a case from its beginning to the comparison; `meddle` with each user's mail just before that."""
        if case.scenario not in self._stages:
            self._stages[case.scenario] = asyncio.create_task(self._set(case.scenario))
        stage = await asyncio.shield(self._stages[case.scenario])
        number = next(self._numbers)
        folder = self._folder / f"case-{number}"
        users = tuple(f"{self._folder.name}-{number}-{index}" for index in range(len(stage.users)))
        try:
            await asyncio.to_thread(shutil.copytree, stage.folder, folder)
            for old, new in zip(stage.users, users, strict=True):
                await self._copy_mail(old, new)
            async with Witness(self._dovecot.ports.imap, (*LOWERINGS[case.lowering], *case.scenario.lacks)) as proxy:
                act = _Act(case.scenario, users, folder, proxy, _last_uid(case.scenario))
                if case.scenario.live:
                    act.deliver = partial(self._bring_in, users, case.scenario.source)
                act.write(case.scenario.rules)
                return await self._play(case, act, meddle)
        finally:
            for gone in (folder, *map(self._home, users)):
                await asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True)

    # The stage

    async def _set(self, scenario: Scenario) -> _Stage:
        number = next(self._numbers)
        folder = self._folder / f"stage-{number}"
        folder.mkdir()
        users = tuple(f"{self._folder.name}-{number}-{index}" for index in range(scenario.accounts))
        for user in users:
            await asyncio.to_thread(self._append, user, scenario.before)
        async with Witness(self._dovecot.ports.imap, ()) as proxy:
            act = _Act(replace(scenario, every=""), users, folder, proxy, 0)
            act.write("")
            async with self._daemon(act) as daemon, asyncio.timeout(LIMIT):
                await act.rest()
                await daemon.stop()
        new = [*scenario.new, *scenario.beside]
        new = [replace(mail, mailbox=OUTSIDE) for mail in new] if scenario.live else new
        for user in users:
            await asyncio.to_thread(self._append, user, new)
            await eventually(partial(self._is_signed_off, user), lambda: ("signed off", users))
        return _Stage(users, folder)

    def _is_signed_off(self, user: str) -> bool:
        """Whether all that its sessions write is written."""
        return not self._dovecot.sessions(user)

    def _append(self, user: str, mails: Sequence[Mail]) -> None:
        with self._dovecot.session(user) as imap:
            for mail in mails:
                imap.create(to_wire(mail.mailbox))
                date = f'"{mail.date}"' if mail.date else ""
                kind, data = imap.append(to_wire(mail.mailbox), f"({' '.join(sorted(mail.flags))})", date, mail.data)
                assert kind == "OK", data

    def _bring_in(self, users: Iterable[str], mailbox: str) -> None:
        for user in users:
            with self._dovecot.session(user) as imap:
                imap.select(OUTSIDE)
                kind, data = imap.uid("MOVE", "1:*", mailbox)
                assert kind == "OK", data

    async def _copy_mail(self, old: str, new: str) -> None:
        copying = await asyncio.create_subprocess_exec("cp", "-a", str(self._home(old)), str(self._home(new)))
        assert await copying.wait() == 0

    def _home(self, user: str) -> Path:
        return self._dovecot.folder / "mail" / user

    # The case

    async def _play(self, case: Case, act: _Act, meddle: Meddle | None) -> Ran:
        tally = Tally()
        for moment in case.kills:
            killed = await self._is_killed(act, moment)
            tally += Tally(tried=1) if killed else Tally(notes=(f"never came: {moment}",))
        async with self._daemon(act) as daemon:
            try:
                async with asyncio.timeout(LIMIT):
                    await act.rest()
            except TimeoutError:
                tally += Tally(wrong=1, notes=(f"did not come to rest in {LIMIT:g} s",))
            moments = tuple(sorted([*act.proxy.moments, *_writes(daemon)]))  # two accounts take turns as they like
            await daemon.stop()
        for user in act.users:
            if meddle is not None:
                await asyncio.to_thread(meddle, user)
            found = mailboxes(await asyncio.to_thread(self._dovecot.look, user))
            tally += compare(case.scenario.after(case.lowering), found, case.scenario.bystanders)
        if not tally.clean:
            tally += Tally(notes=("its log:\n" + "".join(daemon.raw),))
        return Ran(replace(tally, notes=tuple(f"{case}: {note}" for note in tally.notes)), moments)

    async def _is_killed(self, act: _Act, moment: Moment) -> bool:
        """Run the daemon until it is killed at the moment. If that never comes it ends in peace."""
        async with self._daemon(act, moment) as daemon:
            ended = asyncio.create_task(daemon.ended())
            resting = asyncio.create_task(act.rest())
            await asyncio.wait([ended, resting], return_when=asyncio.FIRST_COMPLETED, timeout=LIMIT)
            await asyncio.wait([ended], timeout=_LATE)
            if resting.done():
                resting.result()  # it tells of what went wrong
            resting.cancel()
            if not ended.done():
                daemon.process.send_signal(signal.SIGTERM)
            status = await ended
        await act.proxy.finished()
        return status == -signal.SIGKILL

    @contextlib.asynccontextmanager
    async def _daemon(self, act: _Act, deadly: Moment | None = None) -> AsyncIterator[DaemonProcess]:
        """Run the daemon through the proxy; at a moment of its journal it kills itself."""
        write = deadly if deadly is not None and deadly.command == WRITE else Moment(WRITE, "before", 0)
        arguments = ["run", "-c", str(act.rule_file), "--log-format", "json"]
        forked = await self._nursery.fork(write.side, write.nth, arguments)
        act.proxy.expect(deadly, forked.kill)
        running = DaemonProcess(forked)
        try:
            yield running
        finally:
            running.kill()
            await running.ended()


def _last_uid(scenario: Scenario) -> int:
    """Return the UID of the last new mail in the mailbox that it comes into, where nobody has expunged any."""
    mails = (*scenario.before, *scenario.new, *scenario.beside)
    return sum(mail.mailbox == scenario.watch[-1] for mail in mails)


def _writes(daemon: DaemonProcess) -> list[Moment]:
    count_ = len(daemon.find(WRITE))
    return [Moment(WRITE, side, nth) for nth in range(1, count_ + 1) for side in ("before", "after")]
