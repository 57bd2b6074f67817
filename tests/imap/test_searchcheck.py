"""What a search says of a message is decided from its attributes as far as they go, and left unknown beyond."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import Attributes, meets, parse_search

MOMENT = datetime(2024, 5, 10, 23, 30, tzinfo=timezone(timedelta(hours=2)))
MESSAGE = Attributes(frozenset({r"\SEEN", "$Work"}), MOMENT, 1_000)

CASES = {
    "ALL": True,
    "SEEN": True,
    "unseen": False,
    "UNFLAGGED UNANSWERED UNDRAFT UNDELETED": True,
    "FLAGGED": False,
    "KEYWORD $work": True,
    "UNKEYWORD $work": False,
    "UNKEYWORD $other": True,
    "LARGER 999": True,
    "LARGER 1000": False,
    "SMALLER 1001": True,
    "SMALLER 1000": False,
    "BEFORE 9-May-2024": False,
    "BEFORE 10-May-2024": None,
    "BEFORE 11-May-2024": None,
    "BEFORE 12-May-2024": True,
    "SINCE 9-May-2024": True,
    "SINCE 10-May-2024": None,
    "SINCE 11-May-2024": None,
    "SINCE 12-May-2024": False,
    "ON 10-May-2024": None,
    "ON 11-May-2024": None,
    "ON 8-May-2024": False,
    "ON 12-May-2024": False,
    "BODY SEEN": None,
    "FROM ann": None,
    'HEADER X-Spam "no"': None,
    "SENTBEFORE 1-Jan-2030": None,
    "RECENT": None,
    "NEW": None,
    'SUBJECT "тема" SEEN': None,
    "SEEN FLAGGED": False,
    "SEEN BODY x": None,
    "FLAGGED BODY x": False,
    "NOT SEEN": False,
    "NOT BODY x": None,
    "NOT NOT SEEN": True,
    "NOT (SEEN FLAGGED)": True,
    "OR SEEN BODY x": True,
    "OR BODY x FLAGGED": None,
    "OR FLAGGED NOT SEEN": False,
    "OR NOT SEEN OR FLAGGED SEEN UNFLAGGED": True,
    "OR (SEEN LARGER 5000) (UNSEEN BODY x) SEEN": False,
}


@pytest.mark.parametrize("text", CASES)
def test_a_program_is_held_against_a_message(text: str) -> None:
    assert CASES[text] is meets(parse_search(text), MESSAGE)


@pytest.mark.parametrize(
    "text", ["SEEN", "UNSEEN", "KEYWORD x", "UNKEYWORD x", "LARGER 1", "SMALLER 1", "ON 1-Jan-2024"]
)
def test_what_was_not_fetched_decides_nothing(text: str) -> None:
    assert meets(parse_search(text), Attributes()) is None


TEXTS = st.recursive(
    st.sampled_from(sorted(CASES)),
    lambda inner: st.one_of(
        inner.map("NOT ({})".format), st.tuples(inner, inner).map(lambda two: "OR ({}) ({})".format(*two))
    ),
    max_leaves=6,
)


@given(TEXTS)
def test_a_program_and_its_opposite_never_agree(text: str) -> None:
    program = parse_search(text)
    found = meets(program, MESSAGE)
    assert meets(~program, MESSAGE) is (None if found is None else not found)
