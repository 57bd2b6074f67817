"""The hostile campaign: the daemon as a process among servers that lie, and what it holds, sends and gets done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.campaigns import Campaign, Options, Tally
from tests.faults.hostile_lies import STAGES, Pieces, lies
from tests.faults.hostile_server import HOST, Liar, Lie
from tests.faults.process import DaemonProcess, daemon, eventually

BOUND = 256
"""Mebibytes that one connection may add to the daemon's memory, whatever its server says (`imap.framing.Limits`)."""
FLOOD = 250_000
"""Responses of a flood: more than an answer may have."""

RULES = '[[rules]]\nname = "m"\nmatch.subject = "m"\nthen.move = "Filed"\n'


@dataclass(frozen=True, slots=True)
class Told:
    """A lie by its name, and the stage at which it is told."""

    name: str
    stage: str
    pieces: Pieces

    def __str__(self) -> str:
        return f"{self.name}, {self.stage}"


@dataclass(frozen=True, slots=True)
class Endured:
    """What became of a daemon that was told a lie."""

    told: Told
    grown: float
    """Mebibytes by which its memory peaked above what it was before any lie."""
    seconds: float
    """CPU time."""
    wrong: Sequence[str]
    """Commands that change a message which no rule is for."""
    lost: int
    """Messages that the rules are for and that are not where they say."""
    doubled: int
    expunged: int
    """Messages that are gone though no rule is for them."""

    @property
    def tally(self) -> Tally:
        """What of it must not be."""
        harm = self.wrong or self.lost or self.doubled or self.expunged or self.grown > BOUND
        notes = (f"{self.told}: {self}",) if harm else ()
        return Tally(1, self.lost, self.doubled, self.expunged + len(self.wrong), self.grown > BOUND, notes)


async def endure(folder: Path, lies: Sequence[Told]) -> list[Endured]:
    """Tell lies to one daemon, each to an account of its own, one after the other.

    Each time mail comes in before the lie and, from a server that is honest again, behind it. Raises AssertionError if
    the daemon meets a bug of its own, or does not go on.
    """
    async with AsyncExitStack() as open_ones:
        liars = [await open_ones.enter_async_context(Liar("stay", "stay")) for _ in lies]
        running = await open_ones.enter_async_context(daemon(rule_file(folder, liars)))
        await running.logged("watching", len(liars))
        proc = Path(f"/proc/{running.process.pid}")
        before = memory(proc, "VmRSS")
        ended = []
        for liar, told in zip(liars, lies, strict=True):
            (proc / "clear_refs").write_text("5")  # the peak begins anew
            used = seconds(proc)
            await lie_to(running, liar, told)
            ended.append(endured(told, liar, memory(proc, "VmHWM") - before, seconds(proc) - used))
        await running.stop()
    assert [line for line in running.raw if "unexpected error" in line or "Traceback" in line] == []
    return ended


def endured(told: Told, liar: Liar, grown: float, used: float) -> Endured:
    """Count what one server has now."""
    there = liar.targets["Filed"]
    kept = sum(mail.subject == "stay" for mail in liar.inbox.values())
    missing, more = max(0, 2 - there["m"]), max(0, there["m"] - 2)
    return Endured(told, grown, used, liar.wrongly_named(), missing, more, liar.stays - kept)


async def lie_to(running: DaemonProcess, liar: Liar, told: Told) -> None:
    """Have one server lie while mail comes in, and be honest afterwards."""
    liar.lies.append(Lie(told.stage, told.pieces))
    if told.stage not in _WHILE_WATCHED:
        liar.hang_up()
        await happens(running, told, lambda: not liar.lies)
    liar.deliver("m", "stay")
    await happens(running, told, lambda: liar.targets["Filed"]["m"] >= 1)
    liar.lies.clear()
    liar.deliver("m")
    await happens(running, told, lambda: liar.targets["Filed"]["m"] >= 2)


_WHILE_WATCHED = frozenset({"idle", *(f"{at} UID {name}" for at in ("before", "after") for name in ("FETCH", "MOVE"))})


async def happens(running: DaemonProcess, told: Told, holds: Callable[[], bool]) -> None:
    """Wait for something that the daemon does, for as long as it lives."""
    await eventually(lambda: holds() or running.process.returncode is not None, lambda: (str(told), running.raw[-9:]))
    assert running.process.returncode is None, (str(told), running.raw[-20:])


def rule_file(folder: Path, liars: Sequence[Liar]) -> Path:
    """Write a rule file with an account for each server."""
    accounts = "".join(
        f'[accounts.a{number}]\nhost = "{HOST}"\ntls = "none"\nport = {liar.port}\nusername = "ann"\npassword = "pw"\n'
        for number, liar in enumerate(liars)
    )
    path = folder / "rules.toml"
    path.write_text(f'[daemon]\nstate = "{folder}/state.db"\ngrace = 0.1\n{accounts}{RULES}')
    path.chmod(0o600)
    return path


def memory(proc: Path, field: str) -> float:
    """What a process' status says of its memory, in mebibytes."""
    text = (proc / "status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(field)).split()[1]) / 1024


def seconds(proc: Path) -> float:
    """A process' CPU time so far."""
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def run(options: Options) -> Tally:
    """Tell every lie at every stage, some of them to one daemon."""
    chosen = options.share([Told(name, stage, said) for name, said in lies(FLOOD).items() for stage in STAGES])
    groups = [chosen[at : at + _TOGETHER] for at in range(0, len(chosen), _TOGETHER)]
    turns = asyncio.Semaphore(options.jobs)
    ended: list[Endured] = []

    async def one(group: Sequence[Told]) -> Tally:
        async with turns:
            with TemporaryDirectory() as folder:
                try:
                    results = await endure(Path(folder), group)
                except AssertionError as failure:
                    return Tally(len(group), wrong=1, notes=(str(failure),))
        ended.extend(results)
        options.progress(len(ended), len(chosen))
        return sum((result.tally for result in results), Tally())

    tallies = await asyncio.gather(*map(one, groups))
    most = max(ended, key=lambda result: result.grown, default=None)
    figures = (
        (f"most memory: {most.grown:.0f} MiB above the baseline ({most.told}); the bound is {BOUND}",) if most else ()
    )
    return sum(tallies, Tally(notes=figures))


_TOGETHER = 20

CAMPAIGNS = (Campaign("hostile", "lies", run),)
