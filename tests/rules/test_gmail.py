"""`gmail.labels` and `gmail.raw`: questions that only Gmail answers, unknown elsewhere."""

from __future__ import annotations

import pytest

from mailrules.imap import parse_search
from mailrules.rules import Needs, Truth
from mailrules.rules.questions import Labels, Question, Search
from tests.rules.builders import FACTS, decide, message, problems, rule, ruleset

MAIL = message("Subject: x")


def truth(match: object, answers: dict[Question[object], object]) -> Truth:
    rules = ruleset(rule({"gmail": match}))
    assert rules.evaluate(MAIL, FACTS) == Needs(frozenset(answers))
    verdict = decide(rules, MAIL.answered(answers))
    return Truth.UNKNOWN if verdict.unknown else Truth.TRUE if verdict.matched else Truth.FALSE


@pytest.mark.parametrize(
    ("match", "labels", "expected"),
    [
        ("Work", {"Work"}, Truth.TRUE),
        ("work", {"Work"}, Truth.TRUE),
        ("Work", {"Work/Clients"}, Truth.FALSE),
        (["Home", "Work"], {"Work", "x"}, Truth.TRUE),
        ({"glob": "Work/*"}, {"Work/Clients"}, Truth.TRUE),
        ({"contains": "client"}, {"Work/Clients"}, Truth.TRUE),
        ("\\Important", {"\\Important"}, Truth.TRUE),
        ({"exists": True}, {"x"}, Truth.TRUE),
        ({"exists": True}, set[str](), Truth.FALSE),
        ({"exists": False}, set[str](), Truth.TRUE),
        ({"exists": False}, {"x"}, Truth.FALSE),
        ("Work", None, Truth.UNKNOWN),
    ],
)
def test_one_label_is_enough(match: object, labels: set[str] | None, expected: Truth) -> None:
    assert truth({"labels": match}, {Labels(): None if labels is None else frozenset(labels)}) is expected


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        ("has:attachment larger:5M", 'X-GM-RAW "has:attachment larger:5M"'),
        ('subject:"a b" \\x', 'X-GM-RAW "subject:\\"a b\\" \\\\x"'),
        (" від:мама ", 'X-GM-RAW "від:мама"'),
    ],
)
def test_a_search_is_written_so_that_it_arrives_as_it_is(raw: str, keys: str) -> None:
    assert truth({"raw": raw}, {Search(keys): True}) is Truth.TRUE
    assert parse_search(keys).capabilities == {"X-GM-EXT-1"}


def test_of_several_searches_one_is_enough_and_labels_must_hold_as_well() -> None:
    found: dict[Question[object], object] = {Search('X-GM-RAW "a"'): False, Search('X-GM-RAW "b"'): True}
    assert truth({"raw": ["a", "b"]}, found) is Truth.TRUE
    assert truth({"raw": ["a", "b"], "labels": "x"}, found | {Labels(): frozenset("y")}) is Truth.FALSE
    assert truth({"raw": ["a", "b"], "labels": "x"}, found | {Labels(): frozenset("x")}) is Truth.TRUE


def test_what_a_wildcard_in_a_label_stood_for_can_name_a_mailbox() -> None:
    rules = ruleset(rule({"gmail": {"labels": {"glob": "Clients/*"}}}, {"move": "Clients/{gmail.labels.1}"}))
    mail = MAIL.answered({Labels(): frozenset({"Work", "Clients/Acme"})})
    assert decide(rules, mail).plan.to_json() == [{"move": "Clients/Acme"}]


def test_a_trace_shows_the_labels() -> None:
    rules = ruleset(rule({"gmail": {"labels": "x"}}))
    answers: list[dict[Question[object], object]] = [{}, {Labels(): frozenset("ba")}, {Labels(): None}]
    traces = [rules.explain(MAIL.answered(each), FACTS).trace[0].conditions[0] for each in answers]
    assert [trace.seen for trace in traces] == ["(not asked)", "a, b", "(unknown)"]
    assert (traces[0].key, traces[0].wanted) == ("gmail.labels.is", '"x"')


@pytest.mark.parametrize(
    ("match", "where", "says"),
    [
        ("x", (), "this is text and should be a table: write gmail.labels"),
        ({"raw": ""}, ("raw",), "write a search as in Gmail, on one line"),
        ({"raw": "a\nb"}, ("raw",), "write a search as in Gmail, on one line"),
        ({"raw": 5}, ("raw",), "a search is text, not a number"),
        ({"raw": []}, ("raw",), "an empty list finds nothing"),
        ({"labels": 5}, ("labels",), "this is a number: write a text"),
        ({"label": "x"}, ("label",), "extra_forbidden"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(match: object, where: tuple[str, ...], says: str) -> None:
    ((place, text),) = problems(match={"gmail": match})
    assert place == ("match", "gmail", *where)
    assert says in text
