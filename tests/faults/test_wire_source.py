"""The mailbox that is watched is deleted or renamed at each point of its message's way; others are served on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.recovery import replay
from mailrules.engine.strays import strays
from mailrules.imap import INBOX, MailboxName, Refused
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

BOX = MailboxName(b"Box")
RULES = rule("m", 'subject = "m"', r'add_flags = ["\\Flagged"]', 'copy = "Copies"', 'move = "Filed"')
COMMANDS = {
    (): ["UID FETCH", "UID STORE", "UID COPY", "UID MOVE"],
    ("MOVE",): ["UID COPY", r"UID STORE \d+ \+FLAGS \(.Deleted", "UID EXPUNGE"],
}
CASES = [
    pytest.param(without, command, id=f"{' '.join(command.split()[:2])} without {' '.join(without) or 'nothing'}")
    for without, commands in COMMANDS.items()
    for command in commands
]


@pytest.mark.parametrize("renamed", [False, True], ids=["deleted", "renamed"])
@pytest.mark.parametrize(("without", "command"), CASES)
async def test_what_was_not_taken_away_is_there_once_and_inbox_is_served_on(
    dovecot: Dovecot, user: str, tmp_path: Path, without: Sequence[str], command: str, renamed: bool
) -> None:
    dovecot.create(user, "Box", "Copies", "Filed")
    taken: list[str] = []

    def act() -> None:
        with dovecot.session(user) as other:
            if renamed:
                other.rename("Box", "Renamed")
            else:
                taken.extend(dovecot.subjects(user).get("Box", []))
                other.delete("Box")

    async with scene(dovecot, user, tmp_path, RULES, without=without, watch=["INBOX", "Box"]) as it:
        dovecot.append(user, "Box", message("m"))
        dovecot.append(user, "Box", message("stays"))
        it.proxy.meanwhile(command, Point.BEFORE_COMMAND, act)

        await go_on(it)

        assert not it.proxy.outstanding
        there = {mailbox: Counter(subjects) for mailbox, subjects in it.subjects().items()}
        found = sum(there.values(), Counter[str]())
        marked = sum(r"\Deleted" in flags for flags in it.flags("Renamed")) if renamed else 0
        held = OutcomeState.HELD in it.states()
        assert found["stays"] + taken.count("stays") == 1
        assert found["m"] - marked + taken.count("m") >= 1
        assert found["m"] - marked <= 2 + held
        assert all(there.get(mailbox, Counter())["m"] <= 1 for mailbox in ("Copies", "Filed", "Renamed"))

        it.outcomes.clear()
        dovecot.deliver(user, message("m"))
        await it.until_filed(INBOX)
        assert it.states() == [OutcomeState.DONE]


async def go_on(it: Scene) -> None:
    """Serve the mailbox until it can't be selected any more, then finish what it has left as the daemon does."""
    for _ in range(3):
        try:
            await it.file(BOX)
        except (NetworkError, Refused):
            await it.proxy.finished()
    for name, entries in (await strays(it.context, (), ())).items():
        await replay(it.context, name, entries)
    await it.settled()
