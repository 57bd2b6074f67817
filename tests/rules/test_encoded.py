"""Encoded words come out as people are meant to read them, also when they were badly made."""

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import encoded
from mailrules.rules.charsets import _codec, decode_octets, guess
from mailrules.rules.encoded import decode_words


def b64(octets: bytes, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(octets).decode()}?="


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("plain", "plain"),
        ("=?utf-8?Q?caf=C3=A9?=", "café"),
        ("=?UTF-8?q?caf=c3=a9?=", "café"),
        ("=?utf-8?B?Y2Fmw6k=?=", "café"),
        ("=?utf-8?b?Y2Fmw6k=?=", "café"),
        ("=?utf-8?Q?a_b?=", "a b"),
        ("=?utf-8?Q?a=5Fb?=", "a_b"),
        ("=?utf-8?Q?a b?=", "a b"),
        ("=?utf-8?Q??=", ""),
        ("=?utf-8?B??=", ""),
        # RFC 2047 §8
        ("(=?ISO-8859-1?Q?a?=)", "(a)"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        # split inside a character
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"),
        ("=?utf-8?B?w6Q=?= =?utf-8?Q?=C3?= =?UTF-8?B?pA==?=", "ää"),
        (f"{b64('✓'.encode()[:2])} {b64('✓'.encode()[2:])}", "✓"),
        (
            f"{b64('あい'.encode('shift_jis')[:3], 'shift_jis')} {b64('あい'.encode('shift_jis')[3:], 'shift_jis')}",
            "あい",
        ),
        # split inside a base64 quantum
        ("=?utf-8?B?4py?= =?utf-8?B?T?=", "✓"),
        # no padding, too much of it, rubbish in it, one character too many
        ("=?utf-8?B?YQ?=", "a"),
        ("=?utf-8?B?YWI?= =?utf-8?B?YWI?=", "abab"),
        ("=?utf-8?B?YQ====?=", "a"),
        ("=?utf-8?B?Y W?I=?=", "ab"),
        ("=?utf-8?B?YWJjZ?=", "abc"),
        # joined to other text, which is against §5
        ("Re:=?utf-8?Q?=C3=A4?=x", "Re:äx"),
        ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        # an unescaped question mark
        ("=?utf-8?Q?what??=", "what?"),
        ("=?utf-8?Q?a?b?=", "a?b"),
        # never closed
        ("=?utf-8?Q?abc", "=?utf-8?Q?abc"),
        ("=?utf-8?Q?abc =?utf-8?Q?def?=", "=?utf-8?Q?abc def"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?=ZZ=4?=", "=ZZ=4"),
        # charsets
        ("=?utf-8*de?Q?=C3=A4?=", "ä"),
        ("=?iso-8859-1?Q?=E4=80?=", "ä€"),
        ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
        ("=?windows-1251?Q?=CF=F0=E8=E2=E5=F2?=", "Привет"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?ks_c_5601-1987?B?x9GxuQ==?=", "한국"),
        ("=?big5?B?pKSk5Q==?=", "中文"),
        ("=?utf-7?Q?+AOQ-?=", "ä"),
        ("=?iso-8859-8-i?Q?=F9?=", "ש"),
        ("=?unknown-8bit?Q?=C3=A4?=", "ä"),
        ("=?unknown-8bit?Q?=E4?=", "ä"),
        ("=?x?Q?a?=", "a"),
        ("=??Q?a?=", "a"),
        ("=?us-ascii?Q?=C3=A4?=", "ä"),
        ("=?utf-8?Q?=E4?=", "ä"),
        ("=?euc-jp?Q?a=FFb?=", "a\ufffdb"),
        # names of Python's codecs that are no charsets
        ("=?punycode?Q?mnchen-3ya?=", "mnchen-3ya"),
        ("=?unicode_escape?Q?=5Cn?=", "\\n"),
        ("=?rot13?Q?n?=", "n"),
        ("=?idna?Q?xn--a?=", "xn--a"),
    ],
)
def test_encoded_words_are_decoded(text: str, decoded: str) -> None:
    assert decode_words(text) == decoded


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"plain", "plain"),
        ("für".encode(), "für"),
        ("für".encode("latin-1"), "für"),
        (b"\x80uro", "€uro"),
        (b"\x81\x8d", "\x81\x8d"),
        ("Привет, мир".encode()[:-1], "Привет, ми\ufffd"),
        (b"", ""),
    ],
)
def test_octets_without_a_charset_are_utf8_where_they_can_be(octets: bytes, text: str) -> None:
    assert guess(octets) == text


@given(st.text(), st.sampled_from(["utf-8", "utf-16-be", "gb18030"]), st.integers(0, 40))
def test_words_split_anywhere_are_joined(text: str, charset: str, cut: int) -> None:
    octets = text.encode(charset)

    assert decode_words(f"{b64(octets[:cut], charset)} {b64(octets[cut:], charset)}") == text


@given(st.binary(), st.sampled_from(["utf-7", "utf-16", "utf-32", "hz", "iso-2022-kr", "johab", "cp037", "", "ä\0"]))
def test_any_octets_in_any_charset_give_text_that_can_be_encoded(octets: bytes, charset: str) -> None:
    decode_octets(octets, charset).encode()


@given(
    st.text()
    | st.lists(st.sampled_from(["=?", "?=", "?", "q", "B", "utf-7", " ", "=", "a", "+2AA-", "_"])).map("".join)
)
def test_no_text_makes_decoding_raise(text: str) -> None:
    decode_words(text)


def test_a_charset_that_nobody_knows_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python keeps every name of a codec that it was ever asked for, so a sender's inventions must not reach it."""
    asked: list[str] = []
    lookup = codecs.lookup

    def asking(name: str) -> codecs.CodecInfo:
        asked.append(name)
        return lookup(name)

    monkeypatch.setattr(codecs, "lookup", asking)
    _codec.cache_clear()
    for charset in ("x" * 1000, "x-7f3a", "cp99999", "latin-1", "Latin--1", "ISO_8859-1:1987", "KOI8-U"):
        decode_octets(b"", charset)
    assert asked == ["latin_1", "latin_1", "iso_8859_1_1987", "koi8_u"]
    assert _codec.cache_info().currsize == 6


@given(st.lists(st.text(st.sampled_from("QUJ=+/-\né"), max_size=9), max_size=3))
def test_strict_base64_is_read_as_any_other(texts: list[str]) -> None:
    assert encoded._from_base64(texts) == encoded._from_any_base64(texts)
