"""Which mailbox a name means, and how people see it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.imap.errors import ArgumentError
from mailrules.imap.names import INBOX, MailboxName


@pytest.mark.parametrize("raw", [b"INBOX", b"inbox", b"Inbox"])
def test_inbox_is_one_mailbox_in_any_case(raw: bytes) -> None:
    assert MailboxName(raw) == INBOX
    assert hash(MailboxName(raw)) == hash(INBOX)
    assert MailboxName(raw).raw == b"INBOX"
    assert MailboxName(raw).is_inbox


def test_other_names_are_told_apart_by_case() -> None:
    assert MailboxName(b"Work") != MailboxName(b"work")
    assert MailboxName(b"inbox/a") != MailboxName(b"INBOX/a")
    assert not MailboxName(b"INBOX/a").is_inbox


def test_a_name_is_encoded_as_the_session_has_it() -> None:
    assert MailboxName.from_text("Entwürfe & mehr").raw == b"Entw&APw-rfe &- mehr"
    assert MailboxName.from_text("Entwürfe & mehr", utf8=True).raw == "Entwürfe & mehr".encode()


def test_a_name_is_shown_as_text() -> None:
    assert str(MailboxName(b"Entw&APw-rfe")) == "Entwürfe"
    assert MailboxName(b"Entw&APw-rfe").text(utf8=True) == "Entw&APw-rfe"
    assert MailboxName("Entwürfe & mehr".encode()).text(utf8=True) == "Entwürfe & mehr"


def test_quirk_mailutils_raw_utf_8_is_shown_as_text() -> None:
    assert str(MailboxName("Größe".encode())) == "Größe"


@pytest.mark.parametrize(("raw", "text"), [(b"R&D", "R&D"), (b"&AEE-", "&AEE-"), (b"a\xff", "a\\xff")])
def test_a_name_that_cannot_be_decoded_is_shown_as_it_is(raw: bytes, text: str) -> None:
    assert str(MailboxName(raw)) == text


def test_a_lone_surrogate_is_our_mistake() -> None:
    with pytest.raises(ArgumentError, match="Unicode"):
        MailboxName.from_text("\udc80")
    with pytest.raises(ArgumentError, match="Unicode"):
        MailboxName.from_text("\udc80", utf8=True)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=100)
def test_the_text_of_a_name_made_from_text_is_that_text(text: str) -> None:
    expected = "INBOX" if text.upper() == "INBOX" and text.isascii() else text
    assert MailboxName.from_text(text).text() == expected
    assert MailboxName.from_text(text, utf8=True).text(utf8=True) == expected


@given(st.binary())
@settings(max_examples=100)
def test_showing_a_name_never_fails(raw: bytes) -> None:
    assert isinstance(str(MailboxName(raw)), str)
