"""What several FETCH responses say of one message becomes one value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailrules.imap import UID, Expunge, MessageData, Section, SectionData, SeqNum
from mailrules.imap.commands.merge import by_number, by_uid, joined

SEEN = frozenset({"\\Seen"})
TEXT = SectionData(Section((), "TEXT"), None, b"x")


def told(seq: int, uid: int | None = None, flags: frozenset[str] | None = None, size: int | None = None) -> MessageData:
    return MessageData(SeqNum(seq), None if uid is None else UID(uid), flags, size=size)


def test_the_later_response_is_right_and_says_no_less() -> None:
    earlier = MessageData(SeqNum(1), UID(5), frozenset(), size=7, sections=(TEXT,))
    later = MessageData(SeqNum(1), flags=SEEN, sections=(TEXT,))
    assert joined(earlier, later) == MessageData(SeqNum(1), UID(5), SEEN, size=7, sections=(TEXT, TEXT))
    assert joined(None, later) is later


def test_by_number_is_ascending() -> None:
    assert by_number([told(3, size=1), told(1, size=2), told(3, flags=SEEN)]) == (
        told(1, size=2),
        told(3, flags=SEEN, size=1),
    )


def test_by_uid_is_ascending_whatever_the_order() -> None:
    assert [data.uid for data in by_uid([told(3, 9), told(1, 2), told(2, 4)])] == [2, 4, 9]


def test_expunges_before_between_and_behind() -> None:
    responses = [
        told(5, 50),
        told(4, flags=SEEN),
        Expunge(SeqNum(2)),
        told(4, flags=SEEN),
        told(3, 40),
        told(9, None, SEEN),
    ]
    assert by_uid(responses) == (told(3, 40, SEEN), told(4, 50, SEEN))


def test_the_expunged_message_itself_takes_nothing_more() -> None:
    assert by_uid([told(2, 20), Expunge(SeqNum(2)), told(2, None, SEEN)]) == (told(2, 20),)


def test_a_response_without_a_number_is_known_by_its_uid_alone() -> None:
    assert by_uid([told(0, 20), told(0, 21), told(3, None, SEEN)]) == (told(0, 20), told(0, 21))


@given(
    st.integers(1, 8), st.lists(st.tuples(st.sampled_from(["name", "flag", "expunge"]), st.integers(1, 8)), max_size=30)
)
def test_numbers_are_followed_as_a_mailbox_would(size: int, steps: list[tuple[str, int]]) -> None:
    """A mailbox of known UIDs says what a FETCH means; merging must never put a flag on another message."""
    mailbox = [UID(10 * number) for number in range(1, size + 1)]
    responses: list[MessageData | Expunge] = []
    flagged: set[int] = set()
    for kind, number in steps:
        if number > len(mailbox):
            continue
        if kind == "expunge":
            responses.append(Expunge(SeqNum(number)))
            del mailbox[number - 1]
        elif kind == "flag":
            responses.append(told(number, flags=SEEN))
            flagged.add(mailbox[number - 1])
        else:
            responses.append(told(number, mailbox[number - 1], size=1))
    for data in by_uid(responses):
        assert (data.flags == SEEN) <= (data.uid in flagged)
        assert data.size == 1
