"""Flags that a message lost to a refused move are put back once, and set again with the move, whatever gets lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine.scene import rule, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

FLAG_AND_MOVE = rule("move", 'subject = "one"', 'move = "Lists"', r"add_flags = ['\Flagged']")
FLAGGED = frozenset({r"\Flagged"})
BUSY = "NO [INUSE] Mailbox is locked"
PUT_BACK = r"UID STORE \d+ -FLAGS"


async def test_messages_get_their_flags_at_last_though_only_some_were_put_back_before_a_loss(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=3)
        it.proxy.cut(PUT_BACK, Point.BEFORE_COMMAND, nth=2)
        dovecot.deliver(user, message("one"), message("one"))
        with pytest.raises(NetworkError):
            await it.file()
        it.proxy.accept()

        await it.until_filed()
        await it.retry(later=timedelta(hours=1))

        assert it.subjects() == {"Lists": ["one", "one"]}
        assert it.flags("Lists") == [FLAGGED, FLAGGED]


async def test_a_message_gets_its_flags_at_last_though_the_answer_to_putting_them_back_was_lost(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        it.proxy.cut(PUT_BACK, Point.AFTER_COMMAND)
        dovecot.deliver(user, message("one"))

        await it.until_filed()
        await it.settled()

        assert it.subjects() == {"Lists": ["one"]}
        assert it.flags("Lists") == [FLAGGED]


async def test_a_flag_that_somebody_set_before_the_retry_is_not_taken_from_the_message(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """The retry is lost and its repair refused: what is put back is what the message had before the retry."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("INBOX")
            other.store("1", "+FLAGS", r"(\Flagged)")
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        with pytest.raises(NetworkError):
            await it.retry()
        it.proxy.refuse("UID MOVE", BUSY)

        await it.until_filed()

        assert (it.subjects(), it.flags()) == ({"INBOX": ["one"]}, [FLAGGED])
        assert it.states() == [OutcomeState.PENDING, OutcomeState.PENDING]
