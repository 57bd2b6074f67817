"""The table says which goals are reached."""

from __future__ import annotations

import pytest

from tests.bench.table import Against, Goal, Row, Sample, figure, numbers, ratio

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


def test_the_ratio_says_of_what_it_is() -> None:
    ours = Sample.of([3.0])
    assert "3 × floor" == ratio(Row("axis", "s", ours, FLOOR, PEERS))
    assert "1.50 × peer" == ratio(Row("axis", "s", ours, None, PEERS))
    assert "1.50 × peer" == ratio(Row("axis", "s", ours, FLOOR, PEERS, Goal(1, Against.PEER)))
    assert not ratio(Row("axis", "s", ours))


def test_it_is_told_how_many_values_a_figure_is_from() -> None:
    assert "3" == numbers(Row("axis", "s", FLOOR))
    assert "3 (peers 1)" == numbers(Row("axis", "s", FLOOR, FLOOR, PEERS))


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.0123, "0.012"), (0.5, "0.50"), (12.34, "12.3"), (1234.5, "1,234"), (3, "3")]
)
def test_three_digits_are_enough(value: float, text: str) -> None:
    assert text == figure(value)
