"""Text is compared without case and composition, and shown without what could deceive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.text import Text, fold, printable


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INVOICE", "invoice"),
        ("Straße", "STRASSE"),
        ("café", "CAFE\u0301"),
        ("Ωμέγα", "ΩΜΈΓΑ"),
        ("Σ", "ς"),
        ("\u1e69", "s\u0323\u0307"),
        ("рахунок", "РАХУНОК"),
    ],
)
def test_what_differs_in_case_or_composition_folds_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert Text.of(text).folded == fold(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("für", "für"),
        ("a\tb\x1b[31m", "a\\tb\\x1b[31m"),
        ("\u202eexe.fdp", "\\u202eexe.fdp"),
        ("a\u2028b", "a\\u2028b"),
        ("x" * 101, "x" * 99 + "…"),
    ],
)
def test_a_value_is_shown_short_and_harmless(text: str, shown: str) -> None:
    assert printable(text) == shown
