"""What was measured, and the one table of it: axis, floor, peers, mailrules, and whether the goal is reached."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

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
    def against(self) -> Against:
        """What the ratio is to: the goal's, otherwise the floor, and without one the best peer."""
        by_peer = self.floor is None or (self.goal is not None and self.goal.against is Against.PEER)
        return Against.PEER if by_peer else Against.FLOOR

    @property
    def ratio(self) -> float | None:
        """How many times that it is; None where that was not measured."""
        other = self.best if self.against is Against.PEER else self.floor
        return self.ours.median / other.median if other is not None and other.median else None

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one, or where what it is a multiple of was not measured."""
        if self.goal is None:
            return None
        if self.goal.against is Against.NOTHING:
            return self.ours.median <= self.goal.limit
        return None if self.ratio is None else self.ratio <= self.goal.limit


HEADINGS = ("axis", "floor", "peers", "mailrules", "values", "ratio", "goal", "")


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
        numbers(row),
        ratio(row) or "–",
        str(row.goal) if row.goal else "–",
        reached,
    )


def numbers(row: Row) -> str:
    """Say how many values the figures are medians of: ours, and others' where they are fewer."""
    ours = len(row.ours.values)
    others = {name: len(sample.values) for name, sample in row.peers.items()}
    fewer = sorted({number for number in others.values() if number != ours})
    return f"{ours} (peers {'–'.join(map(str, fewer))})" if fewer else str(ours)


def ratio(row: Row) -> str:
    """Write how many times what it is; nothing where that was not measured."""
    return "" if row.ratio is None else f"{figure(row.ratio)} × {row.against.value}"


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table: what takes time or room first, then what can be counted."""
    table = Table(*HEADINGS)
    for place in (1, 3, 4, 5, 6):
        table.columns[place].justify = "right"
    for counted in (False, True):
        for row in rows:
            if row.counted is counted:
                table.add_row(*cells(row), style="bold red" if row.reached is False else None)
        table.add_section()
    console.print(table)
