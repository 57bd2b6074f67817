"""What every axis is told: how often, how much, where, and whom to tell how far it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Bench:
    """One run of the benchmark."""

    folder: Path
    runs: int
    quick: bool
    """Measure little: shows that everything works, and no more than the order of a figure."""
    say: Callable[[str], None]
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def either(self, full: T, quick: T) -> T:
        """Give one of two sizes."""
        return quick if self.quick else full

    def empty_folder(self) -> Path:
        """Make a folder that nothing else uses."""
        path = self.folder / str(next(self._numbers))
        path.mkdir()
        return path
