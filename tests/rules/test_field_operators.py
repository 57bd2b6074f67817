"""Texts looked up in tables, compared as numbers, counted, and picked by their place: on every field of text."""

import pytest

from mailrules.rules import Message, Ruleset
from mailrules.rules.definitions import Definitions
from mailrules.rules.lookup import Lookup
from tests.rules.builders import FACTS, decide, matches, message, problems, rule

TABLES = Definitions(
    {
        "customers": Lookup({"acme.example": "Acme", "Bücher.example": "Books"}, parents=True),
        "people": Lookup({"ann@example.org": "", "@boss.example": ""}),
        "subjects": Lookup({"Monthly Report": "Reports", "Grüße": "Regards"}),
        "locals": Lookup({"sales": "Sales"}),
    }
)
MAIL = message(
    "From: Bob <bob@eu.acme.example>, Ann <Ann@Example.org>",
    "To: sales+x1@xn--bcher-kva.example",
    "Cc: one@a.example, two@b.example",
    "Cc: three@c.example",
    "Subject: monthly REPORT",
    "List-Id: Sales <sales.lists.example>",
    "X-Score: 5.3 / 10",
    "X-Low: -2",
    "X-Word: none",
    "X-Twice: First",
    "X-Twice: second",
    "X-Twice: 30",
)


def holds(match: object, mail: Message = MAIL) -> bool:
    return decide(Ruleset((rule(match),), TABLES), mail).matched == ("r",)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        # in: the whole text
        ({"subject": {"in": "subjects"}}, True),
        ({"subject": {"in": "locals"}}, False),
        ({"subject": {"in": ["locals", "subjects"]}}, True),
        ({"subject": {"in": "subjects", "case_sensitive": True}}, False),
        ({"subject": {"in": "subjects", "contains": "report"}}, True),
        ({"subject": {"in": "subjects", "contains": "invoice"}}, False),
        ({"list_id": {"name": {"in": "locals"}}}, True),
        ({"list_id": {"in": "locals"}}, False),
        ({"header": {"X-Word": {"in": "locals"}}}, False),
        ({"header": {"X-None": {"in": "locals"}}}, False),
        ({"not": {"subject": {"in": "subjects"}}}, False),
        # in: domains, their parents and their A-labels
        ({"from": {"domain": {"in": "customers"}}}, True),
        ({"to": {"domain": {"in": "customers"}}}, True),
        ({"cc": {"domain": {"in": "customers"}}}, False),
        ({"to": {"user": {"in": "locals"}, "domain": {"in": "customers"}}}, True),
        ({"to": {"user": {"in": "locals"}, "detail": "x2"}}, False),
        # in: whole addresses, and all of a domain
        ({"from": {"in": "people"}}, True),
        ({"from": {"address": {"in": "people"}}}, True),
        ({"from": {"in": "people", "name": "bob"}}, False),
        ({"from": {"in": "people", "name": "ann"}}, True),
        ({"from": {"in": "people", "case_sensitive": True}}, False),
        ({"to": {"in": "people"}}, False),
        ({"recipient": {"in": "people"}}, False),
        # numbers
        ({"header": {"X-Score": {"over": 5}}}, True),
        ({"header": {"X-Score": {"over": 5.3}}}, False),
        ({"header": {"X-Score": {"at_least": 5.3, "under": 6}}}, True),
        ({"header": {"X-Low": {"under": 0}}}, True),
        ({"header": {"X-Low": {"at_most": -3}}}, False),
        ({"header": {"X-Word": {"under": 9}}}, False),
        ({"header": {"X-None": {"under": 9}}}, False),
        ({"header": {"X-Twice": {"over": 29}}}, True),
        ({"header": {"X-Twice": {"over": 29, "contains": "second"}}}, False),
        ({"to": {"detail": {"over": 0}}}, False),
        # count
        ({"header": {"X-Twice": {"count": 3}}}, True),
        ({"header": {"X-Twice": {"count": {"over": 3}}}}, False),
        ({"header": {"X-Twice": {"count": 3, "contains": "second"}}}, True),
        ({"header": {"X-Twice": {"count": 2, "contains": "second"}}}, False),
        ({"header": {"X-None": {"count": 0}}}, True),
        ({"header": {"X-None": {"count": {"under": 5}}}}, True),
        ({"header": {"X-None": {"count": {"over": 0}}}}, False),
        ({"subject": {"count": 1}}, True),
        ({"list_id": {"count": 1}}, True),
        ({"list_id": {"count": [2, 3]}}, False),
        ({"cc": {"count": 3}}, True),
        ({"bcc": {"count": 0}}, True),
        ({"recipient": {"count": {"at_least": 4, "at_most": 4}}}, True),
        ({"cc": {"count": {"over": 2}, "domain": "c.example"}}, True),
        ({"cc": {"count": {"over": 2}, "domain": "x.example"}}, False),
        # nth
        ({"header": {"X-Twice": {"nth": 1, "contains": "first"}}}, True),
        ({"header": {"X-Twice": {"nth": 2, "contains": "first"}}}, False),
        ({"header": {"X-Twice": {"nth": -1, "contains": "30"}}}, True),
        ({"header": {"X-Twice": {"nth": -3, "contains": "first"}}}, True),
        ({"header": {"X-Twice": {"nth": 4, "exists": True}}}, False),
        ({"header": {"X-Twice": {"nth": 3, "exists": True}}}, True),
        ({"header": {"X-Twice": {"nth": 4, "exists": False}}}, True),
        ({"header": {"X-Twice": {"nth": -4, "exists": False}}}, True),
        ({"header": {"X-None": {"nth": 1, "contains": "a"}}}, False),
        ({"cc": {"nth": 1, "domain": "c.example"}}, False),
        ({"cc": {"nth": -1, "domain": "c.example"}}, True),
        ({"recipient": {"nth": 1, "domain": "a.example"}}, True),
        ({"recipient": {"nth": 2, "domain": "a.example"}}, False),
        ({"list_id": {"nth": 2, "contains": "sales"}}, False),
    ],
    ids=str,
)
def test_an_operator_holds_or_not(match: object, *, expected: bool) -> None:
    assert holds(match) == expected


