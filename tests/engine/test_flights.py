"""Which steps leave together."""

from datetime import UTC, datetime

import pytest

from mailrules.engine.flights import Work, is_last, next_flight
from mailrules.store import Entry, EntryState, Step, StepKind, StepState

STORE, COPY, MOVE = StepKind.STORE_FLAGS, StepKind.COPY, StepKind.MOVE
MARK, EXPUNGE = StepKind.MARK_DELETED, StepKind.UID_EXPUNGE


def step(kind: StepKind, target: bytes = b"Lists") -> Step:
    if kind is STORE:
        return Step(kind=kind, rule="r", add=("\\Seen",))
    return Step(kind=kind, rule="r", target=target if kind in {COPY, MOVE} else None)


def work(uid: int, *kinds: StepKind, shareable: bool = True, target: bytes = b"Lists") -> Work:
    entry = Entry(
        account="a",
        mailbox=b"INBOX",
        uidvalidity=1,
        uid=uid,
        message_id="<m>",
        fingerprint="f",
        internaldate=datetime(2026, 1, 1, tzinfo=UTC),
        size=1,
    )
    return Work(entry, [step(kind, target) for kind in kinds], shareable)


def fly(works: list[Work]) -> list[list[tuple[StepKind, tuple[int, ...]]]]:
    """All flights, when the server says OK to everything."""
    flights = []
    while flight := next_flight(works):
        flights.append([(command.step.kind, command.uids) for command in flight])
        for command in flight:
            for member, index in command.members:
                member.settle(index, StepState.DONE)
    return flights


@pytest.mark.parametrize(
    ("kinds", "shareable", "expected"),
    [
        ((STORE, MOVE), True, [[STORE, MOVE]]),
        ((STORE, MOVE), False, [[STORE], [MOVE]]),
        ((STORE, COPY), True, [[STORE], [COPY]]),
        ((STORE, COPY, MOVE), True, [[STORE], [COPY], [MOVE]]),
        ((COPY, MARK, EXPUNGE), True, [[COPY], [MARK], [EXPUNGE]]),
        ((STORE, COPY, MARK, EXPUNGE), True, [[STORE], [COPY], [MARK], [EXPUNGE]]),
        ((STORE, MARK, EXPUNGE), True, [[STORE], [MARK], [EXPUNGE]]),
        ((MARK,), True, [[MARK]]),
    ],
)
def test_an_irrevocable_step_waits_for_what_it_rests_on(
    kinds: tuple[StepKind, ...], shareable: bool, expected: list[list[StepKind]]
) -> None:
    flights = fly([work(1, *kinds, shareable=shareable)])

    assert [[kind for kind, _ in flight] for flight in flights] == expected


def test_equal_steps_of_many_messages_are_one_command() -> None:
    works = [work(1, STORE, MOVE), work(2, MOVE), work(3, STORE, MOVE), work(4, MOVE, target=b"Other")]

    assert fly(works) == [[(STORE, (1, 3)), (MOVE, (1, 2, 3)), (MOVE, (4,))]]


def test_a_message_that_goes_alone_shares_no_command() -> None:
    first, second = work(1, MOVE), work(2, MOVE)
    first.alone = second.alone = True

    assert fly([first, second]) == [[(MOVE, (1,)), (MOVE, (2,))]]


def test_a_message_with_a_verdict_or_an_unclear_one_sends_nothing() -> None:
    held, unclear = work(1, MOVE), work(2, MOVE)
    held.finish(EntryState.HELD)
    unclear.unclear = True

    assert (next_flight([held, unclear]), is_last([held, unclear])) == ((), True)


def test_the_last_flight_is_known_before_it_is_answered() -> None:
    works = [work(1, COPY, MOVE), work(2, MOVE)]

    next_flight(works)
    after_first = is_last(works)
    works[0].settle(0, StepState.DONE)
    works[1].settle(0, StepState.DONE)
    next_flight(works)

    assert (after_first, is_last(works)) == (False, True)
