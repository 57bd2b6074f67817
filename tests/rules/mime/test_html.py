"""HTML becomes the text that people read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.mime.html import html_to_text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("plain", "plain"),
        ("a <b>bo</b>ld word", "a bold word"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<BR/>three<br />four", "one\ntwo\nthree\nfour"),
        ("<div>a\r\n  b\tc&nbsp;d</div>", "a b c d"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\nc"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("&lt;b&gt; &amp;amp; &copy; &#8364;&#x20AC; &eacute", "<b> &amp; © €€ é"),
        ("AT&T &unknown; & &; &#; &#x;", "AT&T &unknown; & &; &#; &#x;"),
        ("&#0;&#128;&#xD800;&#x110000;&#9999999;", "\ufffd€\ufffd\ufffd\ufffd"),
        ("&#" + "1" * 5000 + ";", "&#" + "1" * 5000 + ";"),
        ("a<!-- b --> c<!-->d<!--->e<!-- <b>--> f", "a cde f"),
        ("a<!-- never closed", "a"),
        ("<!DOCTYPE html><?xml version='1.0'?>a</ b>c", "ac"),
        ("a<script>if (1 < 2) document.write('x')</script>b", "ab"),
        ("a<SCRIPT src=x>y</Script >b<style media='>'>p { }</style>c", "abc"),
        ("a<script>never closed</p>", "a"),
        ("<head><title>x</title></head>a", "a"),
        ("<a href='x>y' title=\"<b>\">link</a>", "link"),
        ("<a href=x/y>link</a>", "link"),
        ("<img alt='a picture'>b", "b"),
        ("a < b, 1<2, <3, <>", "a < b, 1<2, <3, <>"),
        ("a <b", "a"),
        ('<a href=\'x>y>b</a> <i c=">">d', 'y>b ">d'),
        ("<a href='never closed>b</a> c", "b c"),
        ("a</p\n>b", "a\nb"),
        ("<o:p>a</o:p><x-y>b</x-y>", "ab"),
        ("", ""),
        ("<p> </p>\n\n<p></p>", ""),
    ],
)
def test_text_is_what_people_read(html: str, expected: str) -> None:
    assert html_to_text(html) == expected


@given(
    st.lists(
        st.sampled_from(
            [*"<>/!?\"'=&#;a -\n", "<!--", "-->", "<p>", "<td>", "<script>", "</script>", "\u0130", "\ufffd"]
        ),
        max_size=60,
    ).map("".join)
)
def test_whatever_it_is_it_becomes_lines_without_blanks_around(html: str) -> None:
    lines = html_to_text(html).split("\n")

    assert lines == [""] or lines == [" ".join(line.split()) for line in lines if line]
