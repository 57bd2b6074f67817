"""Whatever refers to tables and named conditions: nothing raises, and the index hides no rule that matches."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message, Needs, Rule, Ruleset, Verdict
from mailrules.rules.definitions import Definitions
from mailrules.rules.lookup import Lookup
from mailrules.rules.match import Match
from tests.rules.builders import FACTS

names = st.sampled_from(["plain", "parents"])
tables = st.one_of(names, st.lists(names, min_size=1, max_size=2))
numbers = st.integers(-3, 3)
counts = st.one_of(
    st.integers(1, 3),
    st.dictionaries(st.sampled_from(["over", "at_least"]), st.integers(0, 3), min_size=1, max_size=1),
    st.fixed_dictionaries({"at_most": st.integers(1, 3)}),
)
limits = st.dictionaries(st.sampled_from(["over", "under", "at_least", "at_most"]), numbers, min_size=1, max_size=1)
text_operators = st.one_of(
    st.fixed_dictionaries({"in": tables}, optional={"case_sensitive": st.booleans(), "exists": st.just(True)}),
    limits,
    st.fixed_dictionaries(
        {}, optional={"glob": st.sampled_from(["*a*", "?*", "*.*"]), "regex": st.sampled_from(["(a)", "(?P<n>.)"])}
    ).filter(bool),
)
field_operators = st.one_of(
    text_operators,
    st.fixed_dictionaries({"count": counts}, optional={"in": tables}),
    st.fixed_dictionaries({"count": st.sampled_from([0, {"at_most": 0}])}),
    st.tuples(text_operators, st.sampled_from([-2, -1, 1, 2])).map(lambda both: both[0] | {"nth": both[1]}),
    st.fixed_dictionaries({"exists": st.booleans(), "nth": st.sampled_from([-1, 2])}),
)
addresses = st.one_of(
    field_operators,
    st.fixed_dictionaries({"domain": text_operators}, optional={"in": tables, "user": text_operators}),
    st.fixed_dictionaries({"address": text_operators, "count": counts}),
)
conditions = st.one_of(
    st.fixed_dictionaries({"subject": field_operators}),
    st.fixed_dictionaries({"header": st.fixed_dictionaries({"X-A": field_operators})}),
    st.fixed_dictionaries({"list_id": field_operators}),
    st.fixed_dictionaries({"from": addresses}),
    st.fixed_dictionaries({"recipient": addresses}),
)
referring = conditions | st.fixed_dictionaries({"condition": st.sampled_from(["one", "two", ["one", "two"]])})
matches = st.recursive(
    referring,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
        st.tuples(inner, inner).map(lambda both: both[0] | both[1]),
    ),
    max_leaves=4,
)
targets = st.sampled_from(
    ["A", "{subject.1}", "{from.domain.1}/{mailbox}", "{plain[from.domain]}", "{parents[subject.n]}", "{header.X-A.0}"]
)
definitions = st.builds(
    lambda one, two: Definitions(
        {
            "plain": Lookup({"a": "x", "ann@example.org": "", "@b.example": "/", "1": "one"}),
            "parents": Lookup({"example": "E", "É": "..", "@org": "O"}, parents=True),
        },
        {"one": Match.model_validate(one), "two": Match.model_validate(two)},
    ),
    conditions,
    st.fixed_dictionaries({"any": st.lists(conditions | st.just({"condition": "one"}), min_size=1, max_size=2)}),
)
rules_of_files = st.lists(
    st.fixed_dictionaries({"match": matches, "then": st.fixed_dictionaries({"copy": targets})}), max_size=4
)


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    """Rules with what they refer to."""
    tables = draw(rules_of_files)
    rules = tuple(Rule.model_validate({"name": str(place), **table}) for place, table in enumerate(tables))
    return Ruleset(rules, draw(definitions))


values = st.lists(
    st.sampled_from(
        ["ann@example.org", "x@mail.b.example", "A <a@É>", ", ", "a", "É", "É", "3", "-2.5", " ", "=?utf-8?q?=C3=89?="]
    ),
    max_size=4,
).map("".join)
messages = st.lists(
    st.tuples(st.sampled_from(["From", "To", "Cc", "Subject", "Subject", "List-Id", "X-A"]), values), max_size=6
).map(lambda fields: Message("\r\n".join(f"{name}: {value}" for name, value in fields).encode()))


@given(rulesets(), messages)
def test_the_index_hides_no_rule_that_matches_and_nothing_raises(rules: Ruleset, message: Message) -> None:
    decided = rules.evaluate(message, FACTS)

    assert not isinstance(decided, Needs)
    assert isinstance(decided, Verdict)
    assert replace(rules.explain(message, FACTS), trace=()) == replace(decided, trace=())


@given(rulesets(), messages)
def test_what_was_written_and_read_decides_the_same(rules: Ruleset, message: Message) -> None:
    written = {
        name: match.model_dump(mode="json", exclude_defaults=True)
        for name, match in rules.definitions.conditions.items()
    }
    again = Ruleset(
        tuple(Rule.model_validate(rule.model_dump(mode="json", exclude_defaults=True)) for rule in rules.rules),
        Definitions(rules.definitions.tables, {name: Match.model_validate(table) for name, table in written.items()}),
    )

    assert again.digest == rules.digest
    assert again.explain(message, FACTS) == rules.explain(message, FACTS)
