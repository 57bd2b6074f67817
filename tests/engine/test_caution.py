"""When messages are fetched one by one, and which of them is taken for what ends the connection."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mailrules.client import ConnectionLost
from mailrules.engine.caution import Caution
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import INBOX, MailboxName
from tests.builders import message
from tests.engine.scene import rule, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

OTHER = MailboxName(b"Other")


def lose(fetching: AbstractContextManager[None]) -> None:
    """Lose the connection while fetching."""
    with pytest.raises(ConnectionLost), fetching:
        raise ConnectionLost("the server closed the connection")


@pytest.mark.parametrize(("losses", "expected"), [(0, False), (2, False), (3, True), (9, True)])
def test_after_three_losses_in_a_row_messages_go_one_by_one(losses: int, expected: bool) -> None:
    caution = Caution()
    for _ in range(losses):
        lose(caution.together(INBOX))

    assert (caution.is_due(INBOX), caution.is_due(OTHER)) == (expected, False)


def test_a_fetch_that_went_well_makes_up_for_losses() -> None:
    caution = Caution()
    for _ in range(2):
        lose(caution.together(INBOX))
    with caution.together(INBOX):
        pass
    lose(caution.together(INBOX))

    assert not caution.is_due(INBOX)


def test_a_message_that_is_alone_with_two_losses_is_the_reason() -> None:
    caution = Caution()
    lose(caution.alone(INBOX, 7))
    once = caution.is_suspect(INBOX, 7)
    lose(caution.alone(INBOX, 7))
    with caution.alone(INBOX, 8):
        pass

    assert (once, caution.is_suspect(INBOX, 7)) == (False, True)
    assert not any((caution.is_suspect(INBOX, 8), caution.is_suspect(OTHER, 7)))


def test_when_all_were_fetched_they_go_together_again() -> None:
    caution = Caution()
    for _ in range(3):
        lose(caution.together(INBOX))
    caution.passed(INBOX)

    assert not caution.is_due(INBOX)


def test_what_is_no_loss_does_not_count() -> None:
    caution = Caution()
    for _ in range(3):
        with pytest.raises(ValueError, match="no"), caution.together(INBOX):
            raise ValueError("no")

    assert not caution.is_due(INBOX)


def test_where_nothing_can_be_fetched_no_message_is_to_blame() -> None:
    caution = Caution()
    for _ in range(5):
        lose(caution.alone(INBOX, 7))

    assert not caution.is_suspect(INBOX, 7)


def test_losses_with_a_success_between_them_do_not_add_up() -> None:
    caution = Caution()
    for _ in range(2):
        lose(caution.alone(INBOX, 7))
        with caution.alone(INBOX, 7):
            pass
        caution.passed(INBOX)
    with caution.alone(INBOX, 8):
        pass

    assert not caution.is_suspect(INBOX, 7)


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
