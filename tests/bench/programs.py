"""Runs programs as they are run by people, one at a time: seconds, processor time and memory of the whole process."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LIMIT = 1_800.0  # seconds for the slowest of them
_GATE = ("sh", "-c", 'read go; exec "$@"', "sh")
"""Holds a program back until whoever measures it knows its process."""
_OFTEN = 0.02  # seconds between two looks at its memory
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")


def _nobody(_pid: int, /) -> None:
    """Watch nothing."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command line and what is set around it."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process used up."""

    wall: float
    """Seconds from its start to its end."""
    cpu: float
    memory: float
    """Mebibytes at its largest."""

    def __str__(self) -> str:
        return f"{self.wall:.1f} s, {self.cpu:.1f} s of the processor, {self.memory:.0f} MiB at most"


def python(*arguments: str) -> Program:
    """Run this interpreter."""
    return Program([sys.executable, *arguments])


def measured(program: Program, watch: Callable[[int], None] = _nobody) -> Spent:
    """Run a program to its end; ``watch`` gets its process before it begins. Raises RuntimeError if it fails."""
    with started(program, watch) as (process, begun):
        peak = 0.0
        until = begun + LIMIT
        ending = os.pidfd_open(process.pid)
        try:
            while not select.select([ending], [], [], _OFTEN)[0]:
                peak = memory(process.pid) or peak
                if time.monotonic() > until:
                    raise RuntimeError(f"{program.command}: not done within {LIMIT:g} s")
            wall = time.monotonic() - begun
        finally:
            os.close(ending)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{program.command} ended with {process.returncode}: {_said(process)}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, peak)


@contextmanager
def started(
    program: Program, watch: Callable[[int], None] = _nobody, *, log: IO[bytes] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Have a program running, with the moment in which it began; it is killed in the end.

    What it says goes into ``log``; without one it is read when it fails.
    """
    process = subprocess.Popen(
        [*_GATE, *program.command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=log or subprocess.PIPE,
        env=program.environment,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdin is not None
    try:
        watch(process.pid)
        begun = time.monotonic()
        process.stdin.write(b"\n")
        process.stdin.close()
        yield process, begun
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        if process.stderr is not None:
            process.stderr.close()


def memory(pid: int) -> float:
    """Give the largest memory of a process until now, in mebibytes.

    Not from wait4: that counts what its parent held when it was forked.
    """
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def _said(process: subprocess.Popen[bytes]) -> str:
    return process.stderr.read().decode(errors="replace")[-2_000:] if process.stderr else ""
