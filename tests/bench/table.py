"""What was measured, and the one table of it: axis, floor, peers, mailrules, and whether the goal is reached."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Sample:
    """The same thing measured again and again."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        """Take the values of all runs."""
        return cls(tuple(values))

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        if figure(low) == figure(high):
            return figure(self.median)
        return f"{figure(self.median)} ({figure(low)}–{figure(high)})"


class Against(Enum):
    """What a goal is a multiple of."""

    NOTHING = "nothing"
    FLOOR = "floor"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Goal:
    """mailrules is to need at most this, or at most so many times what the floor or the best peer needs."""

    limit: float
    against: Against = Against.NOTHING

    def __str__(self) -> str:
        if self.against is Against.NOTHING:
            return f"≤ {figure(self.limit)}"
        return f"≤ {self.limit:g} × {self.against.value}"


@dataclass(frozen=True, slots=True)
class Row:
    """One axis."""

    axis: str
    unit: str
    ours: Sample
    floor: Sample | None = None
    peers: dict[str, Sample] = field(default_factory=dict)
    goal: Goal | None = None
    counted: bool = False
    """Whether it is a count, the same on each machine, and no time."""

    @property
    def best(self) -> Sample | None:
        """The best of the peers."""
        return min(self.peers.values(), key=lambda peer: peer.median, default=None)

    @property
    def ratio(self) -> float | None:
        """How many times the floor it is; without a floor, how many times the best peer."""
        by_peer = self.floor is None or (self.goal is not None and self.goal.against is Against.PEER)
        other = self.best if by_peer else self.floor
        return self.ours.median / other.median if other is not None and other.median else None

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one, or where what it is a multiple of was not measured."""
        if self.goal is None:
            return None
        if self.goal.against is Against.NOTHING:
            return self.ours.median <= self.goal.limit
        return None if self.ratio is None else self.ratio <= self.goal.limit


_PLACE = re.compile(r"(?P<begin><!-- measured: (?P<which>all|goals) -->)\n.*?(?P<end><!-- measured -->)", re.DOTALL)
HEADINGS = ("axis", "floor", "peers", "mailrules", "ratio", "goal", "")


def figure(value: float) -> str:
    """Write a number with three digits that count."""
    if value == 0:
        return "0"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def cells(row: Row) -> tuple[str, ...]:
    """Write a row."""
    reached = {None: "", True: "yes", False: "NO"}[row.reached]
    return (
        f"{row.axis}, {row.unit}" if row.unit else row.axis,
        str(row.floor) if row.floor else "–",
        "\n".join(f"{name} {sample}" for name, sample in row.peers.items()) or "–",
        str(row.ours),
        "–" if row.ratio is None else figure(row.ratio),
        str(row.goal) if row.goal else "–",
        reached,
    )


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table: what takes time or room first, then what can be counted."""
    table = Table(*HEADINGS)
    for place in (1, 3, 4, 5):
        table.columns[place].justify = "right"
    for counted in (False, True):
        for row in rows:
            if row.counted is counted:
                table.add_row(*cells(row), style="bold red" if row.reached is False else None)
        table.add_section()
    console.print(table)


def markdown(rows: Sequence[Row]) -> str:
    """Write the table for a page."""
    lines = [f"| {' | '.join((*HEADINGS[:-1], 'reached'))} |", "|---|---:|---|---:|---:|---:|---|"]
    lines += [
        f"| {' | '.join(cells(row))} |".replace("\n", "<br>")
        for counted in (False, True)
        for row in rows
        if row.counted is counted
    ]
    return "\n".join(lines)


def into(page: Path, rows: Sequence[Row]) -> None:
    """Put the table into a page, between its marks: all rows, or those that have a goal, as the mark says."""

    def filled(found: re.Match[str]) -> str:
        chosen = rows if found["which"] == "all" else [row for row in rows if row.goal is not None]
        return f"{found['begin']}\n{markdown(chosen)}\n{found['end']}"

    text, places = _PLACE.subn(filled, page.read_text(encoding="utf-8"))
    if not places:
        raise ValueError(f"{page} has no place for the table: <!-- measured: all --> … <!-- measured -->")
    page.write_text(text, encoding="utf-8")


def save(rows: Sequence[Row], path: Path) -> None:
    """Write all values of all runs down."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1, default=_plain, ensure_ascii=False) + "\n")


def load(path: Path) -> list[Row]:
    """Read what save() has written."""
    return [_row(each) for each in json.loads(path.read_text())]


def _plain(value: object) -> object:
    assert isinstance(value, Against)
    return value.value


def _row(written: dict[str, object]) -> Row:
    match written:
        case {
            "axis": str(axis),
            "unit": str(unit),
            "ours": ours,
            "floor": floor,
            "peers": dict(peers),
            "goal": goal,
            "counted": bool(counted),
        }:
            named = {name: _sample(peer) for name, peer in peers.items()}
            return Row(axis, unit, _sample(ours), _sample(floor) if floor else None, named, _goal(goal), counted)
    raise ValueError(f"not a row: {written}")


def _sample(written: object) -> Sample:
    match written:
        case {"values": list(values)}:
            return Sample.of(map(float, values))
    raise ValueError(f"not a sample: {written}")


def _goal(written: object) -> Goal | None:
    match written:
        case {"limit": int(limit) | float(limit), "against": str(against)}:
            return Goal(limit, Against(against))
    return None
