"""Messages that a server refused for now: tried again when they are due, as they are by then, and by one hand only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.client import NetworkError, Session
from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine.scene import Scene, rule, scene, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

BUSY = "NO [INUSE] Mailbox is locked"
MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
FLAG_AND_MOVE = rule("move", 'subject = "one"', 'move = "Lists"', r"add_flags = ['\Flagged']")
FLAG_AND_COPY = rule("copy", 'subject = "one"', 'copy = "Lists"', "add_flags = ['$Work']")


def store(it: Scene, command: str, flags: str) -> None:
    """Another client changes the flags of the first message."""
    with it.server.session(it.user) as other:
        other.select("INBOX")
        other.store("1", command, flags)


@pytest.mark.parametrize(("command", "kept"), [("+FLAGS", frozenset({r"\Flagged"})), ("-FLAGS", frozenset())])
async def test_a_retry_that_fails_leaves_the_flags_that_somebody_has_set_meanwhile(
    dovecot: Dovecot, user: str, tmp_path: Path, command: str, kept: frozenset[str]
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY)
        dovecot.deliver(user, message("one"))
        await it.file()
        store(it, command, r"(\Flagged)")

        await it.retry()

        assert (it.flags(), it.states()) == ([kept], [OutcomeState.PENDING, OutcomeState.PENDING])


async def test_a_message_that_somebody_has_marked_deleted_is_left_to_them(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        store(it, "+FLAGS", r"(\Deleted)")

        await it.retry()

        assert it.subjects() == {"INBOX": ["one"]}
        assert (it.states()[-1], it.reason()) == (OutcomeState.GONE, r"somebody marked it \Deleted")


async def test_a_message_that_was_marked_by_its_own_rule_is_expunged_at_the_retry(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, rule("away", 'subject = "one"', "expunge = true")) as it:
        it.proxy.refuse("UID EXPUNGE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        refused = it.flags()

        await it.retry()

        assert (refused, it.subjects()) == ([frozenset({r"\Deleted"})], {})
        assert it.states() == [OutcomeState.PENDING, OutcomeState.DONE]


async def test_a_message_that_is_gone_when_it_is_due_needs_nothing_any_more(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        store(it, "+FLAGS", r"(\Deleted)")
        with dovecot.session(user) as other:
            other.select("INBOX")
            other.expunge()

        await it.retry()

        assert (it.states()[-1], it.reason()) == (OutcomeState.GONE, "somebody else moved or expunged it first")


async def test_a_message_that_can_not_be_read_when_it_is_due_is_held(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        it.proxy.rewrite(r"FETCH \(UID 1 ", "FETCH (UID 1 ((")

        await it.retry()

        assert it.subjects() == {"INBOX": ["one"]}
        assert it.states() == [OutcomeState.PENDING, OutcomeState.HELD]
        assert it.reason() == "the server's answer about it can't be read"


async def test_a_message_whose_mailbox_has_a_new_uidvalidity_when_it_is_due_is_held(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        it.renumber()

        await it.file()
        await it.retry()

        assert it.subjects() == {"INBOX": ["one"]}
        assert it.states() == [OutcomeState.PENDING, OutcomeState.HELD]
        assert it.reason() == "UIDVALIDITY changed before it could be finished"


async def test_a_message_that_stays_refused_for_a_day_is_held(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY)
        dovecot.deliver(user, message("one"))
        await it.file()

        await it.retry(later=timedelta(hours=23))
        await it.retry(later=timedelta(hours=2))

        assert it.states() == [OutcomeState.PENDING, OutcomeState.PENDING, OutcomeState.HELD]
        assert it.reason() == "given up after 1 day: UID MOVE was answered NO [INUSE] Mailbox is locked"


@pytest.mark.parametrize("without", [pytest.param((), id="MOVE"), pytest.param(("MOVE",), id="UIDPLUS")])
async def test_a_message_whose_flags_were_refused_is_in_its_target_with_them_in_the_end(
    dovecot: Dovecot, user: str, tmp_path: Path, without: tuple[str, ...]
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_MOVE, without=without) as it:
        it.proxy.refuse("UID STORE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()

        await it.retry()

        assert it.subjects() == {"Lists": ["one"]}
        assert it.flags("Lists") == [frozenset({r"\Flagged"})]


async def test_copies_wait_for_flags_that_were_refused_to_the_batch(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, FLAG_AND_COPY) as it:
        it.proxy.refuse("UID STORE", BUSY, times=1)
        dovecot.deliver(user, message("one"), message("one"))

        await it.file()

        assert it.flags("Lists") == [frozenset({"$Work"})] * 2


async def test_what_recovery_has_let_go_of_is_retried_beside_it_once(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """A repair of two messages: the copy of one is refused for now, the connection is lost at that of the other."""
    dovecot.create(user, "X", "Y")
    rules = rule("x", 'subject = "one"', 'copy = "X"') + rule("y", 'subject = "two"', 'copy = "Y"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        sessions = asyncio.Semaphore(1)

        @asynccontextmanager
        async def open_session() -> AsyncIterator[Session]:
            await sessions.acquire()
            async with it.session() as session:
                yield session

        it.context = replace(it.context, open_session=open_session)
        it.proxy.cut("UID COPY", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("one"), message("two"))
        with pytest.raises(NetworkError):
            await it.file()
        it.proxy.refuse(r'UID COPY \d+ "?X', BUSY, times=1)
        it.proxy.cut(r'UID COPY \d+ "?Y', Point.BEFORE_ANSWER)
        async with it.filing() as filing:
            await until(lambda: OutcomeState.PENDING in it.states())

            it.ahead = timedelta(minutes=10)
            await filing.retry_due(lambda: None)
            beside = it.subjects()
            sessions.release()
            await it.settled()
            await filing.retry_due(lambda: None)
            left = await filing.next_due()

        assert beside == {"INBOX": ["one", "two"], "X": ["one"], "Y": ["two"]}
        assert it.subjects() == {"INBOX": ["one", "two"], "X": ["one"], "Y": ["two"]}
        assert it.states() == [OutcomeState.PENDING, OutcomeState.DONE, OutcomeState.DONE]
        assert left is None
