"""Fields with parameters are read as they were meant, also where they are written wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.mime.fields import MAX_PARAMETERS, parse_described


@pytest.mark.parametrize(
    ("value", "word", "parameters"),
    [
        (b"text/plain", "text/plain", []),
        (b"Text/PLAIN; Charset=UTF-8", "text/plain", [("charset", b"UTF-8")]),
        (b'a/b; x="1; 2"; y=3', "a/b", [("x", b"1; 2"), ("y", b"3")]),
        (b'a/b;x="a \\"b\\" \\\\ c"', "a/b", [("x", b'a "b" \\ c')]),
        (b"a/b ; x = y ; z=", "a/b", [("x", b"y"), ("z", b"")]),
        (b"a/b (comment) (another; x=y); z=1 (and so on)", "a/b", [("z", b"1")]),
        (b"(first) a/b; z=1", "a/b", [("z", b"1")]),
        (b"a/b; name=my file (1).pdf; x=y", "a/b", [("name", b"my file (1).pdf"), ("x", b"y")]),
        (b"attachment; filename=my file.pdf", "attachment", [("filename", b"my file.pdf")]),
        (b"a/b; charset=utf-8 format=flowed", "a/b", [("charset", b"utf-8")]),
        (b'a/b name="x.pdf" size=3', "a/b", [("name", b"x.pdf"), ("size", b"3")]),
        (b'a/b; name="never closed; x=y', "a/b", [("name", b"never closed; x=y")]),
        (b'a/b; name="ends in a backslash\\', "a/b", [("name", b"ends in a backslash")]),
        (b'a/b; nonsense; =x; "q"; x=y', "a/b", [("x", b"y")]),
        (b"a/b;;;x=y;", "a/b", [("x", b"y")]),
        (b"a/b; x=1; x=2", "a/b", [("x", b"1"), ("x", b"2")]),
        (b"a/b; name=\xc3\x9c.pdf", "a/b", [("name", b"\xc3\x9c.pdf")]),
        (b"a/b; name==?utf-8?q?=C3=9C?=", "a/b", [("name", b"=?utf-8?q?=C3=9C?=")]),
        (b"", "", []),
        (b"; x=y", "", [("x", b"y")]),
        (b"(not closed; x=y", "", [("x", b"y")]),
    ],
)
def test_a_field_is_read(value: bytes, word: str, parameters: list[tuple[str, bytes]]) -> None:
    assert (word, tuple(parameters)) == parse_described(value)


def test_parameters_without_number_are_not_all_read() -> None:
    assert len(parse_described(b"a/b" + b";x=y" * 2 * MAX_PARAMETERS).parameters) == MAX_PARAMETERS


@given(st.lists(st.sampled_from([b";", b"=", b'"', b"(", b")", b"\\", b" ", b"a", b"name", b"\xff"])).map(b"".join))
def test_whatever_it_holds_it_is_read(value: bytes) -> None:
    word, parameters = parse_described(value)

    assert word == word.lower()
    assert all(name and name == name.lower() for name, _ in parameters)
