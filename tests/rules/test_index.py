"""The index names every rule that can match, in order, and few others."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time

import pytest

from mailrules.rules import Facts, Message, Rule, Ruleset, Verdict, shelf
from mailrules.rules.clues import (
    Clue,
    Expression,
    Flag,
    Guard,
    Piece,
    Something,
    Whole,
    Within,
    best_guard,
    joint_guard,
)
from mailrules.rules.index import Index
from mailrules.rules.text import Text
from tests.bench.mixed import headers, mixed_rules
from tests.rules.builders import FACTS, NOW, decide, message, rule


@dataclass(frozen=True)
class Words:
    """The words of the subject."""

    headers = ("SUBJECT",)

    def texts(self, message: Message) -> list[Text]:
        return [Text.of(word) for text in message.fields.texts("SUBJECT") for word in text.value.split()]

    def folded(self, message: Message) -> list[str]:
        return [text.folded for text in self.texts(message)]


SOURCE = Words()
A, B = Whole(SOURCE, exact=False, text="a"), Whole(SOURCE, exact=False, text="b")
EXACT = Whole(SOURCE, exact=True, text="B")
C = Expression(SOURCE, regex="^c")
ANY = Something(SOURCE)
BOTH = Piece(SOURCE, exact=False, texts=("ee", "dd"))
STRAY = Piece(SOURCE, exact=True, texts=("ss",))
SEEN = Flag("\\seen")


def size(message: Message, _facts: Facts) -> int | None:
    return message.size


BAND = Within(size, over=10, under=20)


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
        ("DD fee", [1, 5, 6]),
        ("dd e", [1, 5]),
        ("STRA\u00dfE", [1, 5, 7]),
    ],
)
def test_rules_are_found_by_their_clues(subject: str, positions: list[int]) -> None:
    guards: list[Guard | None] = [(A,), None, (C,), (A, B), (EXACT,), (ANY,), (BOTH,), (STRAY,)]

    assert list(Index(guards).candidates(message(f"Subject: {subject}"), FACTS)) == positions


@pytest.mark.parametrize(
    ("octets", "flags", "positions"),
    [
        (10, [], []),
        (11, ["$x"], [1, 2]),
        (19, ["\\SEEN"], [0, 1, 2]),
        (20, ["\\Seen", "$x"], [0, 2]),
        (None, [], [1, 2]),
        (0, None, [0, 2]),
    ],
)
def test_rules_are_found_by_size_and_flags_and_where_those_are_not_known(
    octets: int | None, flags: list[str] | None, positions: list[int]
) -> None:
    found = Index([(SEEN,), (BAND,), (SEEN, BAND)])
    known = message(size=octets, flags=None if flags is None else frozenset(flags))

    assert list(found.candidates(known, FACTS)) == positions


@pytest.mark.parametrize("clue", [lambda number: Flag(f"${number}"), lambda number: Within(size, number, None)])
def test_what_is_not_known_of_a_message_takes_time_as_there_are_rules(clue: Callable[[int], Clue]) -> None:
    found = Index([(clue(number),) for number in range(40_000)])
    begin = process_time()
    positions = found.candidates(Message(b""), FACTS)

    assert process_time() - begin < 1  # a tenth of what it takes where each rule's positions are copied for the next
    assert len(positions) == 40_000


def test_without_clues_every_rule_is_visited() -> None:
    assert list(Index([None, None]).candidates(message(), FACTS)) == [0, 1]
    assert list(Index([]).candidates(message(), FACTS)) == []


def test_of_guards_that_must_all_be_met_the_cheapest_is_taken() -> None:
    assert best_guard([(A, B), (C,), (B,), None]) == (B,)
    assert best_guard([None, (C,)]) == (C,)
    assert best_guard([(ANY,), (BAND,), (C,), (SEEN,), (BOTH,)]) == (BOTH,)
    assert best_guard([None]) is None
    assert best_guard([]) is None


def test_of_guards_one_of_which_must_be_met_all_clues_count() -> None:
    assert joint_guard([(A, B), (C,)]) == (A, B, C)
    assert joint_guard([(A,), None]) is None


@pytest.mark.parametrize("memory", [1 << 10, 40_000, 90_000])
def test_where_re2_has_too_little_memory_every_rule_is_visited(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_MEMORY", memory)
    guards: list[Guard | None] = [(Expression(SOURCE, regex=f"w{place}x{{9}}"),) for place in range(500)]
    found = Index(guards).candidates(message("Subject: w7xxxxxxxxx"), FACTS)

    assert 7 in found


# What guards a rule


def visited(rules: Ruleset, mail: Message) -> Sequence[int]:
    return rules._index.candidates(mail, FACTS)


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
        ({"size": {"over": 1_000_000}}, True),
        ({"size": {"under": 1_000}}, True),
        ({"age": {"over": "1 day"}}, True),
        ({"flags": "x"}, True),
        ({"any": [{"from": "x@example.org"}, {"size": {"over": 1_000_000}}]}, True),
        ({"subject": {"glob": "*"}}, True),
        ({"subject": {"over": 3}}, True),
        ({"size": {"over": 1}}, False),
        ({"age": {"under": "1 day"}}, False),
        ({"search": "SEEN"}, False),
        ({"not": {"subject": "x"}}, False),
        ({"not": {"flags": "x"}}, False),
        ({"any": [{"from": "x@example.org"}, {"size": {"over": 1}}]}, False),
    ],
    ids=str,
)
def test_a_rule_is_visited_only_with_what_it_needs(match: object, guarded: bool) -> None:
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


def test_of_ten_thousand_rules_none_is_visited_that_can_not_match() -> None:
    text = mixed_rules(10_000)
    rules = Ruleset(tuple(map(Rule.model_validate, tomllib.loads(text)["rules"])))
    mails = [Message(block, 10_800, NOW, frozenset({"\\Seen"})) for block in headers(200)]

    assert sum(len(visited(rules, mail)) for mail in mails) < 20
    assert {decide(rules, mail) for mail in mails} == {Verdict()}


def test_of_a_header_that_comes_again_the_same_rules_are_found() -> None:
    rules = Ruleset(tuple(map(Rule.model_validate, tomllib.loads(mixed_rules(1_000))["rules"])))
    blocks = [block.replace(b"#", b"bank address #") for block in headers(200)]
    first, second = ([list(visited(rules, Message(block))) for block in blocks] for _ in range(2))

    assert first == second
    assert sum(map(len, first)) > 200
    assert [list(visited(Ruleset(rules.rules), Message(block))) for block in blocks[:9]] == first[:9]


def test_what_the_index_remembers_takes_no_more_room_than_it_may() -> None:
    found = Index([(A,)] * 5 + [(B,)])
    for number in range(5_000):
        assert list(found.candidates(message(f"Subject: b {number}"), FACTS)) == [5]
    (bookcase,) = found._bookcases

    assert 0 < len(bookcase._known) <= 4_096

    before = len(bookcase._known)
    found.candidates(message(f"Subject: {'a ' * 300}"), FACTS)
    assert len(bookcase._known) == before


def test_a_huge_message_visits_no_rule_for_others() -> None:
    bands = [rule({"size": {"over": low, "under": low + 1_000}}, name=f"{low}") for low in range(0, 5_000_000, 1_000)]

    assert list(visited(Ruleset(tuple(bands)), message(size=4_000_500))) == [4_000]
