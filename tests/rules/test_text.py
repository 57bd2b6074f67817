"""Text is compared without case and composition, and shown without what could deceive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.text import Text, excerpt, flow, fold, printable


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
        ("10\u00a0000\u202f€", "10 000 €"),
        ("10\u2007000", "10 000"),
        ("In\xadvoi\u200bce", "invoice"),
        ("\ufeffin\u2060voice", "invoice"),
        ("cafe\u200b\u0301", "café"),
    ],
)
def test_what_differs_in_case_or_composition_folds_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_joiners_are_letters_of_their_scripts() -> None:
    assert fold("می\u200cخواهم") != fold("میخواهم")
    assert fold("👩\u200d💻") != fold("👩💻")


def test_folded_text_can_flow() -> None:
    assert Text.flowing("Ten \r\n\t Days\n") == Text("Ten \r\n\t Days\n", "ten days ")


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert Text.of(text).folded == fold(text)
    assert flow(fold(flow(fold(text)))) == flow(fold(text)) == Text.flowing(text).folded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("für", "für"),
        ("a\tb\b\f\r\n\x1b[31m", r"a\tb\b\f\r\n\u001b[31m"),
        ("\x7f\x9b2J", r"\u007f\u009b2J"),
        ("\u200b\xad\U000e0041", r"\u200b\u00ad\U000e0041"),
        ("\udce9", r"\udce9"),
        ("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
        ("\u202eexe.fdp", "\\u202eexe.fdp"),
        ("a\u2028b", "a\\u2028b"),
    ],
)
def test_text_is_shown_harmless(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert excerpt(text) == shown


def test_an_excerpt_is_short() -> None:
    assert excerpt("x" * 101) == "x" * 99 + "…"
    assert excerpt("\x1b" * 5, limit=3) == r"\u001b\u001b…"
