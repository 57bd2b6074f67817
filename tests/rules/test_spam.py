"""`spam` and `virus`: what the usual scanners write, and that forging can only harm who forges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message
from mailrules.rules.scanners import SPAM_HEADERS, VIRUS_HEADERS
from tests.rules.builders import FACTS, matches, message, problems, rule, ruleset

SPAMASSASSIN = "X-Spam-Status: Yes, score=7.5 required=5.0 tests=BAYES_99,\r\n\tHTML_MESSAGE autolearn=no version=4.0"
HAM = "X-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00 version=4.0.0"
AMAVIS = "X-Spam-Status: Yes, score=10.6 tag=-999 tag2=6.2 kill=6.9 tests=[BAYES_99=4]"
RSPAMD = (
    "X-Spamd-Result: default: False [3.75 / 15.00];\r\n\tSUBJECT_HAS_EXCLAIM(0.00)[];\r\n\tR_SPF_ALLOW(-0.20)[+ip4]"
)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["X-Spam-Flag: YES"], True),
        (["X-Spam-Flag: no"], False),
        ([SPAMASSASSIN], True),
        ([HAM], False),
        ([AMAVIS], True),
        ([RSPAMD], False),
        (["X-Spamd-Result: default: True [16.10 / 15.00]"], True),
        (["X-Rspamd-Action: add header"], True),
        (["X-Rspamd-Action: no action"], False),
        (["X-Spam: Yes"], True),
        (["X-Bogosity: Spam, tests=bogofilter, spamicity=0.99, version=1.2.5"], True),
        (["X-Bogosity: Unsure, tests=bogofilter, spamicity=0.50"], False),
        (["X-DSPAM-Result: Spam"], True),
        (["X-Spambayes-Classification: ham; 0.01"], False),
        (["X-CRM114-Status: SPAM  ( -10.5 )"], True),
        (["X-Barracuda-Spam-Status: No, SCORE=0.00 using per-user scores"], False),
        (["X-MS-Exchange-Organization-SCL: 5"], True),
        (["X-MS-Exchange-Organization-SCL: -1"], False),
        (["X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:;LANG:en;SCL:9;SRV:;SFV:SPM"], True),
        (["X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:1;SFV:NSPM"], False),
        ([], False),
        (["X-Spam-Flag: maybe"], False),
        (["X-Spam-Checker-Version: SpamAssassin 4.0.0", "X-Spam-Level: *"], False),
        (["X-Spam-Flag: NO", SPAMASSASSIN], True),
        (["X-Spam-Flag: YES", "X-Spam-Flag: NO"], True),
        (["X-Spam-Flag: NO", "X-Spam-Flag: YES"], False),
    ],
)
def test_spam_is_what_a_scanner_calls_so(lines: list[str], expected: bool) -> None:
    assert matches({"spam": True}, message(*lines)) is expected
    assert matches({"spam": False}, message(*lines)) is not expected


@pytest.mark.parametrize(
    ("lines", "match", "expected"),
    [
        ([SPAMASSASSIN], {"score": {"over": 7}}, True),
        ([SPAMASSASSIN], {"score": 7.5}, True),
        ([SPAMASSASSIN], {"score": {"over": 7.5}}, False),
        ([HAM], {"score": {"under": 0}}, True),
        (["X-Spam-Status: No, hits=4.9 required=5"], {"score": {"at_least": 4.9}}, True),
        ([RSPAMD], {"score": {"over": 3, "under": 4}}, True),
        (["X-Spam-Score: 6.1"], {"score": {"over": 6}}, True),
        (["X-Spam-Score: 6.1 (++++++)"], {"score": 6.1}, True),
        ([HAM, "X-Spam-Score: -19"], {"score": -1.9}, True),
        (["X-Rspamd-Score: 1", "X-Barracuda-Spam-Score: 2.5"], {"score": 2.5}, True),
        (["X-Spam-Flag: YES"], {"score": {"under": 1000}}, False),
        ([], {"score": {"at_most": 1000}}, False),
        ([SPAMASSASSIN], {"percent": 100}, True),
        ([HAM], {"percent": 0}, True),
        ([RSPAMD], {"percent": 25}, True),
        (["X-Spam-Status: No, score=3.1 tag2=6.2 kill=6.9"], {"percent": 50}, True),
        (["X-Bogosity: Spam, tests=bogofilter, spamicity=0.9987"], {"percent": {"over": 99}}, True),
        (["X-DSPAM-Probability: 0.25"], {"percent": 25}, True),
        (["X-Spambayes-Classification: unsure; 0.44"], {"percent": {"at_least": 44, "under": 45}}, True),
        (["X-Spam-Status: No, score=3 required=0"], {"percent": {"at_least": 0}}, False),
        ([], {"percent": {"at_least": 0}}, False),
        ([RSPAMD], {"is": False, "percent": {"at_least": 20}}, True),
        ([RSPAMD], {"is": True, "percent": {"at_least": 20}}, False),
    ],
)
def test_points_are_those_that_the_scanner_has_given(lines: list[str], match: object, expected: bool) -> None:
    assert matches({"spam": match}, message(*lines)) is expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["X-Virus-Status: Infected (Eicar-Signature)"], True),
        (["X-Virus-Status: Clean"], False),
        (["X-Virus-Flag: Yes"], True),
        (["X-Amavis-Alert: INFECTED, message contains virus: EICAR"], True),
        (["X-Amavis-Alert: BANNED, message contains .exe"], False),
        (["X-Antivirus-Status: Clean"], False),
        (["X-MailScanner: Found to be infected"], True),
        (["X-Virus: Eicar-Signature"], True),
        (["X-Virus: no"], False),
        (["X-Virus-Scanned: clamav-milter 1.0 at mx.example.org"], False),
        (["X-Virus-Status: Clean", "X-Virus-Flag: yes"], True),
        ([], False),
    ],
)
def test_a_virus_is_what_a_scanner_has_found(lines: list[str], expected: bool) -> None:
    assert matches({"virus": True}, message(*lines)) is expected
    assert matches({"virus": False}, message(*lines)) is not expected


def test_the_fields_of_scanners_are_fetched() -> None:
    assert ruleset(rule({"spam": True})).header_fields == SPAM_HEADERS
    assert ruleset(rule({"virus": True})).header_fields == VIRUS_HEADERS


def test_a_trace_shows_what_scanners_say() -> None:
    rules = ruleset(rule({"spam": {"is": True, "score": {"over": 5}}, "virus": True}))
    spam, virus = rules.explain(message(SPAMASSASSIN, "X-Virus-Status: Clean"), FACTS).trace[0].conditions
    assert (spam.wanted, spam.seen) == ("is true and score.over 5", "spam, score 7.5, 100 percent")
    assert (virus.key, virus.wanted, virus.seen) == ("virus.is", "true", "none found")
    nothing = rules.explain(message(), FACTS).trace[0].conditions
    assert [each.seen for each in nothing] == ["(absent)", "(absent)"]


HEADERS = st.sampled_from(sorted(SPAM_HEADERS | VIRUS_HEADERS))
SOUP = st.lists(st.sampled_from(["score=", "required=", "[", "/", "]", " ", "1", ".", "-", "e9", "nan", "yes", "scl:"]))


@given(st.lists(st.tuples(HEADERS, SOUP.map("".join))))
def test_whatever_is_written_is_no_error(lines: list[tuple[str, str]]) -> None:
    mail = Message("".join(f"{name}: {value}\r\n" for name, value in lines).encode())
    ruleset(rule({"spam": {"score": {"over": 5}, "percent": {"over": 5}}, "virus": True})).explain(mail, FACTS)


@pytest.mark.parametrize("junk", ["score=1", "score=", "[", "[1", "1", "score= ", "[1.1/"])
def test_endless_fields_take_a_moment_only(junk: str) -> None:
    value = junk * (256 * 1024 // len(junk))
    lines = [f"{name}: {value}" for name in ("X-Spam-Status", "X-Spam-Score", "X-Spamd-Result", "X-Bogosity")]
    rules = ruleset(rule({"spam": {"score": {"over": 5}, "percent": {"over": 5}}}))
    assert len(rules.explain(message(*lines), FACTS).trace[0].conditions[0].seen) <= 100


@pytest.mark.parametrize(
    ("match", "where", "says"),
    [
        ({"spam": "yes"}, ("spam",), "this is text: write spam = true"),
        ({"spam": 5}, ("spam",), "this is a number: write spam = true, or spam.score.over = 5"),
        ({"spam": {}}, ("spam",), "an empty table says nothing"),
        ({"spam": {"score": "5"}}, ("spam", "score"), "write the number without quotes: 5"),
        ({"spam": {"points": 5}}, ("spam", "points"), "extra_forbidden"),
        ({"virus": "yes"}, ("virus",), "write true or false, without quotes, not text"),
        ({"virus": {}}, ("virus",), "an empty table says nothing: write virus = true"),
    ],
)
def test_a_mistake_is_an_error_that_says_what_to_write(match: object, where: tuple[str, ...], says: str) -> None:
    ((place, text),) = problems(match=match)
    assert place == ("match", *where)
    assert says in text
