"""What a rule file needs of IMAP's grammar is checked when it is loaded, wherever it stands."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from mailrules.config.searches import wrong_searches
from mailrules.imap import grammar
from mailrules.imap.extensions import specialuse
from mailrules.rules import plan
from mailrules.rules.flags import read_settable_flag

MATCH = """
search = 'SEEN'
any = [
  { search = ['ALL', 'NO SUCH KEY'] },
  { search.matches = 'FROM' },
  { not.search.matches = ['SUBJECT "grüße"', 'UID 1'] },
  { header.search = 'not a search' },
]
all = [{ any = [{ search = '$' }] }]
"""


def test_every_search_is_checked_and_nothing_else() -> None:
    found = dict(wrong_searches(tomllib.loads(MATCH), ("match",)))
    assert list(found) == [
        ("match", "any", 0, "search", 1),
        ("match", "any", 1, "search", "matches"),
        ("match", "any", 2, "not", "search", "matches", 1),
        ("match", "all", 0, "any", 0, "search"),
    ]
    assert found["match", "any", 0, "search", 1].startswith("not an IMAP search: character 1: ")


@pytest.mark.parametrize("match", ["everything", 5, None, [], {"any": 5, "not": [], "search": 5}, {"search": ["", {}]}])
def test_what_has_the_wrong_shape_is_left_to_the_rules(match: object) -> None:
    assert list(wrong_searches(match, ())) == []


@given(
    st.text(max_size=10) | st.sampled_from(["\\Seen", "\\sEEN", "$Junk", "a]b", "NonJunk", "ключ", "\\Recent", "\\*"])
)
def test_a_flag_that_a_rule_may_set_can_be_sent(flag: str) -> None:
    try:
        read = read_settable_flag(flag)
    except PydanticCustomError:
        return
    assert grammar.flag(read) == read.encode("ascii")


def test_rules_may_name_the_special_uses_that_imap_knows() -> None:
    assert sorted(plan.SPECIAL_USES) == sorted(specialuse.SPECIAL_USES)
