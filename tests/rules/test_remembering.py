"""What is remembered of fields that come over and over changes no result, and takes no more room than it may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.rules import Message, addressfield, encoded
from mailrules.rules import message as message_module
from mailrules.rules.addresses import MAX_ADDRESSES
from tests.rules.builders import message

PARTS = ("name", "address", "local", "user", "detail", "domain", "text")
values = st.one_of(
    st.sampled_from(
        [
            "Ann <a+b@XN--mller-kva.de>",
            "Ann <A@B.Example.>",
            "a@B.c, Ann <D@e>",
            "=?utf-8?Q?J=C3=BC?= <j@b>, c@d",
            "g: a@b, c@d;",
            "The list <a.b.c>",
        ]
    ),
    st.text(st.sampled_from('aé"<>@,;: =?'), max_size=20),
)


def read(mail: Message) -> object:
    fields = mail.fields.addresses(("FROM", "TO"))
    return (
        [(field.text, field.number, *(field.parts(part) for part in PARTS)) for field in fields],
        mail.fields.list_ids(),
        mail.fields.texts("FROM"),
        mail.fields.value("TO"),
    )


@given(st.lists(st.tuples(st.sampled_from(["From", "To", "List-Id"]), values), max_size=6))
def test_what_is_remembered_is_what_would_be_read(lines: list[tuple[str, str]]) -> None:
    mail = message(*(f"{name}: {value}" for name, value in lines))
    with pytest.MonkeyPatch.context() as patch:
        for module in (addressfield, message_module, encoded):
            patch.setattr(module, "_SHORT", -1)
        afresh = read(Message(mail.header))

    assert [read(Message(mail.header)) for _ in range(2)] == [afresh, afresh]


@given(st.lists(values, max_size=3))
def test_an_address_without_its_case_is_read_to_what_it_is_with_it(lines: list[str]) -> None:
    for field in message(*(f"From: {line}" for line in lines)).fields.addresses(("FROM",)):
        assert [field.folded(part) for part in PARTS] == [[text.folded for text in field.parts(part)] for part in PARTS]


def test_strangers_can_push_out_what_is_remembered_and_no_more() -> None:
    for number in range(5_000):
        value = f"=?utf-8?Q?{number}?= <{number}@example.org>"
        read(message(f"From: {value}", f"List-Id: {value}"))
        assert len(addressfield._fields) <= 4_096

    assert message_module._short_list_id.cache_info().currsize == 4_096
    assert encoded._short.cache_info().currsize == 2_048


def test_what_is_long_is_not_remembered() -> None:
    before = list(addressfield._fields), encoded._short.cache_info()
    read(message("From: =?utf-8?Q?" + "a" * 300 + "?= <a@example.org>", "To: a@b, c@d, e@f, g@h"))

    assert (list(addressfield._fields), encoded._short.cache_info()) == before


def test_where_there_is_room_for_few_addresses_more_few_are_read() -> None:
    many = ", ".join(["a@b"] * (MAX_ADDRESSES - 1))
    first, second = message(f"To: {many}", "To: c@d, e@f").fields.addresses(("TO",))

    assert (len(first.addresses), len(second.addresses)) == (MAX_ADDRESSES - 1, 1)
