"""Parts become texts: which are read, and how they are decoded."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.mime.bodies import (
    MAX_OCTETS_READ,
    MAX_PARTS_READ,
    own_texts,
    parts_of_type,
    shown_parts,
    shown_texts,
    source,
)
from mailrules.rules.questions import CONTENT_LIMIT, Content, PartHeader, RawBody
from mailrules.rules.structure import Part

TEXT = Part("1", "text/plain", octets=10)


def text(charset: str = "", encoding: str = "7bit", kind: str = "text/plain") -> Part:
    return Part("1", kind, (("charset", charset.encode()),) if charset else (), encoding=encoding, octets=10)


@pytest.mark.parametrize(
    ("part", "octets", "expected"),
    [
        (text(), b"a\r\nb\r\n", "a\nb\n"),
        (text("utf-8"), "ü".encode(), "ü"),
        (text("us-ascii"), "ü".encode(), "ü"),
        (text("iso-8859-1"), b"\xfc \x80", "ü €"),
        (text("koi8-r", "base64"), b64encode("рахунок".encode("koi8-r")), "рахунок"),
        (text("utf-16", "base64"), b64encode("ü".encode("utf-16")), "ü"),
        (text("no-such"), "ü".encode(), "ü"),
        (text("no-such"), b"\xfc", "ü"),
        (text("utf-8", "quoted-printable"), b"=C3=BC=\r\n x", "ü x"),
        (text("utf-8", "no-such"), b"=C3=BC", "=C3=BC"),
        (text(kind="text/html"), b"<p>a &lt; b</p>", "a < b"),
        (text(kind="text/calendar"), b"<p>", "<p>"),
        (text(), b"quoted \r\ntext that flows", "quoted \ntext that flows"),
    ],
)
def test_a_text_part_is_decoded(part: Part, octets: bytes, expected: str) -> None:
    assert shown_texts(part, octets) == (expected,)


@pytest.mark.parametrize(
    ("head", "said", "text_is"),
    [
        ('<META CharSet = "koi8-r" >', "", "рахунок"),
        ("<meta charset=koi8-r/>", "us-ascii", "рахунок"),
        ("<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>", "", "рахунок"),
        ('<meta name="a>b"><meta content="text/html;charset=koi8-r" http-equiv=content-type>', "", "рахунок"),
        ('<!-- <meta charset="cp1251"> --><meta charset="koi8-r">', "", "рахунок"),
        ('<meta charset="cp1251">', "koi8-r", "рахунок"),
        ('<meta charset="utf-7">', "", "ÒÁÈÕÎÏË"),
        ('<meta charset="no-such">', "", "ÒÁÈÕÎÏË"),
        ('<meta data-charset="koi8-r">', "", "ÒÁÈÕÎÏË"),
        (" " * 1024 + '<meta charset="koi8-r">', "", "ÒÁÈÕÎÏË"),
    ],
)
def test_html_may_say_itself_in_which_charset_it_is(head: str, said: str, text_is: str) -> None:
    octets = f"{head}<p>рахунок</p>".encode("koi8-r")
    assert shown_texts(text(said, kind="text/html"), octets) == (text_is,)
    assert own_texts(text(said, kind="text/html"), octets)[0].endswith(f"<p>{text_is}</p>")


def test_only_html_declares_a_charset() -> None:
    octets = '<meta charset="koi8-r">ü'.encode()
    assert shown_texts(text(), octets) == ('<meta charset="koi8-r">ü',)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("utf-8", "8bit"), ("utf-8", "base64"), ("utf-16-le", "base64"), ("shift_jis", "8bit"), ("iso-2022-jp", "base64")],
)
@pytest.mark.parametrize("before", range(4))
def test_a_character_that_is_cut_off_is_left_out(charset: str, encoding: str, before: int) -> None:
    whole = "x" * before + "請求書" * CONTENT_LIMIT
    octets = whole[: CONTENT_LIMIT // 2].encode(charset)
    sent = b64encode(octets) if encoding == "base64" else octets

    (shown,) = shown_texts(text(charset, encoding), sent[:CONTENT_LIMIT])

    assert whole.startswith(shown)


def test_markup_stays_where_a_type_is_asked_for() -> None:
    html = text(kind="text/html")

    assert own_texts(html, b"<p>a</p>") == ("<p>a</p>",)


def test_around_the_parts_of_a_multipart_there_may_be_text() -> None:
    part = Part("1", "multipart/mixed", (("boundary", b"b"),), children=(TEXT,))

    assert own_texts(part, b"pre\r\n--b\r\nx\r\n--b--\r\npost\r\n") == ("pre\n", "post\n")
    assert own_texts(part, b"--b\r\nx") == ("", "")
    assert own_texts(part, b"--b--") == ("", "")
    assert own_texts(part, b"nothing") == ("nothing", "")
    assert own_texts(Part("1", "multipart/mixed"), b"nothing") == ("nothing",)


def test_each_part_knows_what_to_ask_for() -> None:
    inner = Part("2.TEXT", "multipart/mixed", children=(TEXT,))
    parts = [TEXT, Part("", "multipart/mixed"), inner, Part("2", "message/rfc822", children=(inner,))]

    assert [Content("1"), RawBody(), Content("2.TEXT"), PartHeader("2.TEXT")] == list(map(source, parts))


def test_what_is_in_an_attachment_is_not_shown() -> None:
    attached = Part("2", "message/rfc822", disposition="attachment", children=(Part("2.1", "text/plain", octets=1),))
    forwarded = Part("3", "message/rfc822", children=(Part("3.1", "text/plain", octets=1),))
    file = Part("4", "text/plain", disposition="attachment", octets=1)
    named = Part("5", "text/plain", (("name", b"log.txt"),), octets=1)
    group = Part("6", "multipart/mixed", disposition="attachment", children=(Part("6.1", "text/plain", octets=1),))
    shown = Part("7", "text/plain", (("name", b"note.txt"),), "inline", octets=1)
    structure = Part("", "multipart/mixed", children=(TEXT, attached, forwarded, file, named, group, shown))

    assert ["1", "7"] == [part.section for part in shown_parts(structure)]
    assert ["1", "2.1", "3.1", "4", "5", "6.1", "7"] == [
        part.section for part in parts_of_type(structure, lambda kind: kind == "text/plain")
    ]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [(1, MAX_PARTS_READ), (CONTENT_LIMIT, 4), (9 * CONTENT_LIMIT, 4), (None, 4), (MAX_OCTETS_READ // 10, 10), (0, 0)],
)
def test_only_so_much_is_looked_at(octets: int | None, expected: int) -> None:
    parts = tuple(Part(f"{number}", "text/plain", octets=octets) for number in range(1, 99))

    assert len(shown_parts(Part("", "multipart/mixed", children=parts))) == expected


@given(
    st.binary(max_size=60),
    st.sampled_from(["7bit", "base64", "quoted-printable", ""]),
    st.sampled_from(["", "utf-8", "utf-16", "utf-7", "hz", "punycode", "gb2312", "\x00", "x" * 99]),
    st.sampled_from(["text/plain", "text/html", "a/b"]),
    st.sampled_from([1, CONTENT_LIMIT]),
)
def test_no_part_makes_it_raise(octets: bytes, encoding: str, charset: str, kind: str, size: int) -> None:
    part = text(charset, encoding, kind)
    octets = octets if size == 1 else octets.rjust(CONTENT_LIMIT)

    for decoded in (*shown_texts(part, octets), *own_texts(part, octets)):
        assert decoded.encode("utf-8") is not None
