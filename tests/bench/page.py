"""The figures in the pages of the manual: each page has places for them, which are filled by command and never by hand.

A place is what stands between ``<!-- measured: NAME -->`` and ``<!-- measured -->``; NAME is `all`, `goals` or
`profile`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.kept import Measured
from tests.bench.table import Row, figure, numbers, ratio

_PLACE = re.compile(r"(?P<begin><!-- measured: (?P<name>\w+) -->)\n.*?(?P<end><!-- measured -->)", re.DOTALL)
_SUBJECT = re.compile(r"([^(:]+): (.+)")
_REACHED = {None: "", True: "reached", False: "**missed**"}


def fill(page: Path, texts: Mapping[str, str]) -> None:
    """Put texts into the places of a page. Raises ValueError if it has a place for none of them."""

    def filled(found: re.Match[str]) -> str:
        text = texts.get(found["name"])
        return found[0] if text is None else f"{found['begin']}\n{text}\n{found['end']}"

    old = page.read_text(encoding="utf-8")
    if not any(found["name"] in texts for found in _PLACE.finditer(old)):
        raise ValueError(f"{page} has no place for {' or '.join(texts)}: <!-- measured: … --> <!-- measured -->")
    page.write_text(_PLACE.sub(filled, old), encoding="utf-8")


def texts_of(measured: Measured) -> Mapping[str, str]:
    """Write both tables, each with a word about the machine."""
    machine = f"Measured on {measured.cores} cores, server and clients beside each other."
    return {"all": f"{whole(measured.rows)}\n\n{machine}", "goals": f"{brief(measured.rows)}\n\n{machine}"}


def whole(rows: Sequence[Row]) -> str:
    """Write all rows with all peers; what belongs to one subject stands below it, counts behind times."""
    lines = ["| | floor | peers | mailrules | values | ratio | goal | |", "|---|---:|---|---:|---:|---:|---:|---|"]
    for subject, group in itertools.groupby(rows, _subject):
        some = list(group)
        if len(some) > 1:
            lines.append(f"| **{subject}** | | | | | | | |")
        lines += [_line(_whole(row, row.axis if len(some) == 1 else _measure(row))) for row in sorted(some, key=_order)]
    return "\n".join(lines)


def brief(rows: Iterable[Row]) -> str:
    """Write the rows that have a goal, each with the best of the peers."""
    lines = ["| | floor | best peer | mailrules | ratio | goal | |", "|---|---:|---|---:|---:|---:|---|"]
    lines += [_line(_brief(row)) for row in rows if row.goal]
    return "\n".join(lines)


def _whole(row: Row, name: str) -> Iterator[str]:
    yield f"{name}, in {row.unit}" if row.unit else name
    yield str(row.floor or "")
    yield "<br>".join(f"{peer} {sample}" for peer, sample in row.peers.items())
    yield str(row.ours)
    yield numbers(row)
    yield ratio(row)
    yield str(row.goal or "")
    yield _REACHED[row.reached]


def _brief(row: Row) -> Iterator[str]:
    yield f"{row.axis}, in {row.unit}" if row.unit else row.axis
    yield figure(row.floor.median) if row.floor else ""
    yield next((f"{name} {figure(peer.median)}" for name, peer in row.peers.items() if peer is row.best), "")
    yield figure(row.ours.median)
    yield ratio(row)
    yield str(row.goal)
    yield _REACHED[row.reached]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _subject(row: Row) -> str:
    found = _SUBJECT.fullmatch(row.axis)
    return found[1] if found else row.axis


def _measure(row: Row) -> str:
    found = _SUBJECT.fullmatch(row.axis)
    return found[2] if found else row.axis


def _order(row: Row) -> bool:
    return row.counted
