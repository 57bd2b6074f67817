"""Conditions on addresses: the shorthand, the parts, and that they hold of one address."""

import pytest

from mailrules.rules import Message
from tests.rules.builders import matches, message

MAIL = message(
    'From: "Lee, Ann" <Ann.Lee+Work@Example.ORG>',
    "To: =?utf-8?Q?J=C3=BCrgen?= <juergen@xn--mller-kva.example>, Bob <bob@sub.example.net>",
    "Cc: carol@example.com",
    "Sender: root",
    "Reply-To: undisclosed: ;",
)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        # the shorthand
        ({"from": "ann.lee+work@example.org"}, True),
        ({"from": "ann.lee@example.org"}, False),
        ({"from": "@example.org"}, True),
        ({"from": "@EXAMPLE.org"}, True),
        ({"from": "@ple.org"}, False),
        ({"from": "@*.example.org"}, False),
        ({"to": "@example.net"}, False),
        ({"to": "@*.example.net"}, True),
        ({"to": "@*.net"}, True),
        ({"from": "ann*"}, True),
        ({"from": "*@example.org"}, True),
        ({"from": "*+work@*"}, True),
        ({"from": "?nn.lee+work@example.org"}, True),
        ({"from": "lee*"}, False),
        ({"from": ["@nowhere.example", "ann*@example.org"]}, True),
        ({"from": ["@nowhere.example", "bob@example.org"]}, False),
        ({"from": {"matches": "@example.org"}}, True),
        ({"from": {"matches": "ann.lee+work@example.org", "case_sensitive": True}}, False),
        ({"from": {"matches": "Ann.Lee+Work@EXAMPLE.org", "case_sensitive": True}}, True),
        ({"from": {"matches": "Ann*@example.org", "case_sensitive": True}}, True),
        ({"from": {"matches": ["x@example.org", "@example.org"], "case_sensitive": True}}, True),
        # international domains
        ({"to": "@müller.example"}, True),
        ({"to": "@MÜLLER.example"}, True),
        ({"to": "juergen@müller.example"}, True),
        ({"to": "*@m*.müller.example"}, False),
        ({"to": "*@müller.example"}, True),
        ({"to": {"domain": "müller.example"}}, True),
        ({"to": {"domain": {"ends_with": ".example"}}}, True),
        ({"to": {"address": "juergen@müller.example"}}, True),
        # the parts
        ({"from": {"address": "ann.lee+work@example.org"}}, True),
        ({"from": {"address": {"starts_with": "ann"}}}, True),
        ({"from": {"address": {"contains": "+work@"}}}, True),
        ({"from": {"address": {"glob": "ann*@example.???"}}}, True),
        ({"from": {"address": {"regex": "^Ann.*@example.org$"}}}, True),
        ({"from": {"local": "ann.lee+work"}}, True),
        ({"from": {"local": "ann"}}, False),
        ({"from": {"local": {"is": "ann.lee+work", "case_sensitive": True}}}, False),
        ({"from": {"user": "ann.lee"}}, True),
        ({"from": {"detail": "work"}}, True),
        ({"from": {"detail": ["home", "work"]}}, True),
        ({"from": {"detail": {"exists": False}}}, False),
        ({"cc": {"detail": {"exists": False}}}, True),
        ({"cc": {"user": "carol"}}, True),
        ({"from": {"domain": "example.org"}}, True),
        ({"from": {"domain": "org"}}, False),
        ({"from": {"domain": ["example.com", "example.org"]}}, True),
        ({"from": {"domain": {"ends_with": [".org", ".net"]}}}, True),
        ({"from": {"domain": {"glob": "*.org"}}}, True),
        ({"from": {"domain": {"is": "EXAMPLE.org", "case_sensitive": True}}}, True),
        ({"from": {"name": "lee"}}, True),
        ({"from": {"name": {"is": "lee, ann"}}}, True),
        ({"to": {"name": "jürgen"}}, True),
        ({"cc": {"name": {"exists": False}}}, True),
        ({"cc": {"name": {"exists": True}}}, False),
        ({"cc": {"name": "carol"}}, False),
        ({"sender": {"local": "root"}}, True),
        ({"sender": {"domain": {"exists": False}}}, True),
        ({"sender": "@*"}, False),
        # the whole header
        ({"from": {"contains": "lee, ann <ann.lee+work@example.org>"}}, True),
        ({"from": {"is": "Lee, Ann <ann.lee+work@example.org>"}}, True),
        ({"from": {"starts_with": "lee"}}, True),
        ({"from": {"ends_with": "example.org>"}}, True),
        ({"from": {"glob": "lee*example.org>"}}, True),
        ({"from": {"regex": r"Ann <Ann\.Lee"}}, True),
        ({"to": {"contains": "jürgen"}}, True),
        ({"reply_to": {"contains": "undisclosed"}}, True),
        ({"to": {"contains": "jürgen", "domain": "sub.example.net"}}, True),
        ({"to": {"contains": "carol", "domain": "sub.example.net"}}, False),
        # presence
        ({"from": {"exists": True}}, True),
        ({"bcc": {"exists": False}}, True),
        ({"bcc": {"exists": True}}, False),
        ({"bcc": "@example.org"}, False),
        ({"reply_to": {"exists": True}}, True),
        ({"reply_to": {"address": {"exists": True}}}, False),
        # one address has to be all of it
        ({"to": {"domain": "sub.example.net", "name": "bob"}}, True),
        ({"to": {"domain": "sub.example.net", "name": "jürgen"}}, False),
        ({"all": [{"to": {"domain": "sub.example.net"}}, {"to": {"name": "jürgen"}}]}, True),
        ({"to": {"matches": "@sub.example.net", "local": "bob"}}, True),
        ({"to": {"matches": "@sub.example.net", "local": "juergen"}}, False),
        # recipient is To, Cc and Bcc
        ({"recipient": "carol@example.com"}, True),
        ({"recipient": "bob@sub.example.net"}, True),
        ({"recipient": "@example.org"}, False),
        ({"recipient": {"contains": "carol"}}, True),
    ],
)
def test_addresses_are_matched(match: object, expected: bool) -> None:
    assert matches(match, MAIL) is expected


@pytest.mark.parametrize(
    ("mail", "match"),
    [
        (message("From: a@example.org", "From: b@example.org"), {"from": "b@example.org"}),
        (message("To: Friends: a@example.org, b@example.org;"), {"to": "b@example.org"}),
        (message("From: a@example.org (Ann)"), {"from": {"name": "ann"}}),
        (message("From: <@relay.example:a@example.org>"), {"from": "a@example.org"}),
        (message("From: a @ example . org"), {"from": "a@example.org"}),
        (message("From: =?utf-8?Q?b=40evil=2Eexample?= <a@example.org>"), {"not": {"from": "@evil.example"}}),
        (message("Bcc: a@example.org"), {"recipient": "a@example.org"}),
    ],
)
def test_addresses_are_found_in_hard_headers(mail: Message, match: object) -> None:
    assert matches(match, mail)


def test_a_missing_header_has_no_address() -> None:
    assert not matches({"from": "*"}, message())
    assert matches({"not": {"from": "@example.org"}}, message())
