"""`auth`: only the account's own servers are believed, and without one nothing is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailrules.rules import Truth
from tests.rules.builders import FACTS, decide, message, problems, rule, ruleset

MINE = replace(FACTS, authserv_ids=("mx.example.org", "mx2.example.org"))
GOOD = (
    "Authentication-Results: MX.example.org;\r\n\tdkim=pass (good) header.d=shop.example header.i=@mail.shop.example;"
    "\r\n\tspf=softfail smtp.mailfrom=bounce@list.example smtp.helo=mx.list.example;"
    " dmarc=pass header.from=Shop.example; arc=pass"
)
FORGED = "Authentication-Results: mx.example.org.evil.example; dkim=pass header.d=bank.example; dmarc=pass"


def truth(match: object, *lines: str, known: bool = True) -> Truth:
    verdict = decide(ruleset(rule({"auth": match})), message(*lines), MINE if known else FACTS)
    return Truth.UNKNOWN if verdict.unknown else Truth.TRUE if verdict.matched else Truth.FALSE


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"dkim": "pass"}, True),
        ({"dkim": ["fail", "none"]}, False),
        ({"dkim": {"result": "pass", "domain": "shop.example"}}, True),
        ({"dkim": {"result": "pass", "domain": "mail.shop.example"}}, False),
        ({"dkim": {"result": "pass", "domain": {"glob": "*.example"}}}, True),
        ({"dkim": {"result": "pass", "domain": {"exists": False}}}, False),
        ({"spf": ["fail", "softfail"]}, True),
        ({"spf": {"result": "softfail", "domain": "list.example"}}, True),
        ({"dmarc": {"result": "pass", "domain": "SHOP.example"}}, True),
        ({"arc": "pass"}, True),
        ({"dkim": "pass", "spf": "pass"}, False),
        ({"dkim": "pass", "spf": "softfail", "arc": {"result": "pass"}}, True),
    ],
)
def test_what_a_believed_server_says_counts(match: object, expected: bool) -> None:
    assert truth(match, FORGED, GOOD) is (Truth.TRUE if expected else Truth.FALSE)


@pytest.mark.parametrize(
    "lines",
    [
        (FORGED,),
        (),
        ("Authentication-Results: dkim=pass; dmarc=pass",),
        ("ARC-Authentication-Results: i=1; mx.example.org; dkim=pass; dmarc=pass",),
        ("X-Authentication-Results: mx.example.org; dkim=pass; dmarc=pass",),
        ("Authentication-Results: mx.example.org; dmarc=fail", "Authentication-Results: mx.example.org; dmarc=pass"),
        ("Authentication-Results: mx.example.org; spf=pass smtp.mailfrom==?utf-8?q?a;_dmarc=3Dpass?=",),
        ('Authentication-Results: mx.example.org; spf=pass smtp.mailfrom="a; dmarc=pass"',),
        ("Authentication-Results: mx.example.org; none",),
    ],
)
def test_forgeries_and_silence_are_no_pass(lines: tuple[str, ...]) -> None:
    assert truth({"dmarc": "pass"}, *lines) is Truth.FALSE
    assert truth({"dmarc": "pass"}, *lines, known=False) is Truth.UNKNOWN


def test_without_a_server_to_believe_the_contrary_is_unknown_as_well() -> None:
    rules = ruleset(rule({"not": {"auth": {"dkim": "pass"}}}))
    assert decide(rules, message(GOOD), FACTS).unknown == ("r",)
    assert decide(rules, message(), MINE).matched == ("r",)


@pytest.mark.parametrize(
    ("field", "domain"),
    [
        ("dkim=pass header.i=ann@mail.shop.example", "mail.shop.example"),
        ("dkim=pass header.i=@xn--bcher-kva.example", "bücher.example"),
        ("dkim=fail header.d=other.example; dkim=pass header.d=shop.example", "shop.example"),
    ],
)
def test_of_a_signature_the_domain_counts(field: str, domain: str) -> None:
    line = f"Authentication-Results: mx.example.org; {field}"
    assert truth({"dkim": {"result": "pass", "domain": domain}}, line) is Truth.TRUE
    assert truth({"dkim": {"result": "pass", "domain": "other.example"}}, line) is Truth.FALSE


@pytest.mark.parametrize(
    ("field", "domain"),
    [
        ("spf=none smtp.mailfrom=<> smtp.helo=mx.shop.example", "mx.shop.example"),
        ("spf=none smtp.mailfrom=shop.example", "shop.example"),
        ("spf=none smtp.mailfrom=<ann@shop.example>", "shop.example"),
    ],
)
def test_of_an_envelope_the_sender_counts_and_else_who_said_hello(field: str, domain: str) -> None:
    line = f"Authentication-Results: mx.example.org; {field}"
    assert truth({"spf": {"result": "none", "domain": domain}}, line) is Truth.TRUE


def test_a_server_that_gives_no_name_can_be_believed_as_such() -> None:
    facts = replace(FACTS, authserv_ids=("-",))
    mail = message("Authentication-Results: spf=pass smtp.mailfrom=x.example; dkim=none")
    assert decide(ruleset(rule({"auth": {"spf": "pass", "dkim": "none"}})), mail, facts).matched == ("r",)


def test_a_trace_shows_the_results() -> None:
    rules = ruleset(rule({"auth": {"dkim": {"result": ["pass", "none"], "domain": "shop.example"}}}))
    traces = [
        rules.explain(message(*lines), facts).trace[0].conditions[0]
        for lines, facts in (((GOOD,), MINE), ((), MINE), ((GOOD,), FACTS))
    ]
    assert traces[0].key == "auth.dkim"
    assert traces[0].wanted == 'result "pass" or "none" and domain.is "shop.example"'
    assert [trace.seen for trace in traces] == ["pass shop.example", "(absent)", "(the account has no authserv_id)"]


@pytest.mark.parametrize(
    ("match", "where", "says"),
    [
        ("pass", (), 'write the method and its result, as in auth.dkim = "pass"'),
        ({}, (), "an empty table says nothing"),
        ({"dkim": "ok"}, ("dkim",), '"ok" is no result: write one of pass, fail'),
        ({"dkim": True}, ("dkim",), "this is true: write one of pass"),
        ({"dkim": []}, ("dkim",), "an empty list matches nothing"),
        ({"spf": {"domain": "x.example"}}, ("spf",), "say which result as well"),
        ({"spf": {"result": "pass", "domain": "@x.example"}}, ("spf", "domain"), "a domain has no @ in it"),
        ({"arc": {"result": "pass", "domain": "x.example"}}, ("arc", "domain"), "extra_forbidden"),
        ({"dmark": "pass"}, ("dmark",), "extra_forbidden"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(match: object, where: tuple[str, ...], says: str) -> None:
    ((place, text),) = problems(match={"auth": match})
    assert place == ("match", "auth", *where)
    assert says in text
