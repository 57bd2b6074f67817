"""When messages are fetched one by one, and which of them is taken for what ends the connection."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from mailrules.client import ConnectionLost
from mailrules.engine.caution import Caution
from mailrules.imap import INBOX, MailboxName

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
