"""Repairs and retries that can't get anywhere: they end or wait, and neither hammer the server nor touch strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import structlog

from mailrules.client import NetworkError, Session
from mailrules.config import Daemon
from mailrules.daemon import worker
from mailrules.daemon.pulse import Pulse
from mailrules.daemon.worker import Worker
from mailrules.engine import recovery
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.recovery import replay, replay_once
from mailrules.imap import INBOX, Refused
from mailrules.store import Entry, Step, StepKind, StepState
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
BUSY = "NO [INUSE] Mailbox is locked"
NO_LOOKS = "NO [NOPERM] Permission denied"
PAUSE = 0.3


async def begun(it: Scene) -> Entry:
    """Deliver a message, lose the connection just before its move is sent, and return its entry."""
    it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
    it.server.deliver(it.user, message("one"))
    with pytest.raises(NetworkError):
        await it.file()
    (entry,) = await it.store.unfinished("work", INBOX.raw)
    return entry


async def test_flags_are_not_set_on_a_stranger_in_a_target_that_was_made_anew(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """A move is known to be done and its flags are not set: the UID in the target names another message by now."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        entry = await begun(it)
        await it.file()
        (moved,) = it.outcomes
        flag = Step(kind=StepKind.STORE_FLAGS, rule="move", add=(r"\Flagged",))
        with dovecot.session(user) as other:
            other.select("Lists")
            era = int(other.response("UIDVALIDITY")[1][0])
        done = replace(entry.steps[0], target_uidvalidity=era, target_uidnext=1, target_uid=1, state=StepState.DONE)
        (half_done,) = await it.store.begin([replace(entry, id=None, steps=(flag, done))], None, now=it.now())
        it.make_anew("Lists")
        dovecot.append(user, "Lists", message("somebody's"))

        await replay_once(it.context, INBOX, [half_done])

        assert moved.state is OutcomeState.DONE
        assert it.flags("Lists") == [frozenset()]
        assert it.reason() == "moved, but its flags could not be set: its mailbox was made anew since"


async def test_a_repair_that_never_gets_to_look_is_given_up(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        entry = replace(await begun(it), attempts=59)
        await it.store.record([entry], now=it.now())
        it.proxy.refuse("EXAMINE", NO_LOOKS)

        with pytest.raises(Refused):
            await replay_once(it.context, INBOX, [entry])
        (tried,) = await it.store.unfinished("work", INBOX.raw)
        await replay_once(it.context, INBOX, [tried])

        assert (it.subjects(), it.states()) == ({"INBOX": ["one"]}, [OutcomeState.HELD])
        assert await it.store.unfinished("work", INBOX.raw) == ()


async def test_a_repair_pauses_between_its_tries_even_without_a_grace_period(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "_SHORTEST_WAIT", PAUSE)
    times: list[float] = []

    @asynccontextmanager
    async def open_session() -> AsyncIterator[Session]:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 3:
            it.proxy.accept()
        async with it.session() as session:
            yield session

    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        entry = await begun(it)
        it.proxy.refuse("EXAMINE", NO_LOOKS)
        context = replace(it.context, general=lambda: Daemon(timezone=UTC, grace=0), open_session=open_session)

        await replay(context, INBOX, [entry])

        first, second, third = times
        assert it.subjects() == {"Lists": ["one"]}
        assert (second - first >= PAUSE, third - second >= PAUSE) == (True, True)


async def test_a_worker_pauses_while_what_is_due_is_in_a_repair_s_hands(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_SHORTEST_WAIT", PAUSE)
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        it.ahead += timedelta(minutes=5)
        (entry,) = await it.store.due("work", INBOX.raw, it.now())
        it.context.in_repair.add(entry.id)
        async with it.session() as session:
            log = structlog.get_logger()
            watching = Worker(it.context, session, INBOX, lambda _name, _entries: None, log, Pulse("INBOX"))
            await watching.hold()
            await watching.look()
            clock = asyncio.get_running_loop().time
            began = clock()

            await watching.wait()

            assert clock() - began >= PAUSE
            assert it.states() == [OutcomeState.PENDING]
