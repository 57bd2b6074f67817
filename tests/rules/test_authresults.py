"""Authentication-Results are read as servers write them, in linear time, and never with an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.authresults import MAX_RESULTS, NAMELESS, Result, Results, believed, parse_results
from tests.growth import is_linear

GMAIL = (
    "mx.google.com;       dkim=pass header.i=@github.com header.s=pf2023 header.b=Ab/c=;"
    "       spf=pass (google.com: domain of n@github.com; designates 192.0.2.1 (as) permitted)"
    " smtp.mailfrom=bounces+1=ann=x.example@github.com;       dmarc=pass (p=REJECT sp=REJECT) header.from=github.com"
)
MICROSOFT = (
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=X.example; dkim=pass (signature was verified)"
    " header.d=x.example;dmarc=pass action=none header.from=x.example;compauth=pass reason=100"
)
FANCY = (  # RFC 8601, appendix B.7: comments wherever they may stand
    "foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail"
    " policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462"
)


def dkim(result: str, **properties: str) -> Result:
    return Result("dkim", result, tuple((f"header.{name}", value) for name, value in properties.items()))


SPF = Result("spf", "pass", (("smtp.mailfrom", "a"),))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            GMAIL,
            Results(
                "mx.google.com",
                (
                    dkim("pass", i="@github.com", s="pf2023", b="ab/c="),
                    Result("spf", "pass", (("smtp.mailfrom", "bounces+1=ann=x.example@github.com"),)),
                    Result("dmarc", "pass", (("header.from", "github.com"),)),
                ),
            ),
        ),
        (
            MICROSOFT,
            Results(
                NAMELESS,
                (
                    Result("spf", "pass", (("smtp.mailfrom", "x.example"),)),
                    dkim("pass", d="x.example"),
                    Result("dmarc", "pass", (("header.from", "x.example"),)),
                    Result("compauth", "pass"),
                ),
            ),
        ),
        (FANCY, Results("foo.example.net", (Result("dkim", "fail", (("policy.expired", "1362471462"),)),))),
        ("example.com 1; none", Results("example.com")),
        ("example.com; none", Results("example.com")),
        ("MX.Example.org;DKIM=PASS", Results("mx.example.org", (dkim("pass"),))),
        ("mx/7; dkim/1=pass", Results("mx/7", (dkim("pass"),))),
        ('"mx; a=b \\"c\\"" 1; dkim=pass', Results('mx; a=b "c"', (dkim("pass"),))),
        ('mx; dkim="pass" header.d = "a b.example"', Results("mx", (dkim("pass", d="a b.example"),))),
        ("mx; dkim = pass header . d = x.example", Results("mx", (dkim("pass", d="x.example"),))),
        ('mx; dkim=fail reason="bad; dkim=pass" header.d=x', Results("mx", (dkim("fail", d="x"),))),
        ("mx; dkim=fail (bad; dkim=pass) header.d=x", Results("mx", (dkim("fail", d="x"),))),
        ("mx; dkim=fail (a\\); dkim=pass (b)) header.d=x", Results("mx", (dkim("fail", d="x"),))),
        ("mx; dkim=pass; dkim=fail header.d=y;", Results("mx", (dkim("pass"), dkim("fail", d="y")))),
        # what a sender does not close hides nothing of what the server says behind it
        ("mx; spf=pass smtp.mailfrom=a(b; dkim=fail (bad) header.d=x", Results("mx", (SPF, dkim("fail", d="x")))),
        ("mx; spf=pass smtp.mailfrom=a (b; dkim=fail", Results("mx", (SPF, dkim("fail")))),
        ('mx; spf=pass smtp.mailfrom=a "b; dkim=fail', Results("mx", (SPF, dkim("fail")))),
        ("mx; spf=pass smtp.mailfrom=a \\; dkim=fail", Results("mx", (SPF, dkim("fail")))),
        ('mx; spf=pass smtp.mailfrom=a \\"; dkim=fail "(x)"', Results("mx", (SPF, dkim("fail")))),
        ("mx; header.d=x; =pass; dkim; dkim=", Results("mx", (dkim(""),))),
        ("mx; junk dkim=pass more junk header.d=x", Results("mx", (dkim("pass", d="x"),))),
        ("", Results(NAMELESS)),
        (";", Results(NAMELESS)),
        ("(only a comment)", Results(NAMELESS)),
        ("\\", Results("\\")),
    ],
)
def test_a_field_is_read(written: str, expected: Results) -> None:
    assert parse_results(written) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), ()),
        (("mx; dkim=pass",), (dkim("pass"),)),
        (("mx; dkim=fail", "mx; dkim=pass"), (dkim("fail"),)),
        (("mx; spf=fail", "mx; dkim=pass"), (dkim("pass"),)),
        (("other; dkim=fail", "MX; dkim=pass"), (dkim("pass"),)),
        (("mx.evil; dkim=pass", "mx ; none", "evil.mx; dkim=pass", '"mx;"; dkim=pass', "dkim=pass"), ()),
        (("mx; dkim=pass; dkim=fail",), (dkim("pass"), dkim("fail"))),
        # what is below a field of somebody else has come with the message
        (("other; spf=pass", "mx; spf=fail", "mx; dkim=pass", "other; none", "mx; dkim=fail"), (dkim("pass"),)),
        (("mx; spf=fail", "other; dkim=fail", "mx; dkim=pass"), ()),
    ],
)
def test_the_topmost_field_of_a_believed_server_that_names_the_method_decides(
    fields: tuple[str, ...], expected: tuple[Result, ...]
) -> None:
    assert believed(map(parse_results, fields), {"mx"}, "dkim") == expected


def test_of_one_field_so_many_results_are_read() -> None:
    assert len(parse_results("mx" + ";a=b" * 5000).results) == MAX_RESULTS


SOUP = st.lists(st.sampled_from([*list(' \t()"\\;=./aB1@'), "dkim=pass", "mx"])).map("".join)


@given(st.one_of(st.text(), SOUP))
def test_whatever_is_written_is_no_error(text: str) -> None:
    read = parse_results(text)
    assert all("." not in result.method for result in read.results)


@pytest.mark.parametrize(
    "junk",
    [
        "(",
        "()",
        '"',
        '"\\',
        "\\",
        ";",
        "=",
        "a=",
        "a. ",
        "a/ ",
        ";a=b",
        "a=b ",
        " ",
        "( ",
        '"" ',
        "a",
        "(;",
        '";',
        '";\\',
        "(\\;",
    ],
)
def test_256_kib_of_junk_take_a_moment_only(junk: str) -> None:
    assert is_linear(lambda size: parse_results(junk * (size // len(junk))), 256 << 10)
