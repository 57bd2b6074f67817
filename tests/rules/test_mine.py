"""`to_me`, `delivered_to`, `mailbox_exists` and `special_use_exists`: what depends on the account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailrules.rules import Truth
from tests.rules.builders import FACTS, decide, matches, message, problems, rule, ruleset

ME = replace(FACTS, addresses=("Ann@example.org", "ann+work@bücher.example"))


def ways(*lines: str) -> set[str]:
    return {way for way in ("only", "to", "cc", "no") if matches({"to_me": way}, message(*lines), ME)}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["To: ann@EXAMPLE.org"], {"only", "to"}),
        (["To: Ann Lee <ann+shop@example.org>"], {"only", "to"}),
        (["To: ann@example.org, ann+work@xn--bcher-kva.example"], {"only", "to"}),
        (["To: ann@bücher.example"], {"no"}),
        (["To: ann+work@bücher.example"], {"only", "to"}),
        (["To: ann+work+more@bücher.example"], {"no"}),
        (["To: ann@example.org, bob@example.com"], {"to"}),
        (["To: ann@example.org", "Cc: bob@example.com"], {"to"}),
        (["To: bob@example.com", "Cc: ann@example.org"], {"cc"}),
        (["Cc: ann@example.org"], {"only", "cc"}),
        (["To: ann@example.org", "Cc: ann@example.org"], {"only", "to", "cc"}),
        (["To: friends: bob@example.com, ann@example.org;"], {"to"}),
        (["To: undisclosed-recipients:;", "Bcc: ann@example.org"], {"only"}),
        (["To: undisclosed-recipients:;"], {"no"}),
        (["To: python-list@python.org"], {"no"}),
        (['To: "ann@example.org" <bob@example.com>'], {"no"}),
        (["To: ann@example.org.evil.example"], {"no"}),
        ([], {"no"}),
    ],
)
def test_how_it_is_addressed_to_me(lines: list[str], expected: set[str]) -> None:
    assert ways(*lines) == expected


def test_of_several_ways_one_is_enough() -> None:
    assert matches({"to_me": ["only", "cc"]}, message("Cc: ann@example.org, b@example.com"), ME)
    assert not matches({"to_me": ["only", "no"]}, message("Cc: ann@example.org, b@example.com"), ME)


def test_without_addresses_nobody_knows_who_i_am() -> None:
    for match in ({"to_me": "no"}, {"not": {"to_me": "to"}}):
        assert decide(ruleset(rule(match)), message("To: ann@example.org"), FACTS).unknown == ("r",)
    trace = ruleset(rule({"to_me": "to"})).explain(message(), FACTS).trace[0].conditions[0]
    assert (trace.wanted, trace.seen) == ('"to"', "(the account has no addresses)")


def test_a_trace_shows_whom_it_is_addressed_to() -> None:
    rules = ruleset(rule({"to_me": ["only", "cc"]}))
    lines: tuple[list[str], ...] = ([], ["To: Bob <b@x>", "Cc: c@x, d@x"])
    seen = [rules.explain(message(*each), ME).trace[0].conditions[0].seen for each in lines]
    assert seen == ["(absent)", "Bob <b@x>, c@x, d@x"]


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To"])
def test_where_it_was_delivered_is_an_address(header: str) -> None:
    mail = message("To: list@example.com", f"{header}: ann+shop@Example.org")
    assert matches({"delivered_to": "@example.org"}, mail)
    assert matches({"delivered_to": {"detail": "shop"}}, mail)
    assert not matches({"delivered_to": "list@example.com"}, mail)
    rules = ruleset(rule({"delivered_to": "@example.org"}, {"move": "To/{delivered_to.detail}"}))
    assert decide(rules, mail).plan.to_json() == [{"move": "To/shop"}]
    assert header.upper() in rules.header_fields


THERE = replace(
    FACTS, mailboxes=frozenset({"INBOX", "Lists/Python", "Büro", "Cafe\u0301"}), special_uses=frozenset({r"\Junk"})
)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"mailbox_exists": "Lists/Python"}, True),
        ({"mailbox_exists": "lists/python"}, False),
        ({"mailbox_exists": "inbox"}, True),
        ({"mailbox_exists": "Bu\u0308ro"}, True),
        ({"mailbox_exists": "Caf\u00e9"}, True),
        ({"mailbox_exists": "\u0131nbox"}, False),
        ({"mailbox_exists": ["Nowhere", "Lists/Python"]}, True),
        ({"mailbox_exists": "Lists"}, False),
        ({"special_use_exists": "\\Junk"}, True),
        ({"special_use_exists": "\\junk"}, True),
        ({"special_use_exists": ["\\Archive", "\\Trash"]}, False),
    ],
)
def test_which_mailboxes_there_are(match: object, expected: bool) -> None:
    assert matches(match, message(), THERE) is expected


@pytest.mark.parametrize("match", [{"mailbox_exists": "INBOX"}, {"special_use_exists": "\\Junk"}])
def test_where_no_server_has_told_which_there_are_it_is_unknown(match: object) -> None:
    trace = ruleset(rule(match)).explain(message(), FACTS).trace[0].conditions[0]
    assert (trace.result, trace.seen) == (Truth.UNKNOWN, "(unknown)")
    trace = ruleset(rule({"not": match})).explain(message(), THERE).trace[0].conditions[0]
    assert trace.result is Truth.FALSE


def test_a_trace_shows_those_that_are_there() -> None:
    rules = ruleset(rule({"mailbox_exists": ["X", "INBOX", "Lists/Python"], "special_use_exists": "\\All"}))
    mailboxes, uses = rules.explain(message(), THERE).trace[0].conditions
    assert (mailboxes.seen, uses.seen) == ("INBOX, Lists/Python", "(there is none)")


@pytest.mark.parametrize(
    ("match", "where", "says"),
    [
        ({"to_me": "bcc"}, ("to_me",), '"bcc" is none of them: write one of "only", "to", "cc", "no"'),
        ({"to_me": True}, ("to_me",), "this is true: write one of"),
        ({"to_me": []}, ("to_me",), "an empty list matches nothing"),
        ({"delivered_to": "example.org"}, ("delivered_to",), '"example.org" has no @'),
        ({"mailbox_exists": "Lists/*"}, ("mailbox_exists",), "write one mailbox's whole path"),
        ({"mailbox_exists": "\\Junk"}, ("mailbox_exists",), "write special_use_exists = '\\Junk'"),
        ({"mailbox_exists": ""}, ("mailbox_exists",), "write a mailbox's path as text"),
        ({"special_use_exists": "Junk"}, ("special_use_exists",), "Junk is no special use: write one of"),
        ({"special_use_exists": True}, ("special_use_exists",), "this is true: write a special use"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(match: object, where: tuple[str, ...], says: str) -> None:
    ((place, text),) = problems(match=match)
    assert place == ("match", *where)
    assert says in text
