"""Printed tables: what is read from them is what was printed, and they look as a person writes them."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.config.printing import print_table
from tests.docs.pages import examples

ROOT = Path(__file__).parents[2]
GOOD = [ROOT / "rules.example.toml", *sorted((ROOT / "tests" / "configs" / "good").rglob("*.toml"))]
TABLES = [(file.name, table) for file in GOOD for table in tomllib.loads(file.read_text("utf-8-sig")).get("rules", [])]
SHOWN = [(each.place, table) for each in examples() for table in tomllib.loads(each.text)["rules"]]

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


def read_again(text: str) -> object:
    (table,) = tomllib.loads(text)["rules"]
    return table


@given(tables)
def test_a_printed_table_says_the_same(table: dict[str, object]) -> None:
    assert table == read_again(print_table("rules", table))


@pytest.mark.parametrize(("place", "table"), TABLES + SHOWN)
def test_every_rule_of_the_good_files_and_of_the_reference_can_be_printed(place: str, table: dict[str, object]) -> None:
    assert table == read_again(print_table("rules", table)), place


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
    (table,) = tomllib.loads(written)["rules"]

    assert written == print_table("rules", table)


def test_dates_and_times_are_written_as_toml_has_them() -> None:
    table = {"a": date(2024, 1, 31), "b": time(18, 30), "c": datetime(2024, 1, 31, 18, tzinfo=UTC)}

    assert "[[x]]\na = 2024-01-31\nb = 18:30:00\nc = 2024-01-31T18:00:00+00:00" == print_table("x", table)


def test_what_toml_can_not_hold_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="TOML has no NoneType"):
        print_table("x", {"a": None})
