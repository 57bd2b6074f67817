"""Messages that a server tells of before it shows them are passed over by no window of a backlog."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from mailrules.engine import ahead, reading
from mailrules.engine.caution import Caution
from mailrules.imap import INBOX, UID, SelectedMailbox, UIDSet

if TYPE_CHECKING:
    from mailrules.client import Session
    from mailrules.rules import Ruleset

SHOWN_AT_FIRST, TOLD = 25, 100
RULES = cast("Ruleset", SimpleNamespace(header_fields=()))


class Slow:
    """A server that has told of many messages since SELECT, and shows most of them only when it has answered once."""

    def __init__(self) -> None:
        self.shows = SHOWN_AT_FIRST
        self.selected = SelectedMailbox(INBOX, exists=TOLD, arrived=TOLD, uidnext=1)
        self.connection = SimpleNamespace(octets_received=0, done=lambda: None)

    def search(self, _criteria: object) -> asyncio.Future[Sequence[int]]:
        answer: asyncio.Future[Sequence[int]] = asyncio.get_running_loop().create_future()
        answer.set_result(range(1, self.shows + 1))
        return answer


class Fetching:
    """Stands for `CarefulFetching`: what is not shown when it is asked for does not come."""

    goes_alone = False

    def __init__(self, _caution: Caution, session: Slow, _name: object, uids: UIDSet, _fields: object) -> None:
        self._server = session
        self._answer = [uid for uid in range(1, session.shows + 1) if UID(uid) in uids]

    async def messages(self) -> Sequence[int]:
        self._server.shows = TOLD
        return self._answer

    def abandon(self) -> None:
        pass


async def test_what_is_told_of_and_not_shown_yet_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint goes to the highest UID that came: whatever has a lower one must have come as well."""
    monkeypatch.setattr(reading, "WINDOW", 10)
    monkeypatch.setattr(ahead, "CarefulFetching", Fetching)
    reader = ahead.Reader(cast("Session", Slow()), INBOX, Caution(), lambda: RULES)
    came = [cast("int", uid) async for window in reader.all_after(0, TOLD) for uid in window.messages]
    assert came == list(range(1, max(came) + 1))
