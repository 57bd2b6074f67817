"""Domains are compared as A-labels, bad ones as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.domains import _spelling, a_labels, part_of_domain, u_labels


@pytest.mark.parametrize(
    ("domain", "compared"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("ｅｘａｍｐｌｅ.org", "example.org"),
        ("*.münchen.example", "*.xn--mnchen-3ya.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("a..ü", "a..xn--tda"),
        (".münchen.example", ".xn--mnchen-3ya.example"),
        ("Ü" * 64, "ü" * 64),
        ("under_score.example", "under_score.example"),
        ("", ""),
        ("Ü." * 200, "ü." * 199 + "ü"),
        ("X" * 300 + ".", "x" * 300),
    ],
)
def test_a_domain_has_one_spelling(domain: str, compared: str) -> None:
    assert a_labels(domain) == compared


@pytest.mark.parametrize(
    ("domain", "written"),
    [
        ("xn--mnchen-3ya.example", "münchen.example"),
        ("mail.xn--strae-oqa.example", "mail.straße.example"),
        ("example.org", "example.org"),
        ("xn--.example", "xn--.example"),
        ("xn--" + "a" * 60 + ".example", "xn--" + "a" * 60 + ".example"),
        ("xn--bank-example-", "xn--bank-example-"),
        ("xn--tdaB", "xn--tdaB"),
    ],
)
def test_a_domain_is_read_as_people_write_it_where_that_is_the_same_domain(domain: str, written: str) -> None:
    assert u_labels(domain) == written


@given(st.from_regex(r"(xn--[a-z0-9-]{0,30}\.){1,3}example", fullmatch=True))
def test_no_label_looks_like_another_domain(domain: str) -> None:
    assert a_labels(u_labels(domain)) == a_labels(domain)
    assert u_labels(domain).count(".") == domain.count(".")


@pytest.mark.parametrize(
    ("part", "compared"),
    [
        ("Mail.", "mail."),
        (".", "."),
        ("MÜNCH", "münch"),
        ("*.München.example.", "*.münchen.example."),
        ("例え。", "例え."),
    ],
)
def test_what_is_looked_for_in_domains_keeps_its_dots(part: str, compared: str) -> None:
    assert part_of_domain(part) == compared


@given(st.text())
def test_no_domain_makes_it_raise_and_twice_is_once(domain: str) -> None:
    assert a_labels(a_labels(domain)) == a_labels(domain)


def test_what_is_too_long_for_a_domain_is_not_remembered() -> None:
    before = _spelling.cache_info().currsize
    for length in (256, 10_000):
        a_labels("x" * length)
        a_labels("ü" * length)
    assert _spelling.cache_info().currsize == before
