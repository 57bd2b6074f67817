"""Files have the names that people see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules.mime.fields import parse_described
from mailrules.rules.mime.parameters import file_name, parameter
from mailrules.rules.structure import Part


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("filename=invoice.pdf", "invoice.pdf"),
        ('filename=" invoice.pdf "', "invoice.pdf"),
        ('filename="a; b.pdf"', "a; b.pdf"),
        ("filename=my invoice.pdf", "my invoice.pdf"),
        ('filename=""', ""),
        ("size=3", ""),
        ("filename*=utf-8''%D1%80%D0%B0%D1%85.pdf", "рах.pdf"),
        ("filename*=utf-8'uk'%D1%80%D0%B0%D1%85.pdf", "рах.pdf"),
        ("filename*=UTF-8''a%20b%27c.pdf", "a b'c.pdf"),
        ("filename*=koi8-r''%D2%C1%C8.pdf", "рах.pdf"),
        ("filename*=iso-8859-1''%80.pdf", "€.pdf"),
        ("filename*=no-such''%C3%BC.pdf", "ü.pdf"),
        ("filename*=''%C3%BC.pdf", "ü.pdf"),
        ("filename*=plain%20text.pdf", "plain text.pdf"),
        ("filename*=utf-8''100%.pdf", "100%.pdf"),
        ("filename*0=in; filename*1=voice; filename*2=.pdf", "invoice.pdf"),
        ("filename*2=.pdf; filename*1=voice; filename*0=in", "invoice.pdf"),
        ("filename*0=in; filename*2=.pdf", "in"),
        ("filename*1=voice.pdf", ""),
        ("filename*0*=utf-8''%D1%80; filename*1*=%D0%B0; filename*2=x.pdf", "раx.pdf"),
        ("filename*0*=utf-8''%D1; filename*1*=%80.pdf", "р.pdf"),
        ("filename*0*=utf-8''a; filename*1=%41.pdf", "a%41.pdf"),
        ("filename*0=a; filename*1*=%42.pdf", "aB.pdf"),
        ('filename*0="=?utf-8?B?cmVja"; filename*1="G51bmc=?="', "rechnung"),
        ("filename*00=a", ""),
        ("filename*99999=a", ""),
        ('filename="=?utf-8?B?w7w=?=.pdf"', "ü.pdf"),
        ('filename="=?utf-8?Q?a?= =?utf-8?Q?b?="', "ab"),
        ("filename==?utf-8?Q?a=20b?=", "a b"),
        ("filename*=utf-8''=?utf-8?Q?a?=", "a"),
        ('filename="ü.pdf"', "ü.pdf"),
        ("filename=old.pdf; filename*=utf-8''new.pdf", "new.pdf"),
        ("filename*=; filename=old.pdf", "old.pdf"),
        ("filename=first.pdf; filename=second.pdf", "first.pdf"),
    ],
)
def test_a_name_is_decoded(written: str, expected: str) -> None:
    parameters = parse_described(f"attachment; {written}".encode()).parameters

    assert parameter(parameters, "filename") == expected


def test_a_name_in_latin_1_octets_is_decoded() -> None:
    assert parameter((("name", b"\xdcbersicht.pdf"),), "name") == "Übersicht.pdf"


def test_a_file_has_the_name_of_its_disposition_or_of_its_type() -> None:
    named = Part("1", "a/b", (("name", b"type"),), "attachment", (("filename", b"disposition"),))
    typed = Part("1", "a/b", (("name*", b"utf-8''type"),), "attachment", (("filename", b" "),))

    assert [file_name(named), file_name(typed), file_name(Part("1", "a/b"))] == ["disposition", "type", ""]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["name", "name*", "name*0", "name*0*", "name*1", "name*1*", "name*x"]),
            st.binary(max_size=20) | st.sampled_from([b"utf-8''%", b"''", b"%", b"%%41", b"=?utf-8?B?=?="]),
        )
    )
)
def test_whatever_parameters_there_are_they_make_a_text(parameters: list[tuple[str, bytes]]) -> None:
    name = parameter(tuple(parameters), "name")

    assert name.encode("utf-8") == name.strip().encode("utf-8")