@pytest.mark.parametrize(
    ("match", "place", "words"),
    [
        ({"subject": {"in": 5}}, "match.subject.in", 'as in "customers" for what stands under [tables.customers]'),
        ({"subject": {"in": ""}}, "match.subject.in", "write names as text"),
        ({"subject": {"in": []}}, "match.subject.in", "the name of at least one"),
        ({"subject": {"in": ["a", 5]}}, "match.subject.in.1", "write names as text"),
        ({"subject": {"over": "5"}}, "match.subject.over", "without quotes: 5"),
        ({"subject": {"over": 5, "under": 3}}, "match.subject", "all of this at once"),
        ({"subject": {"count": "2"}}, "match.subject.count", "without quotes: 2"),
        ({"subject": {"count": {"over": 1.5}}}, "match.subject.count.over", "a whole number"),
        ({"subject": {"nth": 1}}, "match.subject", "nth goes beside an operator"),
        ({"subject": {"nth": 0, "contains": "a"}}, "match.subject.nth", "1 for the first"),
        ({"subject": {"nth": 1.5, "contains": "a"}}, "match.subject.nth", "1 for the first"),
        ({"subject": {"nth": 1, "count": 2}}, "match.subject", "leave nth or count out"),
        ({"subject": {"count": 2, "exists": False}}, "match.subject", "stands alone"),
        ({"from": {"domain": {"count": 2}}}, "match.from.domain.count", "extra_forbidden"),
        ({"from": {"name": {"nth": 2, "is": "a"}}}, "match.from.name.nth", "extra_forbidden"),
        ({"condition": 5}, "match.condition", 'as in condition = "vip"'),
        ({"condition": []}, "match.condition", "the name of at least one"),
        ({"condition": ["a", ""]}, "match.condition.1", "write names as text"),
    ],
    ids=str,
)
def test_a_mistake_says_what_to_write(match: object, place: str, words: str) -> None:
    ((where, message),) = problems(match=match)

    assert ".".join(map(str, where)) == place
    assert words in message


