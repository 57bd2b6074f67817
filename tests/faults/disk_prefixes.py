"""Replay on every prefix of the write-ahead log: what a power cut can leave, opened, compared and recovered from.

For each frame of the log, and in the middle of frames, the state is opened with exactly what comes before. It must be
whole and hold what it held after some commit. From each such state the daemon starts against the server as it was at
any moment between that commit and the next, and must bring each message where it belongs, once, and touch no other.
"""

from __future__ import annotations

import random
import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailrules.store import SqliteStore, StateError
from tests.faults.campaigns import Campaign, Options, Tally
from tests.faults.disk_recording import (
    Commit,
    Event,
    Moment,
    Run,
    Scenario,
    Scene,
    daemon,
    digest,
    recorded,
    settled,
)

_HEADER, _FRAME = 32, 24
"""Octets of the log's header, and of that of each frame before its page (sqlite.org/fileformat2.html §4)."""
_SENT = {
    "MOVE": ("UID STORE", "UID COPY", "UID MOVE"),
    "UIDPLUS only": ("UID STORE", "UID COPY", "UID EXPUNGE"),
    "neither": ("UID STORE", "UID COPY"),
}
"""By lowering, the commands after which a connection may be lost."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """So much of the log, with other octets behind it; it must hold what it held after this commit."""

    length: int
    tail: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Crash:
    """The state at a commit, and the server at a moment before the next."""

    log: int
    moment: Moment


def prefixes(run: Run, lots: random.Random) -> Iterator[Prefix]:
    """Every frame's beginning; and for each frame parts of it, alone or before what else a disk may hold there."""
    (page,) = struct.unpack(">I", run.log[8:12])
    size = _FRAME + page
    commits = [event for event in run.events if isinstance(event, Commit)]
    for start in [0, *range(_HEADER, len(run.log) + 1, size)]:
        held = next(commit.digest for commit in reversed(commits) if commit.log <= start)
        yield Prefix(start, b"", held)
        whole = run.log[start : start + (size if start else _HEADER)]
        for part in sorted({1, _FRAME, lots.randrange(1, size), size - 1}):
            if part < len(whole):
                yield Prefix(start + part, b"", held)
        if len(whole) == size:
            torn = lots.randrange(1, size)
            if any(whole[torn:]):  # else it is whole with noughts behind it, as it is
                yield Prefix(start + torn, bytes(size - torn), held)
            yield Prefix(start, lots.randbytes(size), held)


def crashes(run: Run) -> Iterator[Crash]:
    """Each state with each different moment of the server until the next commit."""
    log, moment, seen = 0, first_moment(run.events), set[object]()
    for event in run.events:
        match event:
            case Moment():
                moment = event
            case Commit():
                log, seen = event.log, set()
        if (key := str(moment.key())) not in seen:
            seen.add(key)
            yield Crash(log, moment)


def first_moment(events: Sequence[Event]) -> Moment:
    """Return the mail as it was at first."""
    return next(event for event in events if isinstance(event, Moment))


async def opens(run: Run, prefix: Prefix) -> Tally:
    """Open the state with no more than this of its log, and compare it with the commit."""
    with tempfile.TemporaryDirectory(prefix="mr-prefix-") as folder:
        path = put(Path(folder), run.state, run.log[: prefix.length] + prefix.tail)
        try:
            async with SqliteStore(path) as store:
                if await store._writer.read(digest) == prefix.digest:
                    return Tally(1)
        except StateError as error:
            trouble = str(error)
        else:
            trouble = "holds what no commit did"
    return Tally(1, wrong=1, notes=(f"{run.scenario}, {prefix.length} octets of the log: {trouble}",))


async def recovers(run: Run, crash: Crash) -> Tally:
    """Start the daemon on what the crash has left, let more mail come, and count what is not where it belongs."""
    scene = Scene(run.scenario)
    scene.restore(crash.moment)
    async with scene.server:
        with tempfile.TemporaryDirectory(prefix="mr-crash-") as folder:
            put(Path(folder), run.state, run.log[: crash.log])
            async with daemon(scene, Path(folder)) as store:
                await scene.server.heard("IDLE")
                first = await settled(scene, store)
                scene.deliver("afterwards")
                second = first and await settled(scene, store)
    there, wanted = scene.places(), scene.expected()
    if second and there == wanted:
        return Tally(1)
    missing, extra, bystanders = wanted - there, there - wanted, run.scenario.bystanders
    mail, belongs = {subject for _, subject, _ in there}, {(where, what) for where, what, _ in wanted}
    return Tally(
        1,
        lost=sum(each not in bystanders and each[1] not in mail for each in missing),
        doubled=sum((where, what) not in belongs for where, what, _ in extra),
        expunged=sum(each in bystanders for each in missing),
        wrong=1,
        notes=(f"{run.scenario}, {crash.log} octets of the log: missing {dict(missing)}, too many {dict(extra)}",),
    )


def put(folder: Path, state: bytes, log: bytes) -> Path:
    """Write a state's files, with no index of the log: that is in memory, and a power cut takes it."""
    path = folder / "state.db"
    path.write_bytes(state)
    if log:
        path.with_name("state.db-wal").write_bytes(log)
    return path


async def runs() -> list[Run]:
    """Record a run of each scenario."""
    found = []
    for scenario in scenarios():
        with tempfile.TemporaryDirectory(prefix="mr-run-") as folder:
            found.append(await recorded(scenario, Path(folder)))
    return found


def scenarios() -> Iterator[Scenario]:
    """For each lowering: nothing happens, Lists is made on the way, each command that is sent is the last one."""
    for lowering, commands in _SENT.items():
        yield Scenario(lowering)
        yield Scenario(lowering, makes_lists=True)
        for command in commands:
            yield Scenario(lowering, command)
            yield Scenario(lowering, command, makes_lists=True)


async def open_prefixes(options: Options) -> Tally:
    """Open each prefix of each run's log."""
    lots = random.Random(options.seed)
    chosen = options.share([(run, prefix) for run in await runs() for prefix in prefixes(run, lots)])
    tally = Tally()
    for number, (run, prefix) in enumerate(chosen, start=1):
        tally += await opens(run, prefix)
        options.progress(number, len(chosen))
    return tally


async def recover_from_crashes(options: Options) -> Tally:
    """Recover from each crash of each run."""
    every = [(run, crash) for run in await runs() for crash in crashes(run)]
    chosen, tally = options.share(every), Tally()
    for number, (run, crash) in enumerate(chosen, start=1):
        tally += await recovers(run, crash)
        options.progress(number, len(chosen))
    return tally


CAMPAIGNS = (
    Campaign("log prefixes", "prefixes of the write-ahead log opened", open_prefixes),
    Campaign("crashes", "states with a moment of the server recovered from", recover_from_crashes),
)
