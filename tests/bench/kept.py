"""What was measured, kept in a file: all values of all runs, and on how many cores."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.bench.table import Against, Goal, Row, Sample


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows, with the machine that they are from."""

    rows: Sequence[Row]
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)


def save(measured: Measured, path: Path) -> None:
    """Write it down."""
    written = {"cores": measured.cores, "rows": [asdict(row) for row in measured.rows]}
    path.write_text(json.dumps(written, indent=1, default=_plain, ensure_ascii=False) + "\n")


def load(paths: Iterable[Path]) -> Measured:
    """Put together what save() has written; of an axis that stands in two files the later one counts.

    Raises ValueError for files of different machines: their figures do not belong into one table.
    """
    rows: dict[str, Row] = {}
    cores: set[int] = set()
    for path in paths:
        match json.loads(path.read_text()):
            case {"cores": int(number), "rows": list(written)}:
                cores.add(number)
                rows |= {row.axis: row for row in map(_row, written)}
            case _:
                raise ValueError(f"{path} was not written by --json")
    if len(cores) != 1:
        raise ValueError(f"these were measured on machines of {sorted(cores)} cores")
    return Measured(list(rows.values()), *cores)


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
