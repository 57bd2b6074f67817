"""The index names every rule that can match, in order, and few others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

from mailrules.rules import Message, Ruleset, index
from mailrules.rules.index import Expression, Guard, Index, Whole, best_guard, joint_guard
from mailrules.rules.text import Text
from tests.rules.builders import FACTS, decide, message, rule


@dataclass(frozen=True)
class Words:
    """The words of the subject."""

    def texts(self, message: Message) -> Iterable[Text]:
        return [Text.of(word) for text in message.fields.texts("SUBJECT") for word in text.value.split()]


SOURCE = Words()
A, B = Whole(SOURCE, exact=False, text="a"), Whole(SOURCE, exact=False, text="b")
EXACT = Whole(SOURCE, exact=True, text="B")
C = Expression(SOURCE, exact=False, regex="^c")
ANY = Expression(SOURCE, exact=False, regex="")


@pytest.mark.parametrize(
    ("subject", "positions"),
    [
        ("", [1]),
        ("x", [1, 5]),
        ("a", [0, 1, 3, 5]),
        ("A", [0, 1, 3, 5]),
        ("b", [1, 3, 5]),
        ("B", [1, 3, 4, 5]),
        ("xc", [1, 5]),
        ("x cc a", [0, 1, 2, 3, 5]),
    ],
)
def test_rules_are_found_by_their_clues(subject: str, positions: list[int]) -> None:
    guards: list[Guard | None] = [(A,), None, (C,), (A, B), (EXACT,), (ANY,)]

    assert list(Index(guards).candidates(message(f"Subject: {subject}"))) == positions


def test_without_clues_every_rule_is_visited() -> None:
    assert list(Index([None, None]).candidates(message())) == [0, 1]
    assert list(Index([]).candidates(message())) == []


def test_of_guards_that_must_all_be_met_the_cheapest_is_taken() -> None:
    assert best_guard([(A, B), (C,), (B,), None]) == (B,)
    assert best_guard([None, (C,)]) == (C,)
    assert best_guard([None]) is None
    assert best_guard([]) is None


def test_of_guards_one_of_which_must_be_met_all_clues_count() -> None:
    assert joint_guard([(A, B), (C,)]) == (A, B, C)
    assert joint_guard([(A,), None]) is None


@pytest.mark.parametrize("memory", [1 << 10, 40_000, 90_000])
def test_where_re2_has_too_little_memory_every_rule_is_visited(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_MEMORY", memory)
    guards: list[Guard | None] = [(Expression(SOURCE, exact=False, regex=f"w{place}x{{9}}"),) for place in range(500)]
    found = Index(guards).candidates(message("Subject: w7xxxxxxxxx"))

    assert 7 in found


# What guards a rule


def visited(rules: Ruleset, mail: Message) -> Sequence[int]:
    return rules._index.candidates(mail)


@pytest.mark.parametrize(
    ("match", "guarded"),
    [
        ({"subject": "x"}, True),
        ({"subject": {"is": "x"}}, True),
        ({"subject": {"starts_with": "x"}}, True),
        ({"subject": {"ends_with": "x"}}, True),
        ({"subject": {"glob": "x*y"}}, True),
        ({"subject": {"regex": "x+"}}, True),
        ({"subject": {"contains": "X", "case_sensitive": True}}, True),
        ({"subject": {"exists": True}}, True),
        ({"header": {"X-A": "x", "X-B": {"exists": False}}}, True),
        ({"list_id": {"name": "x"}}, True),
        ({"from": ["x@example.org", "@x.example", "@*.x.example", "x*"]}, True),
        ({"from": {"domain": "x.example"}}, True),
        ({"from": {"contains": "x"}}, True),
        ({"from": {"detail": {"exists": True}}}, True),
        ({"from": "x@example.org", "size": {"over": 1}}, True),
        ({"any": [{"from": "x@example.org"}, {"subject": "x"}]}, True),
        ({"all": [{"size": {"over": 1}}, {"subject": "x"}]}, True),
        ({"subject": "x", "not": {"from": "@example.org"}}, True),
        ({"search": "SEEN", "subject": "x"}, True),
        ("everything", False),
        ({"subject": {"exists": False}}, False),
        ({"from": {"detail": {"exists": False}}}, False),
        ({"size": {"over": 1}}, False),
        ({"flags": "x"}, False),
        ({"search": "SEEN"}, False),
        ({"not": {"subject": "x"}}, False),
        ({"any": [{"from": "x@example.org"}, {"size": {"over": 1}}]}, False),
    ],
    ids=str,
)
def test_a_rule_that_needs_some_text_is_visited_only_with_it(match: object, guarded: bool) -> None:
    rules = Ruleset((rule(match),))

    assert list(visited(rules, message())) == ([] if guarded else [0])


def test_of_very_many_rules_only_a_few_are_visited() -> None:
    rules = Ruleset(
        tuple(
            rule(match, name=f"{place}")
            for place in range(0, 3000, 3)
            for place, match in (
                (place, {"from": f"@customer{place}.example"}),
                (place + 1, {"subject": f"ticket {place} "}),
                (place + 2, {"recipient": {"user": f"team{place}"}, "size": {"under": "1 GB"}}),
            )
        )
    )
    mail = message("From: a@customer30.example", "Subject: about ticket 60 .", "To: team90+x@example.org")

    assert list(visited(rules, mail)) == [30, 61, 92]
    assert decide(rules, mail).matched == ("30", "61", "92")
    assert rules.explain(mail, FACTS).matched == ("30", "61", "92")
