"""Starts atheris on a target with what is kept for it, and takes down what it finds."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.targets import ROOT, seeds

CORPUS = Path(__file__).with_name("corpus")
TIMEOUT = 10  # seconds for one input: whatever takes longer is not linear
MEMORY = 1024  # mebibytes
LONGEST = 8192  # octets of an input


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """How many octets were tried, and those that did harm."""

    runs: int
    harm: tuple[bytes, ...]


def kept(name: str) -> Sequence[Path]:
    """Return the files that are kept for a target."""
    return sorted((CORPUS / name).iterdir())


def fuzz(name: str, *options: str, keep: bool = False) -> Fuzzed:
    """Fuzz a target as libFuzzer's options say.

    With `keep` the kept corpus becomes the least that reaches all that was reached.
    """
    with TemporaryDirectory(prefix="mailrules-fuzz-") as folder:
        found, old, harm = (Path(folder) / part for part in ("found", "old", "harm"))
        for path in (found, old, harm):
            path.mkdir()
        for seed in seeds(name):
            (old / sha256(seed).hexdigest()[:16]).write_bytes(seed)
        folders = [folder for folder in (found, CORPUS / name, old) if folder.exists()]
        done = _drive(name, *folders, *options, f"-artifact_prefix={harm}/")
        octets = tuple(path.read_bytes() for path in sorted(harm.iterdir()))
        if done.returncode and not octets:
            raise RuntimeError(f"the fuzzer itself failed:\n{done.stdout}")
        if keep:
            _keep(name, found, old)
        runs = re.search(r"number_of_executed_units: (\d+)", done.stdout)
        return Fuzzed(int(runs[1]) if runs else 0, octets)


def _keep(name: str, found: Path, old: Path) -> None:
    """Add what reaches something that neither the seeds nor the kept octets reach."""
    _drive(name, CORPUS / name, old, found, "-merge=1")
    for seed in old.iterdir():
        (CORPUS / name / seed.name).unlink(missing_ok=True)


def _drive(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    limits = (f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST}", "-print_final_stats=1")
    with TemporaryDirectory(prefix="mailrules-fuzz-") as folder:
        program = Path(folder) / "fuzz"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.fuzz.drive {name} "$0" "$@"\n')
        program.chmod(0o700)
        return subprocess.run(
            [program, *map(str, arguments), *limits],
            cwd=ROOT,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
