"""Intervals around a value are found among many."""

from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.intervals import Intervals

limits = st.none() | st.integers(0, 12)


@given(st.lists(st.tuples(limits, limits)), st.integers(-1, 13))
def test_a_value_is_in_those_whose_limits_are_on_both_sides_of_it(
    limits: list[tuple[int | None, int | None]], value: int
) -> None:
    found = Intervals([(over, under, place) for place, (over, under) in enumerate(limits)]).around(value)

    assert sorted(found) == [
        place
        for place, (over, under) in enumerate(limits)
        if (over is None or over < value) and (under is None or value < under)
    ]


@given(st.lists(st.tuples(limits, limits)))
def test_a_value_that_is_not_known_may_be_in_any(limits: list[tuple[int | None, int | None]]) -> None:
    found = Intervals([(over, under, place) for place, (over, under) in enumerate(limits)]).around(None)

    assert sorted(found) == list(range(len(limits)))
