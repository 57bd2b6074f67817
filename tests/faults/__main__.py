"""The fault suite as a command: ``python -m tests.faults kill``, ``… all --jobs 4``, ``… wire --most 100``.

One table at the end, on stdout; exit status 1 if anything was lost, doubled, wrongly expunged or otherwise wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.campaigns import MODULES, Campaign, Options, Tally, campaigns

Row = tuple[Campaign, Tally, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit status."""
    asked = _parser().parse_args(arguments)
    options = Options(asked.part, asked.most, asked.seed, asked.jobs)
    names = sorted(MODULES) if asked.campaign == "all" else [asked.campaign]
    rows = asyncio.run(_run([campaign for name in names for campaign in campaigns(name)], options))
    console = Console() if sys.stdout.isatty() else Console(width=120)
    for campaign, tally, _ in rows:
        for note in tally.notes:
            console.print(f"{campaign.name}: {note}", markup=False, highlight=False, soft_wrap=True)
    console.print(_table(rows))
    return 0 if all(tally.clean for _, tally, _ in rows) else 1


async def _run(chosen: Sequence[Campaign], options: Options) -> list[Row]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rows: list[Row] = []
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as shown:
        for campaign in chosen:
            task = shown.add_task(campaign.name, total=None)

            def progress(done: int, total: int, task: TaskID = task) -> None:
                shown.update(task, completed=done, total=total)

            began = time.monotonic()
            tally = await campaign.run(replace(options, progress=progress))
            rows.append((campaign, tally, time.monotonic() - began))
            if shown.disable:  # a log, in which an hour of silence looks like an end
                sys.stderr.write(f"{campaign.name}: {tally.tried:,} {campaign.tries}, {rows[-1][2]:.0f} s\n")
                sys.stderr.flush()
    return rows


def _table(rows: Sequence[Row]) -> Table:
    table = Table()
    table.add_column("campaign")
    table.add_column("tried")
    for heading in ("count", "lost", "doubled", "wrongly expunged", "otherwise wrong", "seconds"):
        table.add_column(heading, justify="right")
    for campaign, tally, seconds in rows:
        figures = (tally.tried, tally.lost, tally.doubled, tally.expunged, tally.wrong)
        table.add_row(campaign.name, campaign.tries, *(f"{figure:,}" for figure in figures), f"{seconds:.0f}")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Break things; count what was lost.")
    parser.add_argument("campaign", choices=[*sorted(MODULES), "all"])
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="N/M", help="only the n-th of m equal shares")
    parser.add_argument("--most", type=int, metavar="N", help="try no more than this of each campaign, evenly spread")
    parser.add_argument("--seed", type=int, default=0, help="for campaigns that draw lots")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="how many run at once")
    return parser


def _part(text: str) -> tuple[int, int]:
    number, _, shares = text.partition("/")
    part = int(number), int(shares)
    if not 1 <= part[0] <= part[1]:
        raise argparse.ArgumentTypeError(f"{text}: not one of {shares} shares")
    return part


if __name__ == "__main__":
    sys.exit(main())
