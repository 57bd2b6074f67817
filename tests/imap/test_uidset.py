"""Sets of message numbers, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.imap.errors import ArgumentError
from mailrules.imap.uidset import LARGEST, STAR, UID, SeqNum, SeqSet, UIDSet, parse_ranges

numbers = st.integers(min_value=1, max_value=5000).map(UID)
ranges = st.tuples(st.integers(1, 300), st.integers(1, 300) | st.just(STAR))


@pytest.mark.parametrize(
    ("uids", "encoded"),
    [
        ([], b""),
        ([5], b"5"),
        ([1, 2, 3], b"1:3"),
        ([9, 3, 4, 3, 12, 11], b"3:4,9,11:12"),
        ([4294967295], b"4294967295"),
    ],
)
def test_numbers_become_ascending_ranges(uids: list[int], encoded: bytes) -> None:
    made = UIDSet(map(UID, uids))
    assert made.encode() == encoded
    assert UIDSet.parse(encoded) == made
    assert list(made) == sorted(set(uids))
    assert len(made) == len(set(uids))
    assert bool(made) is bool(uids)


@pytest.mark.parametrize(
    ("raw", "encoded"),
    [
        (b"4:2", b"2:4"),
        (b"1:5,3:9", b"1:9"),
        (b"1:5,6,7", b"1:7"),
        (b"7,1", b"1,7"),
        (b"*", b"*"),
        (b"*:5", b"5:*"),
        (b"5:*,9", b"5:*"),
        (b"3,*", b"3,*"),
        (b"*:*", b"*"),
        (b"9223372036854775807,*", b"9223372036854775807,*"),
    ],
)
def test_a_set_is_read_in_any_order(raw: bytes, encoded: bytes) -> None:
    assert UIDSet.parse(raw).encode() == encoded


@pytest.mark.parametrize(
    "raw",
    [b"0", b"0:5", b"a", b"1,", b",1", b"1::2", b"1:2:3", b"-1", b"1 2", b"1\n", b"9223372036854775808", b"9" * 30],
)
def test_what_is_no_set_is_refused(raw: bytes) -> None:
    with pytest.raises(ArgumentError, match="not a"):
        UIDSet.parse(raw)


@pytest.mark.parametrize("number", [0, -1, LARGEST + 1])
def test_numbers_that_no_message_has_are_refused(number: int) -> None:
    with pytest.raises(ArgumentError, match="not a message number"):
        UIDSet([UID(1), UID(number)])


def test_after_a_uid_comes_everything_beyond() -> None:
    after = UIDSet.after(41)
    assert after.encode() == b"42:*"
    assert UIDSet.after(0) == UIDSet.all()
    assert UIDSet.all().encode() == b"1:*"


def test_an_open_ended_set_holds_no_number_below_its_first() -> None:
    """`n:*` is answered with the last message even when its UID is below n. RFC 9051 §6.4.9."""
    after = UIDSet.after(41)
    assert 42 in after
    assert 1 << 40 in after
    assert 41 not in after
    assert 7 not in UIDSet.parse(b"*")


def test_an_open_ended_set_cannot_be_counted() -> None:
    after = UIDSet.after(41)
    assert after
    assert after.open_ended
    assert (after.first, after.last) == (42, None)
    with pytest.raises(ArgumentError, match="42:"):
        len(after)
    with pytest.raises(ArgumentError, match="42:"):
        iter(after)


def test_what_a_set_has_in_common_with_a_range() -> None:
    some = UIDSet.parse(b"3:7,9,12:14")
    for first, last, common in [
        (1, 2, []),
        (1, 20, [(3, 7), (9, 9), (12, 14)]),
        (4, 5, [(4, 5)]),
        (7, 12, [(7, 7), (9, 9), (12, 12)]),
        (8, 8, []),
        (15, 20, []),
    ]:
        assert list(some.overlap(first, last)) == common
    assert list(UIDSet.after(8).overlap(5, 20)) == [(9, 20)]
    assert list(UIDSet().overlap(5, 20)) == []


def test_first_and_last() -> None:
    assert (UIDSet.parse(b"3:7,9").first, UIDSet.parse(b"3:7,9").last) == (3, 9)
    assert (UIDSet().first, UIDSet().last) == (None, None)
    assert (UIDSet.parse(b"*").first, UIDSet.parse(b"*").last) == (None, None)


def test_uids_and_sequence_numbers_do_not_mix() -> None:
    uids, seqs = UIDSet([UID(1)]), SeqSet([SeqNum(1)])
    assert uids != seqs  # type: ignore[comparison-overlap]
    assert len({uids, seqs, UIDSet([UID(1)])}) == 2
    assert repr(uids) == "UIDSet('1')"
    assert repr(seqs) == "SeqSet('1')"


def test_a_set_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        UIDSet().ranges = ()  # type: ignore[misc]


def test_chunks_are_short_enough_and_lose_nothing() -> None:
    whole = UIDSet(UID(uid) for uid in range(1, 10_000, 2))
    chunks = list(whole.chunks(100))
    assert all(len(chunk.encode()) <= 100 for chunk in chunks)
    assert [uid for chunk in chunks for uid in chunk] == list(whole)
    assert list(UIDSet().chunks()) == []
    assert [chunk.encode() for chunk in UIDSet.after(41).chunks()] == [b"42:*"]
    assert [chunk.encode() for chunk in UIDSet.parse(b"1:9,20,30:*").chunks(1)] == [b"1:9", b"20", b"30:*"]


def test_a_large_range_takes_no_room() -> None:
    whole = UIDSet.parse(b"1:9223372036854775807")
    assert len(whole) == LARGEST
    assert 12345 in whole


def test_ranges_are_read_in_their_order() -> None:
    assert parse_ranges(b"9,3:1,*") == [(9, 9), (3, 1), (STAR, STAR)]
    assert parse_ranges(b"") == []


@given(st.lists(numbers))
@settings(max_examples=200)
def test_parsing_gives_back_what_was_encoded(uids: list[UID]) -> None:
    made = UIDSet(uids)
    assert UIDSet.parse(made.encode()) == made
    assert list(made) == sorted(set(uids))


@given(st.lists(ranges))
@settings(max_examples=200)
def test_ranges_hold_what_they_were_made_of(pairs: list[tuple[int, int]]) -> None:
    made = UIDSet.from_ranges(pairs)
    assert UIDSet.parse(made.encode()) == made
    for number in range(1, 302):
        assert (number in made) is any(min(pair) <= number <= max(pair) for pair in pairs)
    assert all(left[1] < right[0] for left, right in zip(made.ranges, made.ranges[1:], strict=False))


@given(st.lists(numbers), st.integers(1, 60))
@settings(max_examples=100)
def test_chunks_put_together_are_the_set(uids: list[UID], octets: int) -> None:
    made = UIDSet(uids)
    chunks = list(made.chunks(octets))
    assert UIDSet.from_ranges(pair for chunk in chunks for pair in chunk.ranges) == made
    assert all(len(chunk.encode()) <= max(octets, 9) for chunk in chunks)
