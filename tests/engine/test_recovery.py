"""Cut anywhere, for each lowering: afterwards every message is where the rules say, exactly once."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine.outcome import OutcomeState
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
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


async def until_filed(it: Scene) -> None:
    """Do what the daemon does: sign in again after each lost connection."""
    for _ in range(5):
        try:
            await it.file()
        except NetworkError:
            continue
        return
    raise AssertionError("the connection is lost again and again")


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
):
    cuts = 0
    async with scene(dovecot, user, tmp_path, rules, without=without) as it:
        for command in commands:
            for point in Point:
                it.proxy.cut(command, point)
                dovecot.deliver(user, message("m"), message("m"), message("stays"))
                await until_filed(it)
                cuts += 1

        filed = 2 * cuts
        expected = {"INBOX": Counter(stays=cuts), "Lists": Counter(m=filed)}
        if rules is COPY_AND_MOVE:
            expected["Archive"] = Counter(m=filed)
        assert {mailbox: Counter(subjects) for mailbox, subjects in alive(it).items()} == expected
        assert OutcomeState.HELD not in it.states()


async def test_a_server_that_goes_on_after_the_cut_is_waited_for(dovecot: Dovecot, user: str, tmp_path: Path):
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE, without=("MOVE",)) as it:
        it.proxy.stall("UID COPY", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("m"))
        with pytest.raises(NetworkError):
            async with it.filing() as filing:
                it.context.spawn(lose(it))
                await filing.handle_new(lambda: None)

        await until_filed(it)

        assert it.subjects() == {"Lists": ["m"]}


async def lose(it: Scene) -> None:
    """Cut the connections once the command is on its way."""
    it.proxy.cut_all()
    it.proxy.resume()
