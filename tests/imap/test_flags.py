"""Flags are alike in any case."""

from __future__ import annotations

import pytest

from mailrules.imap.flags import ANY_KEYWORD, SEEN, admits, flag_key, has_flag, missing_flags, shared


def test_two_spellings_of_a_flag_have_one_key() -> None:
    assert flag_key("\\SEEN") == flag_key(SEEN)
    assert flag_key("$Label1") == flag_key("$label1")


def test_a_flag_is_found_in_any_spelling() -> None:
    assert has_flag({"\\seen"}, SEEN)
    assert not has_flag({"$Seen"}, SEEN)


def test_flags_that_a_server_left_out_are_named_as_they_were_wanted() -> None:
    assert missing_flags(["$Label1", "$Work"], {"$label1"}) == {"$Work"}


@pytest.mark.parametrize(
    ("permanent", "flag", "expected"),
    [
        (None, "$Work", True),
        (frozenset(), "\\Seen", False),
        (frozenset({"\\seen"}), "\\Seen", True),
        (frozenset({ANY_KEYWORD}), "$Work", True),
        (frozenset({ANY_KEYWORD}), "\\Seen", False),
        (frozenset({"$work"}), "$Work", True),
        (frozenset({"$work"}), "$Other", False),
    ],
)
def test_permanentflags_say_what_a_mailbox_keeps(permanent: frozenset[str] | None, flag: str, expected: bool) -> None:
    assert admits(permanent, flag) is expected


def test_flags_that_many_mailboxes_have_are_one_value() -> None:
    assert shared(frozenset({"\\Seen", "$Work"})) is shared(frozenset({"$Work", "\\Seen"}))


def test_flags_that_no_mailbox_has_are_not_kept() -> None:
    for flags in (["x" * 1_000], [f"a{number}" for number in range(300)]):
        assert shared(frozenset(flags)) is not shared(frozenset(flags))
