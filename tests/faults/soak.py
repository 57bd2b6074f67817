"""The soak: months of mail and of lost connections in shortened time, and what the daemon holds after each round.

In each round a second client lets mail come, some connections are cut in the middle of the work and more while there
is none, each message is looked for where the rules say, and all is expunged again. ``python -m tests.faults soak``
takes a million messages and ten thousand reconnects; ``--most`` is how many messages instead.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from tests.faults.all_actions import RULES
from tests.faults.campaigns import Campaign, Options, Tally
from tests.faults.process import rule_file
from tests.faults.soak_child import Held
from tests.faults.soak_mail import OtherClient, acted_on, other_client
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy

MIB = 1 << 20
RSS_GROWTH = 32 * MIB
"""By how much the resident memory may be greater at the end than after the warm-up."""
STATE_GROWTH = 8 * MIB
"""By how much the state, with its log, may be greater than it ever was in the warm-up."""
PATIENCE = 600.0
"""Seconds in which a round must have come to its end."""
A_REPAIR = 2
"""By how many there may be more descriptors, threads and tasks: a repair's connection may not have ended yet."""
CUTS = [
    ("UID FETCH", Point.AFTER_COMMAND),
    ("UID FETCH", Point.BEFORE_ANSWER),
    ("UID STORE", Point.AFTER_COMMAND),
    ("UID STORE", Point.BEFORE_ANSWER),
    ("UID COPY", Point.BEFORE_COMMAND),
    ("UID COPY", Point.AFTER_COMMAND),
    ("UID MOVE", Point.BEFORE_COMMAND),
    ("UID MOVE", Point.AFTER_COMMAND),
    ("UID MOVE", Point.BEFORE_ANSWER),
    ("UID EXPUNGE", Point.AFTER_COMMAND),
]
"""Where connections are cut in the middle of the work."""
_WATCHED = ["INBOX", "Quiet"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a soak is: messages that rules act on, reconnects, and twenties of messages that come in each round.

    `traced_from` is the round after which the memory is traced to the octet, which costs as much as all the rest.
    """

    messages: int = 1_000_000
    reconnects: int = 10_000
    twenties: int = 250
    cuts: int = 2
    warm_up: float = 0.05
    traced_from: int | None = None
    seed: int = 0

    @property
    def rounds(self) -> int:
        """In how many rounds the messages come."""
        return -(-self.messages // acted_on(self.twenties))


@dataclass(frozen=True, slots=True)
class Sample:
    """What there was at the end of a round, when the daemon was at rest."""

    messages: int
    reconnects: int
    state: int
    seconds: float
    held: Held


@dataclass(slots=True)
class Report:
    """What a soak has come to. `errors` are log lines of that level."""

    warm_up: int = 0
    samples: list[Sample] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    unflagged: int = 0
    errors: list[str] = field(default_factory=list)

    def growth(self, of: Callable[[Sample], int]) -> int:
        """By how much a figure is greater at the end than right after the warm-up."""
        return of(self.samples[-1]) - of(self.samples[self.warm_up])

    def rise(self, of: Callable[[Sample], int]) -> int:
        """By how much the greatest figure after the warm-up is over the greatest of the warm-up."""
        return max(map(of, self.samples[self.warm_up :])) - max(map(of, self.samples[: self.warm_up + 1]))

    def over_bounds(self) -> list[str]:
        """Say what has grown that must not."""
        bounds: list[tuple[str, int, int]] = [
            ("resident memory", self.growth(lambda one: one.held.rss), RSS_GROWTH),
            ("state", self.rise(lambda one: one.state), STATE_GROWTH),
            ("descriptors", self.rise(lambda one: one.held.descriptors), A_REPAIR),
            ("threads", self.rise(lambda one: one.held.threads), A_REPAIR),
            ("tasks", self.rise(lambda one: one.held.tasks), A_REPAIR),
        ]
        return [f"{what} grew by {by:,}, and may by {most:,}" for what, by, most in bounds if by > most]


class Soaked:
    """The daemon, as a process that tells what it holds; its log goes to a file, and is thrown away once read."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, state: Path) -> None:
        self._process = process
        self._log = log
        self._state = state

    async def held(self, *, trace: bool) -> Held:
        """Ask it, and let it `trace` its memory from now on."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"trace\n" if trace else b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), 90)
        return Held(**json.loads(line))

    def said(self) -> list[str]:
        """Return what it has said since the last time of its own errors, and what is no line of its log."""
        text = self._log.read_text()
        with self._log.open("r+") as log:
            log.truncate(0)
        return [line for line in text.splitlines() if '"level": "error"' in line or not line.startswith("{")]

    def open_entries(self) -> int:
        """Count what its journal has in hand."""
        with closing(sqlite3.connect(f"{self._state.as_uri()}?mode=ro", uri=True, timeout=60)) as db:
            return int(db.execute("SELECT count(*) FROM entry WHERE finished IS NULL").fetchone()[0])

    def state_size(self) -> int:
        """Return the octets of the state with its write-ahead log."""
        return sum(
            self._state.with_name(self._state.name + end).stat().st_size
            for end in ("", "-wal", "-shm")
            if self._state.with_name(self._state.name + end).exists()
        )


@asynccontextmanager
async def _soaked(folder: Path, config: Path) -> AsyncIterator[Soaked]:
    log = folder / "log"
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.soak_child", "run", "-c", str(config), "--log-format", "json"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )
    try:
        yield Soaked(process, log, folder / "state.db")
        process.terminate()
        await asyncio.wait_for(process.wait(), 90)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def soak(
    server: Dovecot, user: str, folder: Path, plan: Plan, tell: Callable[[Sample], None] = lambda _: None
) -> Report:
    """Run the daemon through the plan; `tell` gets each sample at once."""
    report = Report(warm_up=max(1, round(plan.rounds * plan.warm_up)))
    began = monotonic()
    async with Proxy(server.ports.imap) as proxy:
        config = rule_file(folder, user, proxy.port, RULES, grace=0.1, history_size="10 MiB")
        config.write_text(
            config.read_text().replace("\n\n[[rules]]", f"\nwatch = {json.dumps(_WATCHED)}\n\n[[rules]]", 1)
        )
        with other_client(server, user, plan.twenties) as other:
            await asyncio.to_thread(other.stock)
            server.create(user, _WATCHED[1])
            async with _soaked(folder, config) as daemon:
                await _at_rest(proxy, daemon)
                for number in range(1, plan.rounds + 1):
                    await _round(proxy, other, daemon, plan, report, random.Random(plan.seed + number))
                    await _reconnect(proxy, daemon, plan.reconnects * number // plan.rounds)
                    report.errors += daemon.said()
                    handled = acted_on(plan.twenties) * number
                    held = await daemon.held(trace=plan.traced_from == number)
                    sample = Sample(handled, proxy.accepted, daemon.state_size(), monotonic() - began, held)
                    report.samples.append(sample)
                    tell(sample)
    return report


async def _round(
    proxy: Proxy, other: OtherClient, daemon: Soaked, plan: Plan, report: Report, lots: random.Random
) -> None:
    """Let mail come and connections break, until each message is where it belongs."""
    for command, point in lots.sample(CUTS, plan.cuts):
        proxy.cut(command, point)
    await asyncio.to_thread(other.refill)
    found: dict[str, int] = {}

    def filed() -> bool:
        found.update(other.counts())
        return found == other.expected and not daemon.open_entries()

    await _eventually(filed, 0.1, lambda: (found, other.expected, daemon.open_entries(), daemon.said()))
    verdict = await asyncio.to_thread(other.judge_and_empty)
    report.lost += verdict.lost
    report.doubled += verdict.doubled
    report.unflagged += verdict.unflagged


async def _reconnect(proxy: Proxy, daemon: Soaked, enough: int) -> None:
    """Cut all connections again and again, each time when they are at rest."""
    while True:
        await _at_rest(proxy, daemon)
        if proxy.accepted >= enough:
            return
        proxy.recording.forget()
        proxy.cut_all()


async def _at_rest(proxy: Proxy, daemon: Soaked) -> None:
    """Wait until the daemon is signed in, and each of its connections says IDLE last."""
    await _eventually(lambda: _rests(proxy), 0.005, lambda: (proxy.recording.names[-20:], daemon.said()))


async def _eventually(holds: Callable[[], bool], pause: float, what: Callable[[], object]) -> None:
    """Wait, for long: the machine may have other work, and an hour of soaking is not to be thrown away."""
    until = monotonic() + PATIENCE
    while not await asyncio.to_thread(holds):
        if monotonic() > until:
            raise AssertionError(f"not within {PATIENCE:g} s: {what()}")
        await asyncio.sleep(pause)


def _rests(proxy: Proxy) -> bool:
    last = {exchange.connection: exchange.name for exchange in proxy.recording.commands}
    return {last.get(number) for number in proxy.live} == {"IDLE"}


# The command


_HEADINGS = ("messages", "reconnects", "RSS MiB", "objects", "state MiB", "descriptors", "threads", "tasks", "seconds")


def _row(sample: Sample) -> str:
    held = sample.held
    figures: Sequence[float] = (
        *(sample.messages, sample.reconnects, held.rss / MIB, held.objects, sample.state / MIB),
        *(held.descriptors, held.threads, held.tasks, sample.seconds),
    )
    return "  ".join(
        f"{figure:>{len(heading)},.{0 if isinstance(figure, int) else 1}f}"
        for heading, figure in zip(_HEADINGS, figures, strict=True)
    )


async def run(options: Options) -> Tally:
    """Soak, and print a row every now and then."""
    full = Plan(seed=options.seed)
    messages = options.most or full.messages
    plan = replace(full, messages=messages, reconnects=max(1, full.reconnects * messages // full.messages))
    print("  ".join(_HEADINGS), flush=True)
    shown = max(1, plan.rounds // 50)

    def tell(sample: Sample) -> None:
        number = sample.messages // acted_on(plan.twenties)
        options.progress(number, plan.rounds)
        if number % shown == 0 or number in {1, plan.rounds}:
            print(_row(sample), flush=True)

    with Dovecot() as server, tempfile.TemporaryDirectory(prefix="mr-soak-") as folder:
        report = await soak(server, "soak", Path(folder), plan, tell)
    last, over = report.samples[-1], report.over_bounds()
    shown_of: Mapping[str, Callable[[Sample], int]] = {
        "resident memory": lambda one: one.held.rss,
        "objects": lambda one: one.held.objects,
        "state": lambda one: one.state,
        "descriptors": lambda one: one.held.descriptors,
    }
    figures = {name: [of(sample) for sample in report.samples] for name, of in shown_of.items()}
    notes = (
        f"{last.messages:,} messages, {last.reconnects:,} reconnects in {last.seconds:,.0f} s",
        *(
            f"{name}: {values[report.warm_up]:,} after the warm-up, {max(values):,} at most, {values[-1]:,} at the end"
            for name, values in figures.items()
        ),
        *over,
        *report.errors[:20],
    )
    wrong = report.unflagged + len(over) + len(report.errors)
    return Tally(last.messages + last.reconnects, report.lost, report.doubled, wrong=wrong, notes=notes)


CAMPAIGNS = (Campaign("soak", "messages and reconnects", run),)
