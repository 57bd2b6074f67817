"""What a fault campaign is: something done to mailrules many times over, and a count of what that broke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")

MODULES = {
    "hostile": "tests.faults.hostile",
    "kill": "tests.faults.kill",
    "wire": "tests.faults.wire",
    "disk": "tests.faults.disk_prefixes",
    "soak": "tests.faults.soak",
    "fuzz": "tests.fuzz.campaign",
    "undo": "tests.faults.undo",
}
"""What ``python -m tests.faults NAME`` runs: the `CAMPAIGNS`, a tuple of `Campaign`, of this module."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a campaign counted. All but `tried` must be 0.

    `tried` faults; `lost` messages that are nowhere or not where the rules say; `doubled` ones that are there more
    than once; `expunged` ones that nobody asked to remove; `wrong` is whatever else was not as it must be (a flag, a
    daemon that hung, memory over its bound). `notes` say how to find each of them again, and figures worth showing.
    """

    tried: int = 0
    lost: int = 0
    doubled: int = 0
    expunged: int = 0
    wrong: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(
            self.tried + other.tried,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.expunged + other.expunged,
            self.wrong + other.wrong,
            self.notes + other.notes,
        )

    @property
    def clean(self) -> bool:
        """Whether nothing was broken."""
        return not (self.lost or self.doubled or self.expunged or self.wrong)


def _nobody(done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Options:
    """How much of a campaign to run, and how.

    `part` is (n, m): the n-th of m equal shares, from 1; `most` bounds what is tried, spread evenly over all there
    is; `jobs` is how many may run at once; `progress` is told (done, total) as often as the campaign likes.
    """

    part: tuple[int, int] = (1, 1)
    most: int | None = None
    seed: int = 0
    jobs: int = 2
    progress: Callable[[int, int], None] = _nobody

    def share(self, everything: Sequence[T]) -> list[T]:
        """Return what of all there is to try is to be tried."""
        number, shares = self.part
        mine = everything[number - 1 :: shares]
        if self.most is None or self.most >= len(mine):
            return list(mine)
        return [mine[index * len(mine) // self.most] for index in range(self.most)]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One row of the final table: its name, what is counted as tried ("kills"), and what runs it."""

    name: str
    tries: str
    run: Callable[[Options], Awaitable[Tally]]


def campaigns(name: str) -> tuple[Campaign, ...]:
    """Return the campaigns of one of `MODULES`."""
    found: tuple[Campaign, ...] = import_module(MODULES[name]).CAMPAIGNS
    return found
