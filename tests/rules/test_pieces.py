"""The pieces of a pattern are in everything that it matches."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.rules import matching
from mailrules.rules.pieces import Pieces, glob_pieces, plain_pieces, regex_pieces


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [
        ("abc", (("abc",),)),
        ("ABC", (("abc",),)),
        ("(?i)ABC", (("abc",),)),
        ("Ärger", (("ärger",),)),
        ("(?i)Ärger", (("rger",),)),
        ("^abc$", (("abc",),)),
        (r"\bone[ -]two\b", (("one", "two"),)),
        ("ab?cde", (("a", "cde"),)),
        ("ab+cde", (("ab", "cde"),)),
        ("ab{2}cde", (("ab", "cde"),)),
        ("ab{0,2}cde", (("a", "cde"),)),
        ("ab{cde", (("ab{cde",),)),
        (r"a\.b\[c", (("a.b[c",),)),
        (r"\[x\] #?\d{3,}", (("[x] ",),)),
        ("one|two", (("one",), ("two",))),
        ("(?:one|two) of", ((" of",),)),
        ("(?:one|two)+x", (("one",), ("two",))),
        ("(?:one|two)?three", (("three",),)),
        ("(?P<name>one)(two)", (("one", "two"),)),
        ("((one))", (("one",),)),
        ("[[:alpha:]x]]y", (("]y",),)),
        ("[]x]yz", (("yz",),)),
        (r"\x{41}\pL\p{Greek}\x41\07yz", (("yz",),)),
        ("a|", None),
        ("[abc]", None),
        (".*", None),
        ("", None),
        ("one|[two]", None),
        ("a(?i)*", None),
        (r"\Qa|b\E", None),
        ("(" * 100 + "a" + ")" * 100, None),
    ],
)
def test_the_pieces_of_an_expression_are_what_can_not_be_left_out(pattern: str, pieces: Pieces | None) -> None:
    assert regex_pieces(pattern) == pieces


plain = ("a", "b", "S", "k", "é", "É", "ß", "\u017f", " ", "-", ".", "^", "$", "[ab]", "[^a]", "[]a]", "[[:alpha:]-]")
escapes = (r"\.", r"\[", r"\d", r"\b", r"\pL", r"\x61")
brackets = ("|", "(", ")", "(?:", "(?i)", "(?i:", "(?s)", "(?P<n>", "{", "}", "]")
repeats = ("*", "+", "?", "??", "{2}", "{0,1}", "{1,}")
fragments = st.sampled_from([*plain, *plain, *escapes, *brackets, *repeats])
texts = st.text(st.sampled_from("abAsSkKéÉßſ\u212a\u0301 -.[]{}1"), max_size=6)


@settings(max_examples=2_000)
@given(st.lists(fragments, min_size=1, max_size=7).map("".join), texts)
def test_what_an_expression_matches_has_all_pieces_of_some_alternative(pattern: str, text: str) -> None:
    if matching.regex_problem(pattern) is not None or not matching.regex([pattern])(text):
        return
    pieces = regex_pieces(pattern)

    assert pieces is None or any(all(piece in text.casefold() for piece in every) for every in pieces)


wild = st.sampled_from("ab*?")


@given(st.text(wild, min_size=1, max_size=5), st.text(wild, max_size=5))
def test_what_a_glob_covers_has_all_its_pieces(pattern: str, text: str) -> None:
    pieces = glob_pieces(pattern)

    if matching.glob([pattern])(text) and pieces is not None:
        assert all(piece in text for piece in pieces[0])


def test_a_text_that_stands_for_itself_is_one_piece_unless_it_is_empty() -> None:
    assert plain_pieces("ab") == (("ab",),)
    assert plain_pieces("") is None
