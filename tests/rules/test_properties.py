"""Whatever the bytes and whatever the rules: nothing raises, and `explain` says what `evaluate` does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message, Needs, Rule, Ruleset, Verdict
from mailrules.rules.questions import Search
from tests.rules.builders import FACTS, NOW, searched

words = st.sampled_from(["a", "b", "ann", "example", "org", "é", "A"])
patterns = st.lists(words, min_size=1, max_size=2)
text_operators = st.one_of(
    patterns,
    st.fixed_dictionaries(
        {"contains": patterns},
        optional={
            "starts_with": patterns,
            "glob": st.just("*a*?"),
            "regex": st.just("a.*"),
            "case_sensitive": st.booleans(),
        },
    ),
    st.fixed_dictionaries({"exists": st.booleans()}),
)
addresses = st.one_of(
    st.sampled_from(["@example.org", "ann@example.org", "*@*.org", "@*.example", "a*"]),
    st.fixed_dictionaries({"domain": text_operators}, optional={"name": text_operators, "contains": patterns}),
    st.fixed_dictionaries({"exists": st.booleans()}),
)
conditions = st.one_of(
    st.fixed_dictionaries({"subject": text_operators}),
    st.fixed_dictionaries({"list_id": text_operators}),
    st.fixed_dictionaries({"header": st.fixed_dictionaries({"X-A": text_operators})}),
    st.fixed_dictionaries({"from": addresses}, optional={"recipient": addresses}),
    st.fixed_dictionaries({"size": st.fixed_dictionaries({"over": st.integers(0, 9)})}),
    st.fixed_dictionaries({"age": st.fixed_dictionaries({"under": st.just("2 days")})}),
    st.fixed_dictionaries({"flags": st.sampled_from(["\\Seen", "$a"])}),
    st.fixed_dictionaries({"search": st.sampled_from(["SEEN", "DRAFT"])}),
)
matches = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
        st.tuples(inner, inner).map(lambda both: both[0] | both[1]),
    ),
    max_leaves=5,
)
actions = st.sampled_from(
    [
        {"move": "A"},
        {"move": "{from.domain}/{subject}"},
        {"copy": ["B/{header.X-A}", "\\Junk"]},
        {"add_flags": "\\Seen", "stop": True},
        {"set_flags": ["$a"]},
        {"remove_flags": "\\Seen"},
        {"expunge": True},
        {"copy": "{received:%Y}/{list_id.name}"},
    ]
)
rulesets = st.lists(
    st.fixed_dictionaries(
        {"match": matches | st.just("everything"), "then": actions},
        optional={"mode": st.just("observe"), "mailboxes": st.sampled_from(["INBOX", "B*"])},
    ),
    max_size=6,
).map(
    lambda tables: Ruleset(
        tuple(Rule.model_validate({"name": str(place), **table}) for place, table in enumerate(tables))
    )
)
values = st.lists(
    st.sampled_from(
        [
            b"ann@example.org",
            b"Ann <ann@a.example>",
            b",",
            b" ",
            b"<",
            b">",
            b'"',
            b"(",
            b"=?utf-8?q?=C3?=",
            b"\xff",
            b"\r\n ",
            b"a",
        ]
    ),
    max_size=8,
).map(b"".join)
headers = st.lists(
    st.tuples(
        st.sampled_from([b"From", b"To", b"Cc", b"Subject", b"List-Id", b"X-A", b""]),
        st.sampled_from([b":", b""]),
        values,
    ),
    max_size=6,
).map(lambda fields: b"\r\n".join(b"".join(field) for field in fields))
messages = st.builds(
    Message,
    header=headers | st.binary(max_size=200),
    size=st.none() | st.integers(0, 10),
    received=st.none() | st.timedeltas(timedelta(days=-9), timedelta(days=9)).map(lambda age: NOW - age),
    flags=st.none() | st.frozensets(st.sampled_from(["\\Seen", "$A", "b"])),
    answers=st.dictionaries(st.sampled_from([Search("SEEN"), Search("DRAFT")]), st.none() | st.booleans()),
)


@given(rulesets, messages)
def test_explain_and_evaluate_agree(rules: Ruleset, message: Message) -> None:
    decided = rules.evaluate(message, FACTS)
    if isinstance(decided, Needs):
        assert not decided.questions & set(message.answers)
        message = message.answered(dict.fromkeys(decided.questions))
        decided = rules.evaluate(message, FACTS)
    assert isinstance(decided, Verdict), "one round of answers is enough"

    explained = rules.explain(message, FACTS)

    assert replace(explained, trace=()) == replace(decided, trace=())
    by_name = {each.rule: each for each in explained.trace}
    assert [by_name[each.rule] for each in decided.trace] == list(decided.trace)
    reached = [each.rule for each in explained.trace if each.reached and each.result.value != "false"]
    assert reached == [each.rule for each in decided.trace]


@given(rulesets, messages)
def test_a_rule_that_is_alone_decides_as_among_others(rules: Ruleset, message: Message) -> None:
    assert rules.evaluate(message, FACTS) == rules.evaluate(message, FACTS, without=["nobody's"])


@given(rulesets, messages)
def test_an_answered_message_is_decided_as_one_that_knew_the_answer(rules: Ruleset, message: Message) -> None:
    answers = searched({"SEEN": True, "DRAFT": None})
    fresh = Message(message.header, message.size, message.received, message.flags, {**message.answers, **answers})

    assert rules.evaluate(message.answered(answers), FACTS) == rules.evaluate(fresh, FACTS)


@given(rulesets, messages)
def test_a_rule_that_was_written_and_read_decides_the_same(rules: Ruleset, message: Message) -> None:
    again = Ruleset(
        tuple(Rule.model_validate(rule.model_dump(mode="json", exclude_defaults=True)) for rule in rules.rules)
    )

    assert again.digest == rules.digest
    assert again.explain(message, FACTS) == rules.explain(message, FACTS)


@given(messages, st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants them bare
def test_no_time_makes_it_raise(message: Message, now: datetime) -> None:
    rules = Ruleset(
        (Rule.model_validate({"name": "a", "match": {"age": {"over": "1 day"}}, "then": {"move": "{received:%G-%V}"}}),)
    )

    rules.explain(message, replace(FACTS, now=now))
