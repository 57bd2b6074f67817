"""Cut anywhere, for each lowering: afterwards every message is where the rules say, exactly once."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.config import Daemon
from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine.scene import Scene, rule, scene, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

MOVE = rule("m", 'subject = "m"', 'move = "Lists"')
FLAG_AND_MOVE = rule("m", 'subject = "m"', 'add_flags = ["$Work"]', 'move = "Lists"')
COPY_AND_MOVE = rule("m", 'subject = "m"', 'copy = "Archive"', 'move = "Lists"')
COPY_AND_EXPUNGE = rule("m", 'subject = "m"', 'copy = "Lists"', "expunge = true")
EVERY_RULE = [
    pytest.param(MOVE, id="move"),
    pytest.param(FLAG_AND_MOVE, id="flags and move"),
    pytest.param(COPY_AND_MOVE, id="copy and move"),
    pytest.param(COPY_AND_EXPUNGE, id="copy and expunge"),
]
EVERY_LOWERING = [
    pytest.param((), ("UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE"), id="MOVE"),
    pytest.param(("MOVE",), ("UID STORE", "UID COPY", "UID EXPUNGE"), id="UIDPLUS"),
    pytest.param(("MOVE", "UIDPLUS"), ("UID STORE", "UID COPY"), id="neither"),
]


def alive(it: Scene) -> dict[str, list[str]]:
    r"""What is in the mailboxes, without what is marked \Deleted: the last row of the table leaves that."""
    return {
        mailbox: subjects
        for mailbox, found in it.server.look(it.user).items()
        if (subjects := [one.subject for one in found if r"\Deleted" not in one.flags])
    }


@pytest.mark.parametrize("rules", EVERY_RULE)
@pytest.mark.parametrize(("without", "commands"), EVERY_LOWERING)
async def test_a_cut_at_any_point_of_any_command_loses_and_doubles_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, rules: str, without: Sequence[str], commands: Sequence[str]
) -> None:
    cuts = 0
    async with scene(dovecot, user, tmp_path, rules, without=without) as it:
        for command in commands:
            for point in Point:
                it.proxy.cut(command, point)
                dovecot.deliver(user, message("m"), message("m"), message("stays"))
                await it.until_filed()
                cuts += 1

        filed = 2 * cuts
        expected = {"INBOX": Counter(stays=cuts), "Lists": Counter(m=filed)}
        if rules is COPY_AND_MOVE:
            expected["Archive"] = Counter(m=filed)
        assert {mailbox: Counter(subjects) for mailbox, subjects in alive(it).items()} == expected
        assert OutcomeState.HELD not in it.states()


async def test_a_server_that_goes_on_after_its_client_is_gone_is_waited_for(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """The old session copies only after the new one has looked: found by the second look, not repeated."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE, without=("MOVE",)) as it:
        it.hasty = True
        it.context = replace(it.context, general=lambda: Daemon(timezone=UTC, grace=3))
        it.proxy.stall("UID COPY", Point.BEFORE_COMMAND)
        it.proxy.cut("UID COPY", Point.AFTER_COMMAND)
        dovecot.deliver(user, message("m"))
        first = asyncio.create_task(it.file())
        await until(lambda: not it.proxy.flowing.is_set())
        frozen = dovecot.sessions(user)
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        it.proxy.resume()
        with pytest.raises(NetworkError):
            await first
        before = it.proxy.recording.names.count("UID COPY")

        again = asyncio.create_task(it.file())
        await until(lambda: any(look.answer for look in it.proxy.recording.find("EXAMINE")))
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        await again

        assert it.subjects() == {"Lists": ["m"]}
        assert it.proxy.recording.names.count("UID COPY") == before


@pytest.mark.parametrize("nth", [1, 2, 5])
async def test_a_connection_that_is_lost_in_the_repair_too_is_repaired_again(
    dovecot: Dovecot, user: str, tmp_path: Path, nth: int
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE, without=("MOVE",)) as it:
        it.proxy.cut("UID COPY", Point.AFTER_COMMAND)
        it.proxy.cut("UID FETCH|EXAMINE", Point.AFTER_COMMAND, nth=nth + 1)
        dovecot.deliver(user, message("m"))

        await it.until_filed()

        assert it.subjects() == {"Lists": ["m"]}
