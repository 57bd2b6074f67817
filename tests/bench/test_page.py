"""The pages of the manual get their figures by command, and keep all the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.kept import Measured
from tests.bench.page import brief, fill, texts_of, whole
from tests.bench.table import Against, Goal, Row, Sample

FLOOR = Sample.of([1.0, 1.1, 0.9])
PEERS = {"slow": Sample.of([9.0]), "fast": Sample.of([2.0])}


def test_rows_of_one_subject_stand_together_counts_behind_times() -> None:
    rows = [
        Row("a backlog: round trips", "", Sample.of([3]), Sample.of([2]), {}, Goal(2), counted=True),
        Row("a backlog: time", "s", Sample.of([1.0, 1.2, 1.1]), FLOOR, PEERS, Goal(1.3, Against.FLOOR)),
        Row("start (floor: Python)", "s", FLOOR),
    ]
    assert [
        "| **a backlog** | | | | | | | |",
        "| time, in s | 1 (0.90–1.10) | slow 9<br>fast 2 | 1.10 (1–1.20) | 3 (peers 1) | 1.10 × floor | ≤ 1.3 × floor "
        "| reached |",
        "| round trips | 2 |  | 3 | 1 | 1.50 × floor | ≤ 2 | **missed** |",
        "| start (floor: Python), in s |  |  | 1 (0.90–1.10) | 3 |  |  |  |",
    ] == whole(rows).splitlines()[2:]


def test_in_brief_the_goals_are_told_with_the_best_of_the_peers() -> None:
    rows = [Row("with", "s", FLOOR, None, PEERS, Goal(1, Against.PEER)), Row("without", "s", FLOOR)]
    assert ["| with, in s |  | fast 2 | 1 | 0.50 × peer | ≤ 1 × peer | reached |"] == brief(rows).splitlines()[2:]


def test_a_page_gets_what_it_has_places_for_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- measured: goals -->\nold\n<!-- measured -->\nbetween\n"
        "<!-- measured: profile -->\nold\n<!-- measured -->\nafter\n"
    )
    measured = Measured([Row("with", "s", FLOOR, goal=Goal(2)), Row("without", "s", FLOOR)], cores=2)
    for _ in range(2):
        fill(page, texts_of(measured))
    first, second = page.read_text().split("between")
    assert "old" not in first
    assert "| with, in s |" in first
    assert "| without, in s |" not in first
    assert "Measured on 2 cores" in first
    assert "\n<!-- measured: profile -->\nold\n<!-- measured -->\nafter\n" == second


def test_a_page_without_a_place_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- measured: goals -->\n<!-- measured -->\n")
    with pytest.raises(ValueError, match="no place for profile"):
        fill(page, {"profile": "text"})
