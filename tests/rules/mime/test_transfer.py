"""Encodings are undone as far as they can be, wherever the text was cut off."""

from base64 import b64encode
from quopri import encodestring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.mime.transfer import decode_transfer


@pytest.mark.parametrize(
    ("octets", "encoding", "expected"),
    [
        (b"aGVsbG8=", "base64", b"hello"),
        (b"aGVs\r\nbG8=\r\n", "base64", b"hello"),
        (b"aGVsbG8", "base64", b"hello"),
        (b"aGVsbG", "base64", b"hell"),
        (b"aGVsb", "base64", b"hel"),
        (b"*aG-V s,bG8\xff=", "base64", b"hello"),
        (b"aGk=aGk=", "base64", b"hihi"),
        (b"====", "base64", b""),
        (b"aGVsbG8=", " base64 ", b"hello"),
        (b"aGVsbG8=", "base64; x", b"hello"),
        (b"a=3Db=\r\nc", "quoted-printable", b"a=bc"),
        (b"a=3db", "quoted-printable", b"a=b"),
        (b"a= \t\r\nb  \r\n", "quoted-printable", b"ab\r\n"),
        (b"a=ZZ=", "quoted-printable", b"a=ZZ"),
        (b"a=4", "quoted-printable", b"a=4"),
        (b"a\nb=\nc", "quoted-printable", b"a\nbc"),
        (b"a_b", "quoted-printable", b"a_b"),
        (b"a=3D", "7bit", b"a=3D"),
        (b"a=3D\xff", "8bit", b"a=3D\xff"),
        (b"a=3D", "binary", b"a=3D"),
        (b"a=3D", "x-uue", b"a=3D"),
        (b"a=3D", "", b"a=3D"),
    ],
)
def test_it_is_decoded(octets: bytes, encoding: str, expected: bytes) -> None:
    assert decode_transfer(octets, encoding) == expected


@given(st.binary(max_size=300), st.integers(0, 500))
def test_base64_may_be_cut_off_anywhere(octets: bytes, length: int) -> None:
    decoded = decode_transfer(b64encode(octets)[:length], "base64")

    assert octets.startswith(decoded)
    assert len(decoded) >= min(len(octets), length * 3 // 4)


@given(st.text(max_size=200), st.integers(0, 800))
def test_quoted_printable_may_be_cut_off_anywhere(text: str, length: int) -> None:
    octets = text.replace("\r", "").encode()
    decoded = decode_transfer(encodestring(octets)[:length], "quoted-printable")

    assert octets.startswith(decoded[:-2].rstrip(b" \t="))


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "7bit", "no such"]))
def test_no_octets_make_it_raise(octets: bytes, encoding: str) -> None:
    assert len(decode_transfer(octets, encoding)) <= len(octets)
