"""The table says which goals are reached, and keeps every value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.table import Against, Goal, Row, Sample, figure, into, load, markdown, save

FLOOR = Sample.of([1.0, 1.1, 0.9])
PEERS = {"slow": Sample.of([9.0]), "fast": Sample.of([2.0])}


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (Goal(1.5), True),
        (Goal(1.0), False),
        (Goal(1.3, Against.FLOOR), True),
        (Goal(1.1, Against.FLOOR), False),
        (Goal(0.6, Against.PEER), True),
        (Goal(0.5, Against.PEER), False),
        (None, None),
    ],
)
def test_a_goal_is_held_against_the_median(goal: Goal | None, reached: bool | None) -> None:
    row = Row("axis", "s", Sample.of([1.2, 1.1, 9.0]), FLOOR, PEERS, goal)
    assert reached is row.reached


def test_a_goal_by_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    assert Row("axis", "s", FLOOR, goal=Goal(1, Against.PEER)).reached is None


def test_what_is_saved_is_read_again_as_it_was(tmp_path: Path) -> None:
    rows = [Row("a", "s", FLOOR, FLOOR, PEERS, Goal(1.3, Against.FLOOR)), Row("b", "", FLOOR, counted=True)]
    save(rows, tmp_path / "rows.json")
    assert rows == load(tmp_path / "rows.json")


def test_the_table_of_a_page_has_counts_behind_times() -> None:
    rows = [Row("trips", "", Sample.of([2]), Sample.of([2]), {}, Goal(2), counted=True), Row("time", "s", FLOOR)]
    assert [
        "| time, s | – | – | 1 (0.90–1.10) | – | – |  |",
        "| trips | 2 | – | 2 | 1 | ≤ 2 | yes |",
    ] == markdown(rows).splitlines()[2:]


def test_a_page_gets_the_table_between_its_marks_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured: goals -->\nold\n<!-- measured -->\nafter\n")
    rows = [Row("with", "s", FLOOR, goal=Goal(2)), Row("without", "s", FLOOR)]
    into(page, rows)
    into(page, rows)
    lines = page.read_text().splitlines()
    assert ["before", "<!-- measured: goals -->"] == lines[:2]
    assert ["with, s"] == [line.split(" | ")[0].removeprefix("| ") for line in lines[4:-2]]
    assert ["<!-- measured -->", "after"] == lines[-2:]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.0123, "0.012"), (0.5, "0.50"), (12.34, "12.3"), (1234.5, "1,234"), (3, "3")]
)
def test_three_digits_are_enough(value: float, text: str) -> None:
    assert text == figure(value)
