"""Header blocks are cut into fields whatever a server or a sender made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import headers
from mailrules.rules.headers import cut_fields, split_fields


@pytest.mark.parametrize(
    ("block", "fields"),
    [
        (b"", {}),
        (b"\r\n", {}),
        (b"Subject: a\r\n\r\n", {"SUBJECT": (b"a",)}),
        (b"Subject: a", {"SUBJECT": (b"a",)}),
        (b"Subject: a\r\nSubject: b\r\n", {"SUBJECT": (b"a", b"b")}),
        (b"sUbJeCt:a\r\nX-Y:\t b \r\n", {"SUBJECT": (b"a",), "X-Y": (b"b",)}),
        (b"Subject: a\r\n b\r\n\tc\r\n", {"SUBJECT": (b"a b c",)}),
        (b"Subject: a\r\n  \t b\r\n", {"SUBJECT": (b"a b",)}),
        (b"Subject:\r\n a\r\n", {"SUBJECT": (b"a",)}),
        (b"Subject: a\r\n \r\n b\r\n", {"SUBJECT": (b"a  b",)}),
        (b"Subject: a\n b\nTo: c\n", {"SUBJECT": (b"a b",), "TO": (b"c",)}),
        (b"Subject : a\r\n", {"SUBJECT": (b"a",)}),
        (b"Subject\t:a\r\n", {"SUBJECT": (b"a",)}),
        (b"Subject:\r\nTo: b\r\n", {"SUBJECT": (b"",), "TO": (b"b",)}),
        (b"From ann Thu Jan  1 00:00:00 1970\r\nTo: b\r\n", {"TO": (b"b",)}),
        (b"no field\r\n continued\r\nTo: b\r\n", {"TO": (b"b",)}),
        (b" starts with a fold\r\nTo: b\r\n", {"TO": (b"b",)}),
        (b": nameless\r\nTo: b\r\n", {"TO": (b"b",)}),
        (b"T\xc3\xb6: a\r\nTo: b\r\n", {"TO": (b"b",)}),
        (b"To: b\r\n\r\nSubject: of the body\r\n", {"TO": (b"b",)}),
        (b"\r\nTo: b\r\n", {"TO": (b"b",)}),
        (b"To: a\rb\r\n", {"TO": (b"a b",)}),
        (b"To: a\x00b\xff\r\n", {"TO": (b"a\x00b\xff",)}),
        (b"To: a:b: c\r\n", {"TO": (b"a:b: c",)}),
    ],
)
def test_fields_are_unfolded_and_known_by_their_upper_case_names(
    block: bytes, fields: dict[str, tuple[bytes, ...]]
) -> None:
    assert split_fields(block) == fields


@given(st.binary() | st.lists(st.sampled_from([b"To", b":", b" ", b"\t", b"\r", b"\n", b"a", b"\xff"])).map(b"".join))
def test_no_bytes_make_it_raise(block: bytes) -> None:
    for name, values in split_fields(block).items():
        assert name == name.upper()
        assert all(b"\n" not in value and b"\r" not in value for value in values)


def test_only_so_many_names_are_remembered_and_only_short_ones() -> None:
    headers._names.clear()
    for number in range(2 * headers._REMEMBERED):
        name = f"X-{number}"
        assert cut_fields(f"{name}: a\r\n{'x' * 1000}: b\r\n".encode()).keys() == {name, "X" * 1000}
    assert len(headers._names) == headers._REMEMBERED
    assert max(map(len, headers._names)) <= headers._SHORT
