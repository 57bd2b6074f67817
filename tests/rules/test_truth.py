"""Kleene's three values: unknown stays unknown unless the others settle it."""

import pytest

from mailrules.rules.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, none_of, truth_of


@pytest.mark.parametrize(
    ("values", "every", "some", "none"),
    [
        ([], TRUE, FALSE, TRUE),
        ([TRUE], TRUE, TRUE, FALSE),
        ([FALSE], FALSE, FALSE, TRUE),
        ([UNKNOWN], UNKNOWN, UNKNOWN, UNKNOWN),
        ([TRUE, TRUE], TRUE, TRUE, FALSE),
        ([TRUE, FALSE], FALSE, TRUE, FALSE),
        ([FALSE, TRUE], FALSE, TRUE, FALSE),
        ([FALSE, FALSE], FALSE, FALSE, TRUE),
        ([TRUE, UNKNOWN], UNKNOWN, TRUE, FALSE),
        ([UNKNOWN, TRUE], UNKNOWN, TRUE, FALSE),
        ([FALSE, UNKNOWN], FALSE, UNKNOWN, UNKNOWN),
        ([UNKNOWN, FALSE], FALSE, UNKNOWN, UNKNOWN),
        ([UNKNOWN, UNKNOWN], UNKNOWN, UNKNOWN, UNKNOWN),
        ([UNKNOWN, FALSE, TRUE], FALSE, TRUE, FALSE),
    ],
)
def test_groups_fold_their_values(values: list[Truth], every: Truth, some: Truth, none: Truth) -> None:
    assert (all_of(values), any_of(values), none_of(values)) == (every, some, none)


def test_pythons_values_are_translated() -> None:
    assert [truth_of(value) for value in (True, False, None)] == [TRUE, FALSE, UNKNOWN]
