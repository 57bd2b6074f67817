"""Values for every message are made and copied quickly, and are what frozen dataclasses are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailrules.values import copier, value


@value(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    name: str = ""


def test_a_value_is_equal_to_its_like_and_can_be_a_key() -> None:
    assert {Point(1): "here"}[Point(1, 0)] == "here"
    assert not hasattr(Point(1), "__dict__")


def test_a_copy_has_what_was_changed_and_the_rest_as_it_was() -> None:
    point = Point(1, 2, "a")
    assert copier(Point, "y")(point, 5) == replace(point, y=5)
    assert copier(Point, "name", "x")(point, "b", 7) == Point(7, 2, "b")
    assert point == Point(1, 2, "a")


def test_what_is_no_attribute_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="Point has no z"):
        copier(Point, "x", "z")
