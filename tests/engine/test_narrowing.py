"""A rule becomes a search that finds all it can match: whatever is left out or said by the day, nothing is missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.engine.narrowing import narrowed
from mailrules.imap import Attributes, meets, searchcheck
from mailrules.imap.grammar import Argument, Literal
from mailrules.rules import Facts, Message, Rule, Ruleset, Verdict
from mailrules.rules.definitions import NOTHING, Definitions
from mailrules.rules.match import Match

NOW = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
FACTS = Facts(now=NOW, timezone=UTC, account="work", mailbox="INBOX")
Table = dict[str, object]
DEFINITIONS = Definitions(
    conditions={
        "read": Match.model_validate({"flags": r"\Seen"}),
        "big": Match.model_validate({"size": {"over": 9}, "subject": "x"}),
        "odd": Match.model_validate({"subject": "x"}),
    }
)


def rule(match: Table | str) -> Rule:
    return Rule.model_validate({"name": "r", "match": match, "then": {"expunge": True}})


def search(match: Table | str) -> str | None:
    program = narrowed(rule(match), DEFINITIONS, NOW)
    return None if program is None else written(program.words)


def written(words: Iterable[Argument]) -> str:
    return " ".join(map(spelt, words))


def spelt(word: Argument) -> str:
    if isinstance(word, tuple):
        return f"({written(word)})"
    return (word.data if isinstance(word, Literal) else word).decode()


CASES: list[tuple[Table | str, str | None]] = [
    ("everything", None),
    ({"subject": "x"}, None),
    ({"age": {"over": "90 days"}}, "BEFORE 2-Jan-2026"),
    ({"age": {"under": "2 days"}}, "SINCE 28-Mar-2026"),
    ({"age": {"over": "1 day", "under": "2 days"}}, "BEFORE 1-Apr-2026 SINCE 28-Mar-2026"),
    ({"age": {"over": "999999 weeks"}}, None),
    ({"size": {"over": 10, "under": 20}}, "LARGER 10 SMALLER 20"),
    ({"size": {"over": 2**64}}, None),
    ({"flags": r"\Seen"}, "SEEN"),
    ({"flags": ["\\flagged", "$Work"]}, "OR FLAGGED KEYWORD $Work"),
    ({"flags": r"\Recent"}, None),
    ({"search": "SEEN UNFLAGGED"}, "SEEN UNFLAGGED"),
    ({"search": ["SEEN", "FROM ann"]}, "OR SEEN FROM ann"),
    ({"gmail": {"raw": "has:attachment"}}, "X-GM-RAW has:attachment"),
    ({"gmail": {"raw": "has:attachment", "labels": "x"}}, None),
    ({"condition": ["read", "big"]}, "OR SEEN LARGER 9"),
    ({"condition": ["read", "odd"]}, None),
    ({"not": {"condition": "read"}}, "NOT SEEN"),
    ({"not": {"condition": "big"}}, None),
    ({"subject": "x", "flags": r"\Seen"}, "SEEN"),
    ({"not": {"flags": r"\Seen"}}, "NOT SEEN"),
    ({"not": {"flags": r"\Seen", "any": [{"size": {"over": 9}}]}}, "NOT OR SEEN LARGER 9"),
    ({"not": {"flags": r"\Seen", "subject": "x"}}, "NOT SEEN"),
    ({"not": {"subject": "x"}}, None),
    ({"not": {"age": {"over": "90 days"}}}, "NOT BEFORE 30-Dec-2025"),
    ({"not": {"age": {"under": "90 days"}}}, "NOT SINCE 2-Jan-2026"),
    ({"not": {"not": {"flags": r"\Seen"}}}, "NOT NOT SEEN"),
    ({"any": [{"flags": r"\Seen"}, {"size": {"over": 9}}]}, "OR SEEN LARGER 9"),
    ({"any": [{"flags": r"\Seen"}, {"subject": "x"}]}, None),
    ({"any": [{"flags": r"\Seen", "subject": "x"}, {"flags": r"\Draft"}]}, "OR SEEN DRAFT"),
    ({"all": [{"flags": r"\Seen"}, {"subject": "x"}]}, "SEEN"),
    ({"not": {"any": [{"flags": r"\Seen"}, {"subject": "x"}]}}, "NOT SEEN"),
    ({"not": {"all": [{"flags": r"\Seen"}, {"subject": "x"}]}}, None),
    ({"not": {"all": [{"flags": r"\Seen"}, {"size": {"over": 9}}]}}, "NOT (SEEN LARGER 9)"),
]


@pytest.mark.parametrize(("match", "expected"), CASES, ids=[str(match) for match, _ in CASES])
def test_a_rule_becomes_a_search(match: Table | str, expected: str | None) -> None:
    assert search(match) == expected


FLAGS = st.sampled_from([r"\Seen", r"\Flagged", "$Work", r"\Recent"])
AGES = st.integers(1, 5).map(lambda days: f"{days} days")
LEAVES = st.one_of(
    FLAGS.map(lambda flag: {"flags": flag}),
    st.lists(FLAGS, min_size=1, max_size=3, unique=True).map(lambda flags: {"flags": flags}),
    AGES.map(lambda age: {"age": {"over": age}}),
    AGES.map(lambda age: {"age": {"under": age}}),
    st.integers(1, 9).map(lambda size: {"size": {"over": size}}),
    st.integers(1, 9).map(lambda size: {"size": {"under": size}}),
    st.just({"subject": "x"}),
)
MATCHES = st.recursive(
    st.lists(LEAVES, min_size=1, max_size=3).map(lambda leaves: {key: leaf[key] for leaf in leaves for key in leaf}),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda tables: {"any": tables}),
        st.lists(inner, min_size=1, max_size=3).map(lambda tables: {"all": tables}),
        inner.map(lambda table: {"not": table}),
    ),
    max_leaves=8,
)
MESSAGES = st.builds(
    Message,
    header=st.sampled_from([b"Subject: x\r\n\r\n", b"Subject: y\r\n\r\n"]),
    size=st.integers(0, 10),
    received=st.integers(0, 24 * 8).map(lambda hours: NOW - timedelta(hours=hours)),
    flags=st.frozensets(st.sampled_from([r"\SEEN", r"\Flagged", "$work", r"\Recent"])),
)
ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(MATCHES, MESSAGES, ZONES)
def test_no_server_in_any_zone_leaves_out_what_matches(match: Table, message: Message, zone: timezone) -> None:
    program = narrowed(rule(match), NOTHING, NOW)
    verdict = Ruleset((rule(match),)).evaluate(message, FACTS)
    assert isinstance(verdict, Verdict)
    assert message.received is not None
    if program is not None and verdict.matched:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(searchcheck, "_SLACK", timedelta())  # this server's zone is known
            of = Attributes(message.flags, message.received.astimezone(zone), message.size)
            assert meets(program, of) is True
