"""A message decodes what rules ask for, once, and says nothing of what was not fetched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message
from mailrules.rules.addresses import MAX_ADDRESSES, Mailbox
from mailrules.rules.addressfield import Address
from mailrules.rules.dates import MAX_DATES
from mailrules.rules.headers import MAX_OCTETS
from mailrules.rules.spelling import address_text
from mailrules.rules.text import Text
from tests.rules.builders import message, searched


def texts(mail: Message, name: str) -> list[str]:
    return [text.value for text in mail.fields.texts(name)]


def test_a_field_is_decoded_with_every_occurrence() -> None:
    mail = message("Subject: =?utf-8?Q?f=C3=BCr?=", "subject:  b ")

    assert texts(mail, "SUBJECT") == ["für", "b"]


def test_a_missing_field_has_no_occurrence() -> None:
    assert message().fields.texts("SUBJECT") == ()
    assert message().fields.addresses(("TO", "CC")) == ()
    assert message().fields.list_ids() == ()


def test_raw_utf8_and_raw_8bit_are_decoded() -> None:
    assert texts(message("Subject: für"), "SUBJECT") == ["für"]
    assert texts(message("Subject: für".encode("latin-1")), "SUBJECT") == ["für"]


def test_text_is_composed_and_folded() -> None:
    (text,) = message("Subject: Stra\u00dfe CAFE\u0301").fields.texts("SUBJECT")

    assert text == Text("Straße CAFÉ", "strasse café")


def test_the_parts_of_an_address_are_ready_to_be_compared() -> None:
    (field,) = message("From: =?utf-8?Q?J=C3=BCrgen?= <J.M+Lists@MÜLLER.Example>").fields.addresses(("FROM",))
    (address,) = field.addresses

    assert field.text.value == "Jürgen <J.M+Lists@MÜLLER.Example>"
    assert address.name == Text("Jürgen", "jürgen")
    assert address.address == Text(
        "J.M+Lists@xn--mller-kva.example",
        "j.m+lists@xn--mller-kva.example",
        Text("J.M+Lists@müller.example", "j.m+lists@müller.example"),
    )
    assert address.local == Text("J.M+Lists", "j.m+lists")
    assert address.user == Text("J.M", "j.m")
    assert address.detail == Text("Lists", "lists")
    written = Text("müller.example", "müller.example")
    assert address.domain == Text("xn--mller-kva.example", "xn--mller-kva.example", written)


def test_absent_parts_of_an_address_are_none() -> None:
    (field,) = message("From: root").fields.addresses(("FROM",))
    (address,) = field.addresses

    assert (address.name, address.detail, address.domain) == (None, None, None)
    assert address.user == address.local == address.address == Text("root", "root")


def test_several_headers_are_read_as_one_field() -> None:
    mail = message("Cc: c@example.org", "To: a@example.org, b@example.org", "To: d@example.org")
    fields = mail.fields.addresses(("TO", "CC", "BCC"))

    assert [[each.local.value for each in field.addresses] for field in fields] == [["a", "b"], ["d"], ["c"]]


def test_a_header_without_any_address_keeps_its_text() -> None:
    (field,) = message("To: <>").fields.addresses(("TO",))

    assert field.text.value == "<>"


def test_a_list_has_its_identifier_and_its_name() -> None:
    mail = message("List-Id: =?utf-8?Q?Python=3A?= <developers> <Python-Dev.python.org>", "List-Id: bare.example.org")

    assert [(each.identifier.value, each.name.value) for each in mail.fields.list_ids()] == [
        ("Python-Dev.python.org", "Python-Dev"),
        ("bare.example.org", "bare"),
    ]


def test_flags_are_compared_without_case() -> None:
    assert message(flags=frozenset({"\\Seen", "$Label1"})).flag_keys == frozenset({"\\seen", "$label1"})
    assert message(flags=None).flag_keys is None


def test_answers_are_added_and_what_was_decoded_is_kept() -> None:
    mail = message("Subject: a", answers=searched({"SEEN": True}))
    answered = mail.answered(searched({"UNSEEN": None}))

    assert answered.answers == searched({"SEEN": True, "UNSEEN": None})
    assert answered.fields is mail.fields
    assert mail.answers == searched({"SEEN": True})


def test_of_a_header_with_too_many_addresses_the_rest_is_not_looked_at() -> None:
    line = ", ".join(f"a{number}@b.example" for number in range(MAX_ADDRESSES + 100))
    mail = message(f"To: {line}", "To: late@b.example", "Cc: ann@example.org")
    (field,) = mail.fields.addresses(("TO",))

    assert len(field.addresses) == MAX_ADDRESSES
    assert f"a{MAX_ADDRESSES}@" not in field.text.value
    assert [each.text.value for each in mail.fields.addresses(("CC",))] == ["ann@example.org"]


@pytest.mark.parametrize("line", ["To: " + "a@b " * 10_000, "To: " + "<a@b>" * 10_000, "To: g: " + "a@b," * 10_000])
def test_addresses_are_counted_however_they_are_parted(line: str) -> None:
    (field,) = message(line).fields.addresses(("TO",))

    assert len(field.addresses) == MAX_ADDRESSES


@pytest.mark.parametrize("value", ["", "a@b"])
def test_a_header_that_stands_there_many_times_is_counted_as_one(value: str) -> None:
    mail = message(*[f"To: {value}"] * (MAX_ADDRESSES + 100))

    assert len(mail.fields.addresses(("TO",))) == MAX_ADDRESSES


def test_of_a_long_header_the_rest_is_not_looked_at() -> None:
    mail = message("Subject: " + "a" * MAX_OCTETS + "b", "Subject: c", "X-A: d")
    (text,) = texts(mail, "SUBJECT")

    assert MAX_OCTETS - 100 < len(text) <= MAX_OCTETS
    assert set(text) == {"a"}
    assert texts(mail, "X-A") == ["d"]
    assert len(texts(message(*["X:"] * MAX_OCTETS), "X")) <= MAX_OCTETS // 2


def test_of_very_many_dates_the_rest_is_not_looked_at() -> None:
    mail = message(*["Received: by a; Mon, 3 Mar 2025 09:00:00 +0000"] * (MAX_DATES + 100))

    assert len(mail.fields.dates("RECEIVED")) == MAX_DATES


@given(
    st.text(st.sampled_from("aA+éİ."), max_size=4),
    st.sampled_from(["", "B.Example.", "MÜLLER.de", "XN--mller-kva"]),
)
def test_an_address_is_its_local_part_and_its_domain(local: str, domain: str) -> None:
    address, parts = Address(Mailbox("", local, domain)), Address(Mailbox("", local, domain))

    assert address.address == address_text(parts.local, parts.domain)
