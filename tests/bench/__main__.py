"""The whole benchmark, in one table: ``python -m tests.bench`` (``--quick`` for a small one, or name the axes).

Each axis is measured for mailrules, for what nobody can go below (the floor) and for the peers, in turn in one run.
Exit status 0: every goal that was measured is reached; 1: one is missed, or an axis could not be measured; 2: the
command line is wrong. Beside other work seconds say little; counts are the same everywhere. With --quick the exit
status is by counts alone.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import importlib
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from rich.console import Console

from tests.bench.bench import Bench
from tests.bench.kept import Measured, load, save
from tests.bench.page import fill, texts_of, whole
from tests.bench.table import Row, show

AXES = {
    "arrival": "EXISTS to moved, with NOTIFY and with IDLE only",
    "backlog": "10,000 messages, 10 to 1,000 rules, near and far",
    "matching": "from header to plan, 10 to 10,000 rules, beside Pigeonhole",
    "idle": "10,000 idle mailboxes with TLS: memory and processor",
    "one-of-many": "a message for one of 10,000 mailboxes",
    "hibernating": "the idle ones on a real server; as root, and only where named: sign-ins take minutes",
    "million": "memory over a backlog of 1,000,000",
    "start": "--help, check, reload",
}
_ALONE = {
    "profile": "where the time of a backlog goes, microseconds a stage",
    "faults": "imapfilter and mailrules put through the same faults",
}


class Unusable(Exception):
    """What was asked for can't be done: a file or a package is not there."""


def main() -> int:
    """Measure what the command line names, print it; return the exit status."""
    parser = _parser()
    given = _arguments(parser)
    try:
        return _run(given)
    except Unusable as error:
        parser.error(str(error))


def _run(given: argparse.Namespace) -> int:
    if given.axes == ["profile"]:
        return _profile(given)
    if given.axes == ["faults"]:
        return _faults(rounds=3 if given.quick else 20)
    measured, failed = (_shown(given.show), False) if given.show else _measure(given)
    rows = measured.rows
    if given.json:
        save(measured, given.json)
    if given.markdown:
        print(whole(rows))
    else:
        show(rows, Console(width=None if sys.stdout.isatty() else 200))
    for page in given.page:
        fill(page, texts_of(measured))
    if given.plots:
        _module("tests.bench.plots").draw(rows, given.plots)
    missed = any(row.reached is False for row in rows if row.counted or not given.quick)
    return int(failed or missed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ", ".join(f"{name} ({what})" for name, what in AXES.items())
    alone = ", ".join(f"{name} ({what})" for name, what in _ALONE.items())
    parser.add_argument("axes", nargs="*", default=["all"], metavar="AXIS", help=f"all; {names}; or alone: {alone}")
    parser.add_argument("--runs", type=int, default=None, help="how often each is measured (3; with --quick 1)")
    parser.add_argument("--quick", action="store_true", help="measure little; the exit status is by counts alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values of all runs down")
    parser.add_argument(
        "--show",
        type=Path,
        action="append",
        metavar="FILE",
        help="measure nothing: take what --json has written; given again, of an axis in both files the later counts",
    )
    parser.add_argument("--markdown", action="store_true", help="print the table for a page")
    parser.add_argument(
        "--page",
        type=Path,
        action="append",
        default=[],
        help="put the table or the profile into a page of the manual",
    )
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw the plots (needs the extra: bench)")
    return parser


def _arguments(parser: argparse.ArgumentParser) -> argparse.Namespace:
    given = parser.parse_intermixed_args()
    if wrong := [axis for axis in given.axes if axis not in {*AXES, "all", *_ALONE}]:
        parser.error(
            f"no axis: {', '.join(wrong)}; there are {', '.join(AXES)}, all; and {', '.join(_ALONE)}, each alone"
        )
    if len(given.axes) > 1 and (alone := [axis for axis in given.axes if axis in _ALONE]):
        parser.error(f"{alone[0]} is measured alone: name no other axis beside it")
    return given


def _shown(paths: Sequence[Path]) -> Measured:
    try:
        return load(paths)
    except (OSError, ValueError) as error:
        raise Unusable(f"--show: {error}") from error


def _module(name: str) -> ModuleType:
    """Import what only some of the work takes. Raises Unusable where it lacks a package."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise Unusable(f"{error}: pip install -e '.[test,bench]'") from error


def _measure(given: argparse.Namespace) -> tuple[Measured, bool]:
    progress = Console(stderr=True, highlight=False)
    say = functools.partial(progress.print, soft_wrap=True)
    chosen = [axis for axis in AXES if axis != "hibernating"] if "all" in given.axes else given.axes
    rows: list[Row] = []
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given.runs or (1 if given.quick else 3), given.quick, say)
        for axis in chosen:
            began = time.monotonic()
            try:
                rows.extend(
                    _module(f"tests.bench.rows.{axis.replace('-', '_')}").rows(bench)
                )  # those before a failure stay
            except Unusable as error:
                failed = True
                progress.print(f"{axis}: not measured: {error}", style="bold red", markup=False, soft_wrap=True)
            except Exception:  # noqa: BLE001 - the other axes are measured all the same
                failed = True
                progress.print(f"{axis}: not measured", style="bold red")
                progress.print(traceback.format_exc()[-2_000:], markup=False)
            progress.print(f"{axis}: took {time.monotonic() - began:.0f} s", style="bold")
    return Measured(rows), failed


def _faults(*, rounds: int) -> int:
    asyncio.run(_module("tests.bench.faults").main(rounds))
    return 0


def _profile(given: argparse.Namespace) -> int:
    _module("tests.bench.stages").main(given.runs or 1, given.page, quick=given.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
