"""What was measured is kept, and put together from several runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.kept import Measured, load, save
from tests.bench.table import Against, Goal, Row, Sample

ONE = Sample.of([1.0, 1.1, 0.9])


def test_what_is_saved_is_read_again_as_it_was(tmp_path: Path) -> None:
    rows = [Row("a", "s", ONE, ONE, {"peer": ONE}, Goal(1.3, Against.FLOOR)), Row("b", "", ONE, counted=True)]
    save(Measured(rows, cores=2), tmp_path / "kept")
    assert Measured(rows, cores=2) == load([tmp_path / "kept"])


def test_of_an_axis_in_two_files_the_later_counts_in_its_old_place(tmp_path: Path) -> None:
    old, new = Row("again", "s", ONE), Row("again", "s", Sample.of([5.0]))
    save(Measured([old, Row("first", "s", ONE)], cores=2), tmp_path / "1")
    save(Measured([new, Row("second", "s", ONE)], cores=2), tmp_path / "2")
    both = load([tmp_path / "1", tmp_path / "2"])
    assert [new, Row("first", "s", ONE), Row("second", "s", ONE)] == both.rows


def test_figures_of_two_machines_are_not_put_together(tmp_path: Path) -> None:
    for cores in (2, 64):
        save(Measured([Row("a", "s", ONE)], cores=cores), tmp_path / str(cores))
    with pytest.raises(ValueError, match=r"\[2, 64\] cores"):
        load([tmp_path / "2", tmp_path / "64"])
