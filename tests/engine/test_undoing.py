"""What is taken back, on a real server: where the message goes, which flags it gets, which copies go away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mailrules.engine.apply import ApplyMode
from mailrules.engine.undoing import undo
from mailrules.engine.undone import TakenBack, Undone
from mailrules.store import HistoryQuery
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.servers.dovecot import Dovecot, Found

LOWERINGS = [
    pytest.param((), id="MOVE"),
    pytest.param(("MOVE",), id="UIDPLUS"),
    pytest.param(("MOVE", "UIDPLUS"), id="neither"),
    pytest.param(("UIDPLUS",), id="MOVE without UIDPLUS"),
]


async def take_back(it: Scene, query: HistoryQuery | None = None, mode: ApplyMode = ApplyMode.DO) -> list[TakenBack]:
    """Undo what the query asks for (all that was no undo), as the command does."""
    entries = [one for one in await it.store.history(query or HistoryQuery()) if query or one.undoes is None]
    async with it.session() as session:
        await it.directory.refresh(session)
        return [one async for one in undo(it.context, session, entries, mode=mode)]


def alive(it: Scene) -> dict[str, list[tuple[str, frozenset[str]]]]:
    r"""What is in the mailboxes that is not marked \Deleted, with its flags, sorted."""
    found = it.server.look(it.user)
    return {
        mailbox: sorted((one.subject, one.flags) for one in messages if r"\Deleted" not in one.flags)
        for mailbox, messages in found.items()
        if any(r"\Deleted" not in one.flags for one in messages)
    }


EVERYTHING = rule("all", 'subject = "m"', 'move = "Lists"', 'copy = ["A", "B"]', r"add_flags = ['\Flagged', '$X']")


@pytest.mark.parametrize("without", LOWERINGS)
async def test_a_message_goes_back_with_its_flags_and_its_copies_go_away(
    dovecot: Dovecot, user: str, tmp_path: Path, without: Sequence[str]
) -> None:
    async with scene(dovecot, user, tmp_path, EVERYTHING, without=without) as it:
        dovecot.append(user, "INBOX", message("m"), [r"\Seen"])
        dovecot.append(user, "INBOX", message("n"), [r"\Answered"])
        before = alive(it)
        await it.file()
        assert alive(it) != before

        (result,) = await take_back(it)

        assert (result.state, result.reason) == (Undone.DONE, "")
        assert alive(it) == before
        await it.file()
        assert alive(it) == before
        (again,) = await take_back(it)
        assert again.state is Undone.BEFORE
