"""A condition that is written once and referred to by name works, is asked about and is shown as if it stood there."""

import time
from dataclasses import replace

import pytest

from mailrules.rules import Needs, Ruleset
from mailrules.rules.definitions import Definitions
from mailrules.rules.lookup import Lookup
from mailrules.rules.match import Match
from mailrules.rules.questions import Search
from tests.rules.builders import FACTS, decide, message, rule

WRITTEN = {
    "vip": {"from": {"in": "vips"}},
    "urgent": {"any": [{"subject": "urgent"}, {"header": {"X-Priority": {"at_most": 2}}}]},
    "both": {"all": [{"condition": "vip"}, {"condition": "urgent"}]},
    "seen": {"search": "SEEN"},
    "far": {"not": {"condition": "both"}},
}
DEFINED = Definitions(
    {"vips": Lookup({"boss@example.org": ""})}, {name: Match.model_validate(table) for name, table in WRITTEN.items()}
)


def named(match: object, **keys: object) -> Ruleset:
    return Ruleset((rule(match, **keys),), DEFINED)  # type: ignore[arg-type]  # the keys are a rule's


BOSS, URGENT = "From: boss@example.org", "Subject: URGENT"


@pytest.mark.parametrize(
    ("match", "lines", "expected"),
    [
        ({"condition": "vip"}, (BOSS,), True),
        ({"condition": "vip"}, (URGENT,), False),
        ({"condition": "both"}, (BOSS, URGENT), True),
        ({"condition": "both"}, (BOSS, "X-Priority: 1 (Highest)"), True),
        ({"condition": "both"}, (BOSS,), False),
        ({"condition": ["vip", "urgent"]}, (URGENT,), True),
        ({"condition": ["vip", "urgent"]}, ("Subject: x",), False),
        ({"condition": "vip", "subject": "hello"}, (BOSS, URGENT), False),
        ({"any": [{"condition": "vip"}, {"subject": "urgent"}]}, (URGENT,), True),
        ({"not": {"condition": "vip"}}, (URGENT,), True),
        ({"not": {"condition": ["vip", "urgent"]}}, (URGENT,), False),
        ({"condition": "far"}, (BOSS,), True),
        ({"condition": "far"}, (BOSS, URGENT), False),
    ],
    ids=str,
)
def test_a_named_condition_holds_where_it_would_hold_itself(
    match: object, lines: tuple[str, ...], *, expected: bool
) -> None:
    assert (decide(named(match), message(*lines)).matched == ("r",)) == expected


def test_its_header_fields_are_fetched_and_no_other_condition_s() -> None:
    assert named({"condition": "both"}).header_fields == {"FROM", "SUBJECT", "X-PRIORITY"}
    assert named({"not": {"condition": "vip"}}).header_fields == {"FROM"}
    assert named({"subject": "x"}).header_fields == {"SUBJECT"}
    assert named("everything").header_fields == frozenset()


def test_it_is_made_ready_once_for_all_rules() -> None:
    """It takes a quarter of a second; made ready for each rule it took ten."""
    addresses = [f"a{number}@d{number}.example" for number in range(5_000)]
    defined = Definitions(conditions={"known": Match.model_validate({"from": addresses})})
    rules = tuple(rule({"condition": "known", "subject": f"w{number}"}, name=f"r{number}") for number in range(300))
    start = time.process_time()
    ready = Ruleset(rules, defined)

    assert time.process_time() - start < 2
    assert decide(ready, message("From: a7@d7.example", "Subject: w42")).matched == ("r4", "r42")


def test_its_questions_are_asked() -> None:
    rules = named({"condition": "seen", "from": "boss@example.org"})

    assert rules.evaluate(message(BOSS), FACTS) == Needs(frozenset({Search("SEEN")}))
    assert decide(rules, message(BOSS).answered({Search("SEEN"): True})).matched == ("r",)
    assert decide(rules, message(URGENT)).matched == ()


def test_the_trace_shows_it_as_a_group() -> None:
    (trace,) = named({"condition": "both"}).explain(message(BOSS), FACTS).trace
    (both,) = trace.conditions
    (pair,) = both.children

    assert (both.key, both.result.value) == ("condition.both", "false")
    assert [(each.key, each.children[0].key, each.result.value) for each in pair.children] == [
        ("0", "condition.vip", "true"),
        ("1", "condition.urgent", "false"),
    ]


def test_several_are_shown_as_a_group_of_groups() -> None:
    (trace,) = named({"condition": ["vip", "urgent"]}).explain(message(BOSS), FACTS).trace

    assert [(each.key, [child.key for child in each.children]) for each in trace.conditions] == [
        ("condition", ["condition.vip", "condition.urgent"])
    ]


@pytest.mark.parametrize(
    ("match", "guarded"),
    [({"condition": "vip"}, True), ({"condition": ["vip", "urgent"]}, True), ({"condition": "far"}, False)],
    ids=str,
)
def test_the_index_looks_through_it(match: object, guarded: bool) -> None:
    assert list(named(match)._index.candidates(message(), FACTS)) == ([] if guarded else [0])


def test_what_it_matched_by_fills_targets() -> None:
    found = Definitions(conditions={"who": Match.model_validate({"to": {"detail": {"exists": True}}})})
    rules = Ruleset((rule({"condition": "who"}, {"copy": "T/{to.detail}"}),), found)

    plan = decide(rules, message("To: a@example.org, b+x@example.org")).plan

    assert plan.to_json() == [{"copy": "T/x"}]


def test_the_digest_tells_definitions_apart() -> None:
    rules = named("everything")
    other = replace(DEFINED, conditions={**DEFINED.conditions, "vip": Match.model_validate({"from": "x@y.example"})})
    table = replace(DEFINED, tables={"vips": Lookup({"chief@example.org": ""})})

    digests = {Ruleset(rules.rules, each).digest for each in (Definitions(), DEFINED, other, table)}

    assert len(digests) == 4
    assert Ruleset(rules.rules, replace(DEFINED)).digest == rules.digest
