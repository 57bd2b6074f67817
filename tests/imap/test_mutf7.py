"""Modified UTF-7, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.imap import mutf7

unicode_text = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("", b""),
        ("INBOX", b"INBOX"),
        ("a&b", b"a&-b"),
        ("&&", b"&-&-"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 §5.1.3
        ("Entwürfe", b"Entw&APw-rfe"),
        ("Вхідні", b"&BBIERQRWBDQEPQRW-"),
        ("😀", b"&2D3eAA-"),
        ("a\tb", b"a&AAk-b"),
        ("é&è", b"&AOk-&-&AOg-"),
    ],
)
def test_known_answers(text: str, raw: bytes) -> None:
    assert mutf7.encode(text) == raw
    assert mutf7.decode(raw) == text


@given(unicode_text)
@settings(max_examples=200)
def test_decoding_gives_back_what_was_encoded(text: str) -> None:
    assert mutf7.decode(mutf7.encode(text)) == text


@given(unicode_text)
@settings(max_examples=100)
def test_encoded_text_is_printable_ascii(text: str) -> None:
    assert all(0x20 <= octet < 0x7F for octet in mutf7.encode(text))


def test_a_shift_after_a_shift_is_understood() -> None:
    assert mutf7.decode(b"&APw-&APw-") == "üü"


@pytest.mark.parametrize(
    "raw",
    [
        b"&",
        b"&APw",
        b"a&APw b",
        b"&AEE-",  # "A" must stand for itself
        b"&Jjo!-",
        b"&A-",
        b"&AP-",
        b"&APx-",
        b"&APwA-",
        b"&APw=-",
        b"&AP/8-",
        b"&2D0-",
        b"caf\xc3\xa9",
        b"a\tb",
    ],
)
def test_what_is_not_modified_utf_7_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- any of its children
        mutf7.decode(raw)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        mutf7.encode("\ud83d")


@given(st.binary())
@settings(max_examples=200)
def test_decoding_octets_gives_text_or_a_value_error(raw: bytes) -> None:
    try:
        text = mutf7.decode(raw)
    except ValueError:
        return
    assert mutf7.decode(mutf7.encode(text)) == text
