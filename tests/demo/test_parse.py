"""Commands are read as RFC 3501 writes them, and what is none is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mailrules.demo.parse import Arguments, BadSyntax, SequenceSet, parse_command


def test_a_uid_command_keeps_its_prefix() -> None:
    command = parse_command(b"a1 uid fetch 1:* FLAGS")
    assert (command.tag, command.name, command.arguments.rest()) == ("a1", "UID FETCH", b" 1:* FLAGS")


@pytest.mark.parametrize("text", [b"", b"a1", b" NOOP", b"+ NOOP", b"a1 ", b'a1 "x"', b"a1 UID"])
def test_what_has_no_tag_or_no_name_is_no_command(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_command(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"plain]", b"plain]"),
        (b'"a \\"b\\\\"', b'a "b\\'),
        (b"{3}\r\na b", b"a b"),
        (b"{3+}\r\n(%)", b"(%)"),
        (b'""', b""),
    ],
)
def test_the_three_forms_of_a_string(text: bytes, value: bytes) -> None:
    arguments = Arguments(text)
    assert arguments.astring() == value
    assert arguments.at_end()


def test_inbox_is_inbox_in_any_case() -> None:
    assert Arguments(b"inBox").mailbox() == "INBOX"
    assert Arguments(b"inBoxes").mailbox() == "inBoxes"


@pytest.mark.parametrize(
    ("text", "numbers", "picked"),
    [
        (b"2", [1, 2, 3], [2]),
        (b"4:2,1", [1, 2, 3, 4, 5], [1, 2, 3, 4]),
        (b"*", [3, 7], [7]),
        (b"9:*", [3, 7], [7]),
        (b"1:*", [], []),
        (b"5,5:6", [5, 8], [5]),
    ],
)
def test_a_set_picks_the_numbers_that_exist(text: bytes, numbers: list[int], picked: list[int]) -> None:
    numbers_set = Arguments(text).sequence_set()
    assert numbers_set.pick(numbers) == picked
    assert [number for number in numbers if numbers_set.holds(number, numbers[-1])] == picked


def test_a_set_exceeds_a_mailbox_with_fewer_messages() -> None:
    assert Arguments(b"1:4").sequence_set().exceeds(3)
    assert not Arguments(b"1:*").sequence_set().exceeds(3)
    assert SequenceSet(((None, None),)).exceeds(0)


@pytest.mark.parametrize("text", [b"0", b"a", b",1", b":1"])
def test_a_set_that_is_none(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        Arguments(text).sequence_set()


def test_dates() -> None:
    assert Arguments(b"1-feb-2024").date() == date(2024, 2, 1)
    assert Arguments(b'"29-Feb-2024"').date() == date(2024, 2, 29)
    west = timezone(timedelta(hours=-7))
    assert Arguments(b'"17-Jul-1996 02:44:25 -0700"').date_time() == datetime(1996, 7, 17, 2, 44, 25, tzinfo=west)
    assert Arguments(b'" 3-Mar-2025 00:00:00 +0000"').date_time() == datetime(2025, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", [b"30-Feb-2024", b"1-Foo-2024", b"2024-02-01"])
def test_a_day_that_does_not_exist(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        Arguments(text).date()


def test_flags_with_and_without_parentheses() -> None:
    assert Arguments(b"(\\Seen $Work)").flags() == ("\\Seen", "$Work")
    assert Arguments(b"\\Seen $Work").flags() == ("\\Seen", "$Work")
    assert Arguments(b"()").flags() == ()
