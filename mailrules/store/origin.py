"""Tells a state that is made from one that is found, and both from one that has been lost."""

from enum import Enum
from pathlib import Path

from mailrules.store.lease import lease_files


class Origin(Enum):
    """What there was before a state was opened."""

    FOUND = "found"
    NEW = "new"
    """Nothing: it has been made."""
    LOST = "lost"
    """No state, but files that an earlier one leaves beside itself: one has been made in its place."""


def origin_of(path: Path) -> Origin:
    """Look before the state is opened: SQLite fills an empty file, and removes the log beside it."""
    if _size(path):
        return Origin.FOUND
    left = _size(path.with_name(f"{path.name}-wal")) or any(lease_files(path))
    return Origin.LOST if left else Origin.NEW


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it is not there, or whoever opens it will say why it can't be
        return 0
