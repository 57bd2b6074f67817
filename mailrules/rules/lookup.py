"""A lookup table: keys with their values, found by hash, however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lookup:
    """One ``[tables.x]``; a plain list has empty values."""

    rows: Mapping[str, str]
    """By folded key."""
