"""Two pictures of the table: what a message costs by the number of rules, and what mailboxes cost by their number.

    python -m tests.bench --json bench.json --plots mailrules/docs      measure and draw
    python -m tests.bench --show bench.json --plots mailrules/docs      draw what was measured before

Letters are drawn as outlines, so that the SVG looks the same everywhere. It takes the extra ``bench``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tests.bench.table import Row, Sample

_INK, _SOFT, _LINES = "#1f2933", "#52606d", "#e4e7eb"
_OURS, _PEER = "#0b6e4f", "#c8553d"
_STYLE = {
    "svg.fonttype": "path",
    "svg.hashsalt": "mailrules",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.edgecolor": _SOFT,
    "axes.labelcolor": _SOFT,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "text.color": _INK,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}
_MATCHING = re.compile(r"no rule matches: header to plan, ([\d,]+) rules")
_MEMORY = re.compile(r"([\d,]+) idle mailboxes with TLS: memory each")
_LOAD = re.compile(r"([\d,]+) idle mailboxes with TLS: of a core")
_ANSWER = re.compile(r"a message for one of ([\d,]+) mailboxes")

Point = tuple[int, Sample]


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write each picture of which the rows hold the points, as PNG and as SVG; give the files."""
    written: list[Path] = []
    with mpl.rc_context(_STYLE):
        if ours := points(rows, _MATCHING):
            written += _saved(_by_rules(ours, _peers(rows)), folder / "speed-rules")
        if memory := points(rows, _MEMORY):
            written += _saved(_by_mailboxes(memory, points(rows, _LOAD), _answers(rows)), folder / "speed-mailboxes")
    return written


def points(rows: Iterable[Row], axis: re.Pattern[str]) -> list[Point]:
    """Find the rows of an axis, each with the number in its name."""
    found = ((axis.fullmatch(row.axis), row.ours) for row in rows)
    return sorted((int(match[1].replace(",", "")), ours) for match, ours in found if match)


def _peers(rows: Iterable[Row]) -> list[Point]:
    found = ((_MATCHING.fullmatch(row.axis), row.best) for row in rows)
    return sorted((int(match[1].replace(",", "")), best) for match, best in found if match and best)


def _answers(rows: Sequence[Row]) -> list[Point]:
    found = [(match, row) for row in rows if (match := _ANSWER.match(row.axis))]
    alone = [(1, row.floor) for _, row in found[:1] if row.floor]
    return alone + sorted((int(match[1].replace(",", "")), row.ours) for match, row in found)


def _by_rules(ours: Sequence[Point], peers: Sequence[Point]) -> Figure:
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.subplots()
    _line(axes, ours, _OURS, (0, -17))
    _named(axes, "mailrules", ours[-1], _OURS, (0, 12), "center")
    if peers:
        _line(axes, peers, _PEER, (-20, 6))
        _named(axes, "Pigeonhole (Sieve, in C)", peers[-1], _PEER, (10, -4), "left")
    _framed(axes, "rules", "What a message costs that no rule matches", "microseconds of a core, from header to plan")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.1, y=0.12)
    return figure


def _by_mailboxes(memory: Sequence[Point], load: Sequence[Point], answers: Sequence[Point]) -> Figure:
    figure = Figure(figsize=(10, 4), layout="constrained")
    panels = (
        (memory, "Memory of each", "KiB, at rest, each with TLS"),
        (load, "Processor for all", "percent of a core, at rest"),
        (answers, "A new message", "milliseconds, EXISTS to moved"),
    )
    for axes, (found, title, unit) in zip(figure.subplots(1, 3), panels, strict=True):
        if found:
            _line(axes, found, _OURS, (0, 8))
            axes.set_ylim(bottom=0, top=1.35 * max(max(sample.values) for _, sample in found) or 1)
        _framed(axes, "mailboxes", title, unit)
        axes.margins(x=0.12)
    return figure


def _line(axes: Axes, found: Sequence[Point], color: str, beside: tuple[int, int]) -> None:
    """Draw the medians, each with its figure beside it, over the range of all runs."""
    numbers = [number for number, _ in found]
    middle = [sample.median for _, sample in found]
    axes.fill_between(
        numbers,
        [min(sample.values) for _, sample in found],
        [max(sample.values) for _, sample in found],
        color=color,
        alpha=0.15,
        linewidth=0,
    )
    axes.plot(numbers, middle, color=color, marker="o", markersize=5, linewidth=2)
    for number, value in zip(numbers, middle, strict=True):
        axes.annotate(
            _plain(value),
            (number, value),
            xytext=beside,
            textcoords="offset points",
            ha="center",
            color=color,
            fontsize=9,
        )


def _named(axes: Axes, name: str, last: Point, color: str, beside: tuple[int, int], side: str) -> None:
    """Write a line's name where it ends."""
    number, sample = last
    axes.annotate(
        name,
        (number, sample.median),
        xytext=beside,
        textcoords="offset points",
        ha=side,
        color=color,
        fontweight="bold",
    )


def _framed(axes: Axes, across: str, title: str, unit: str) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(base=10, numticks=10))
    axes.xaxis.set_major_formatter(FuncFormatter(_plain))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(across)
    axes.set_title(f"{title}\n", loc="left", fontsize=13, fontweight="bold", color=_INK)
    axes.text(0, 1.02, unit, transform=axes.transAxes, color=_SOFT, fontsize=10)
    axes.grid(axis="y", color=_LINES, linewidth=1)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)


def _plain(value: float, _place: int = 0) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _saved(figure: Figure, stem: Path) -> list[Path]:
    stem.parent.mkdir(parents=True, exist_ok=True)
    png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
    figure.savefig(png, dpi=160, metadata={"Software": None})
    figure.savefig(svg, metadata={"Date": None})
    return [png, svg]
