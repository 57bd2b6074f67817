"""When messages are fetched one by one, and which of them is taken for what ends the connection."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailrules.client import ConnectionLost, NetworkError
from mailrules.engine import reading
from mailrules.engine.caution import Caution, carefully
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import INBOX, UID, MailboxName, UIDSet
from tests.builders import message
from tests.engine.scene import rule, scene
from tests.engine.scheduled import OLD, put, run
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

OTHER = MailboxName(b"Other")


def lose(asking: AbstractContextManager[None]) -> None:
    """Lose the connection while asking."""
    with pytest.raises(ConnectionLost), asking:
        raise ConnectionLost("the server closed the connection")


@pytest.mark.parametrize(("losses", "expected"), [(0, False), (2, False), (3, True), (9, True)])
def test_after_three_losses_in_a_row_messages_go_one_by_one(losses: int, expected: bool) -> None:
    caution = Caution()
    for _ in range(losses):
        lose(caution.together(INBOX, 1))

    assert (caution.is_due(INBOX, 1), caution.is_due(OTHER, 1)) == (expected, False)


@pytest.mark.parametrize(("first", "expected"), [(1, False), (1001, True)])
def test_what_went_well_makes_up_for_losses_with_the_same_messages_only(first: int, expected: bool) -> None:
    caution = Caution()
    for _ in range(2):
        lose(caution.together(INBOX, 1001))
    with caution.together(INBOX, first):
        pass
    lose(caution.together(INBOX, 1001))

    assert caution.is_due(INBOX, 1001) != expected


def test_a_message_that_is_alone_with_two_losses_is_the_reason() -> None:
    caution = Caution()
    lose(caution.alone(INBOX, 7))
    once = caution.blames(INBOX, 7)
    lose(caution.alone(INBOX, 7))

    assert (once, caution.blames(INBOX, 7)) == (False, True)
    assert not any((caution.blames(INBOX, 8), caution.blames(OTHER, 7)))


def test_a_message_is_remembered_until_it_is_forgotten() -> None:
    caution = Caution()
    for _ in range(2):
        lose(caution.alone(INBOX, 7))
    caution.blames(INBOX, 7)
    caution.passed(INBOX, 1)
    remembered = caution.suspects(INBOX, UIDSet.all())
    caution.forget(INBOX, 7)

    assert (remembered, caution.suspects(INBOX, UIDSet.all())) == ([7], [])
    assert not caution.blames(INBOX, 7)


def test_when_all_were_answered_for_they_go_together_again() -> None:
    caution = Caution()
    for _ in range(3):
        lose(caution.together(INBOX, 1))
    caution.passed(INBOX, 1)

    assert not caution.is_due(INBOX, 1)


def test_what_is_no_loss_does_not_count() -> None:
    caution = Caution()
    for _ in range(3):
        with pytest.raises(ValueError, match="no"), caution.together(INBOX, 1):
            raise ValueError("no")

    assert not caution.is_due(INBOX, 1)


@dataclass
class Server:
    """Answers for all but some messages, whose connection it ends; or for none while it is away."""

    bad: frozenset[int] = frozenset()
    away: bool = False
    asked: list[list[int]] = field(default_factory=list)

    async def ask(self, uids: UIDSet) -> Sequence[int]:
        self.asked.append(list(uids))
        if self.away or self.bad.intersection(uids):
            raise ConnectionLost("the server closed the connection")
        return list(uids)


async def tried(
    caution: Caution, server: Server, uids: Sequence[int], *, answers: bool = False
) -> tuple[list[int], list[int]] | None:
    """Ask for messages; None if the connection is lost."""
    try:
        return await carefully(caution, INBOX, UIDSet(map(UID, uids)), server.ask, first=uids[0], answers=answers)
    except ConnectionLost:
        return None


async def test_the_message_that_ends_the_connection_is_found_and_left_out_from_then_on() -> None:
    caution, server = Caution(), Server(frozenset({2}))

    tries = [await tried(caution, server, [1, 2, 3]) for _ in range(7)]

    assert tries == [None] * 5 + [([1, 3], [2])] * 2
    assert server.asked[-3:] == [[1], [3], [1, 3]]


async def test_where_nothing_is_answered_no_message_is_to_blame() -> None:
    caution, server = Caution(), Server(away=True)

    tries = [await tried(caution, server, [1]) for _ in range(9)]

    assert (tries, caution.suspects(INBOX, UIDSet.all())) == ([None] * 9, [])


async def test_a_single_message_is_to_blame_where_the_server_has_just_answered_otherwise() -> None:
    caution, server = Caution(), Server(frozenset({1}))

    tries = [await tried(caution, server, [1], answers=True) for _ in range(6)]

    assert tries == [None] * 5 + [([], [1])]


def test_losses_with_a_success_between_them_do_not_add_up() -> None:
    caution = Caution()
    for _ in range(2):
        lose(caution.alone(INBOX, 7))
        with caution.alone(INBOX, 7):
            pass

    assert not caution.blames(INBOX, 7)


def test_what_was_lost_before_is_tried_behind_the_others() -> None:
    caution = Caution()
    lose(caution.alone(INBOX, 7))

    assert caution.in_order(INBOX, [9, 8, 7]) == [8, 9, 7]


async def test_a_message_that_comes_during_an_outage_is_filed_after_it(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, rule("move", 'subject = "one"', 'move = "Lists"')) as it:
        dovecot.deliver(user, message("one"))
        for _ in range(5):
            it.proxy.cut("UID FETCH", Point.BEFORE_COMMAND)

        await it.until_filed(losses=8)

        assert (it.subjects(), it.states()) == ({"Lists": ["one"]}, [OutcomeState.DONE])


async def test_two_messages_of_two_windows_are_both_found(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 2)
    async with scene(dovecot, user, tmp_path, OLD) as it:
        for number in range(5):
            put(it, f"m{number}")
        await it.file()
        for _ in range(20):
            it.proxy.cut("UID FETCH (1:2|1|3:4|3) ", Point.AFTER_COMMAND)
        losses = 0
        while losses < 20:
            try:
                await run(it)
                break
            except NetworkError:
                losses += 1

        assert (losses, it.subjects()) == (10, {"INBOX": ["m0", "m2"]})
