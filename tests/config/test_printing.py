"""Printed rule files: what is read from them is what was printed, and they look as a person writes them."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.config.printing import print_file, print_rule, rule_table
from mailrules.rules import Rule, Ruleset
from mailrules.rules.conditions import CONDITIONS
from mailrules.rules.match import Groups
from tests.docs.pages import examples
from tests.rules.test_properties import rulesets

ROOT = Path(__file__).parents[2]
GOOD = [ROOT / "rules.example.toml", *sorted((ROOT / "tests" / "configs" / "good").rglob("*.toml"))]
TABLES = [(file.name, table) for file in GOOD for table in tomllib.loads(file.read_text("utf-8-sig")).get("rules", [])]
SHOWN = [(each.place, table) for each in examples() for table in tomllib.loads(each.text)["rules"]]
RULES = [(place, Rule.model_validate(table)) for place, table in TABLES + SHOWN]
MATCHES = [table["match"] for _, table in TABLES + SHOWN if isinstance(table["match"], dict)]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.one_of(st.sampled_from(["subject", "X-Spam-Flag", "a b", "ключ", ""]), texts)
zones = st.integers(-1400, 1400).map(lambda minutes: timezone(timedelta(minutes=minutes)))
scalars = st.one_of(
    texts,
    st.sampled_from([r"\Seen", 'say "yes"', 'it\'s \\ "x"', "line\nline", "\r\n", "'''", '"""', "\x7f", "\u202e"]),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | zones),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=12,
)
tables = st.dictionaries(keys, values, max_size=4)
files = st.fixed_dictionaries(
    {},
    optional={
        "include": st.lists(texts, max_size=3),
        "daemon": tables,
        "accounts": st.dictionaries(keys, tables, max_size=2),
        "tables": st.dictionaries(keys, tables, max_size=2),
        "conditions": st.dictionaries(keys, tables, max_size=2),
        "rules": st.lists(tables, max_size=3),
        "tests": st.lists(tables, max_size=2),
    },
)


@given(files)
def test_a_printed_file_says_the_same(values: dict[str, object]) -> None:
    assert values == tomllib.loads(print_file(values))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_good_file_can_be_printed(file: Path) -> None:
    values = tomllib.loads(file.read_text("utf-8-sig"))

    assert values == tomllib.loads(print_file(values))


def read_again(text: str) -> Rule:
    (table,) = tomllib.loads(text)["rules"]
    return Rule.model_validate(table)


@given(rulesets)
def test_a_printed_rule_is_the_same_rule(ruleset: Ruleset) -> None:
    for rule in ruleset.rules:
        assert rule == read_again(print_rule(rule))


@pytest.mark.parametrize(("place", "rule"), RULES, ids=[f"{place}: {rule.name}" for place, rule in RULES])
def test_the_rules_of_every_good_file_and_of_the_reference_are_the_same_once_printed(place: str, rule: Rule) -> None:
    assert rule == read_again(print_rule(rule)), place


def test_these_rules_ask_for_everything_that_can_be_asked() -> None:
    asked = {each.key for _, rule in RULES if isinstance(rule.match, Groups) for each in rule.match.walk()}

    assert CONDITIONS.keys() == {key.partition(".")[0] for key in asked}


matches = st.recursive(
    st.sampled_from(MATCHES),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.tuples(inner, inner).map(lambda both: {"all": [*both]}),
        st.tuples(inner, inner).map(lambda both: both[0] | both[1]),
    ),
    max_leaves=4,
)


@given(matches)
def test_whatever_is_asked_is_the_same_once_printed(match: dict[str, object]) -> None:
    rule = Rule.model_validate({"name": "a", "match": match, "then": {"stop": True}})

    assert rule == read_again(print_rule(rule))


@pytest.mark.parametrize(
    "duplicate",
    [True, False, {"within": "7 days"}, {"by": "message_id", "is": True}, {"since_last": False}, {"handle": "a"}],
)
def test_what_says_nothing_but_defaults_is_printed_all_the_same(duplicate: object) -> None:
    for match in ({"duplicate": duplicate}, {"not": {"duplicate": duplicate}}, {"any": [{"duplicate": duplicate}]}):
        rule = Rule.model_validate({"name": "a", "match": match, "then": {"stop": True}})
        assert rule == read_again(print_rule(rule))


def test_a_rule_is_printed_as_a_person_writes_it() -> None:
    written = r"""
[[rules]]
name = "invoices"
match.subject = ["invoice", "rechnung"]
match.from = "@example.org"
match.size.over = 1048576
match.header."X-Spam-Flag" = "yes"
match.any = [
  { list_id = "tea" },
  { to = "ann@example.org", cc.exists = false },
]
match.not.flags = '\Seen'
then.add_flags = ['\Flagged', "$Invoice"]
then.move = "It's in \"Büro\""
""".strip()
    rule = read_again(written)

    assert set(written.splitlines()) == set(print_rule(rule).splitlines())


def test_what_stands_for_itself_is_left_out() -> None:
    rule = Rule.model_validate(
        {"name": "a", "match": {"from": {"matches": ["@b.example"]}}, "then": {"copy": ["A"], "create": True}}
    )

    assert {"name": "a", "match": {"from": "@b.example"}, "then": {"copy": "A"}} == rule_table(rule)


def test_dates_and_times_are_written_as_toml_has_them() -> None:
    values = {"daemon": {"a": date(2024, 1, 31), "b": time(18, 30), "c": datetime(2024, 1, 31, 18, tzinfo=UTC)}}

    assert "[daemon]\na = 2024-01-31\nb = 18:30:00\nc = 2024-01-31T18:00:00+00:00\n" == print_file(values)


def test_what_toml_can_not_hold_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="TOML has no NoneType"):
        print_file({"daemon": {"a": None}})
