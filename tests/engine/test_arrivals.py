"""Mail that comes into a watched mailbox while nobody can say yet whether mailrules itself has put it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine import filing
from mailrules.engine.filing import Filing
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import INBOX, MailboxName
from tests.builders import message
from tests.engine.scene import Scene, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

SUPPORT = MailboxName(b"Support")
DATE = "03-Mar-2025 09:00:00 +0000"
RULES = """
[[rules]]
name = "to support"
mailboxes = ["INBOX"]
match.subject = "one"
then.move = "Support"

[[rules]]
name = "on"
mailboxes = ["Support"]
match.subject = "one"
then.move = "On"
"""


async def look_in_support(it: Scene) -> None:
    """Handle what is new in Support before anybody has repaired anything."""
    async with it.session() as session:
        await it.directory.refresh(session)
        support = Filing(it.context, session, SUPPORT)
        await support.start()
        await support.handle_new(lambda: None)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "_SETTLE", 0.05)


async def test_it_waits_until_that_is_known_and_is_then_met_like_new_mail(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Of two equal messages one was moved there and the other delivered."""
    dovecot.create(user, "Support")
    raw = message("one")
    async with scene(dovecot, user, tmp_path, RULES, watch=["INBOX", "Support"]) as it:
        dovecot.append(user, "INBOX", raw, date=DATE)
        it.proxy.cut("UID MOVE", Point.AFTER_COMMAND)
        with pytest.raises(NetworkError):
            await it.file(INBOX)
        dovecot.append(user, "Support", raw, date=DATE)

        await look_in_support(it)
        waiting = it.states()
        await it.file(INBOX)
        await it.retry(SUPPORT)

        assert waiting == [OutcomeState.PENDING, OutcomeState.PENDING]
        assert it.subjects() == {"Support": ["one"], "On": ["one"]}
        assert it.states()[2:].count(OutcomeState.DONE) == 2
        assert OutcomeState.HELD not in it.states()