@pytest.mark.parametrize(
    ("match", "key", "wanted", "seen"),
    [
        ({"subject": {"in": ["locals", "subjects"]}}, "subject.in", '"locals" or "subjects"', "monthly REPORT"),
        ({"from": {"domain": {"in": "customers"}}}, "from.domain.in", '"customers"', "eu.acme.example"),
        ({"from": {"in": "people"}}, "from.in", '"people"', "Ann <Ann@Example.org>"),
        ({"header": {"X-Score": {"over": 5}}}, "header.X-Score.over", "5", "5.3 / 10"),
        ({"header": {"X-Twice": {"count": {"over": 2}}}}, "header.X-Twice.count.over", "2", "3"),
        ({"bcc": {"count": 0}}, "bcc.count.is", "0", "0"),
        ({"header": {"X-Twice": {"nth": -1, "is": "30"}}}, "header.X-Twice", 'nth -1 and is "30"', "30"),
    ],
    ids=str,
)
def test_a_trace_shows_what_was_wanted_and_seen(match: object, key: str, wanted: str, seen: str) -> None:
    (trace,) = Ruleset((rule(match),), TABLES).explain(MAIL, FACTS).trace[0].conditions

    assert (trace.key, trace.wanted, trace.seen) == (key, wanted, seen)


# The index


@pytest.mark.parametrize(
    ("match", "guarded"),
    [
        ({"subject": {"in": "subjects"}}, True),
        ({"from": {"domain": {"in": "customers"}}}, True),
        ({"from": {"in": "people"}}, True),
        ({"header": {"X-A": {"over": 5}}}, True),
        ({"subject": {"count": 1}}, True),
        ({"cc": {"count": {"over": 3}}}, True),
        ({"subject": {"nth": 2, "contains": "x"}}, True),
        ({"subject": {"count": 0}}, False),
        ({"cc": {"count": {"under": 3}}}, False),
        ({"subject": {"nth": 2, "exists": False}}, False),
    ],
    ids=str,
)
def test_a_rule_that_needs_some_text_is_visited_only_with_it(match: object, guarded: bool) -> None:
    rules = Ruleset((rule(match),), TABLES)

    assert list(rules._index.candidates(message(), FACTS)) == ([] if guarded else [0])


def test_a_thousand_rules_share_one_look_up_in_their_table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Lookup({f"customer{number}.example": "" for number in range(1000)})
    some = (rule({"from": {"domain": {"in": "t"}}, "subject": f"{number}"}, name=f"{number}") for number in range(1000))
    rules = Ruleset(tuple(some), Definitions({"t": table}))
    asked = look_ups(table, monkeypatch)

    assert list(rules._index.candidates(message("From: a@customer7.example"), FACTS)) == list(range(1000))
    assert list(rules._index.candidates(message("From: a@customer.example"), FACTS)) == []
    assert asked == ["customer7.example", "customer.example"]


def test_a_message_costs_the_same_few_look_ups_whatever_the_size_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = [cost_of_two_messages(rows, monkeypatch) for rows in (10, 100_000)]

    assert costs[0] == costs[1]
    assert costs[0][-3:] == ["mail.other.example", "other.example", "example"]
    assert len(costs[0]) < 20


def cost_of_two_messages(rows: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    table = Lookup({f"customer{number}.example": "" for number in range(rows)}, parents=True)
    rules = Ruleset((rule({"from": {"domain": {"in": "t"}}}),), Definitions({"t": table}))
    asked = look_ups(table, monkeypatch)
    assert decide(rules, message("From: a@mail.customer7.example")).matched == ("r",)
    assert decide(rules, message("From: a@mail.other.example")).matched == ()
    return asked


def look_ups(table: Lookup, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each look-up in a table that rules have made ready."""
    asked: list[str] = []

    class Noting(dict[str, str]):
        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]  # dict's has overloads
            asked.append(key)
            return super().get(key, default)

    (keys,) = table._keys.values()
    monkeypatch.setattr(keys, "_rows", Noting(table.rows))
    return asked


@pytest.mark.parametrize(
    "match",
    [
        {"subject": {"is": "foo "}},
        {"subject": {"is": [" x", "\tfoo"], "case_sensitive": True}},
        {"header": {"Subject": {"is": " foo"}}},
        {"from": {"domain": " x.example"}},
        {"from": {"address": {"is": "ann@x.example "}}},
        {"from": {"name": {"is": " ann "}}},
    ],
)
def test_spaces_around_a_whole_text_do_not_count(match: object) -> None:
    assert matches(match, message("Subject: foo", "From: Ann <ann@x.example>"))
