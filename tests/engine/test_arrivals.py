"""Mail that comes into a watched mailbox while nobody can say yet whether mailrules itself has put it there."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine import filing
from mailrules.engine.filing import Filing
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.strays import strays
from mailrules.imap import INBOX, MailboxName
from tests.builders import message
from tests.engine.scene import Scene, scene, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point
from tests.servers.proxy import Proxy

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


async def test_what_recovery_finds_in_a_mailbox_made_on_the_way_is_known_as_our_own(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, RULES, watch=["INBOX", "Support"]) as it:
        it.proxy.cut("UID MOVE", Point.AFTER_COMMAND)
        dovecot.deliver(user, message("one"))
        await it.until_filed(INBOX)

        await look_in_support(it)

        assert it.subjects() == {"Support": ["one"]}


async def postponed(it: Scene) -> None:
    """Move a message to Support, lose the answer, deliver its equal there, and meet both; then repair the move."""
    raw = message("one")
    it.server.append(it.user, "INBOX", raw, date=DATE)
    it.proxy.cut("UID MOVE", Point.AFTER_COMMAND)
    with pytest.raises(NetworkError):
        await it.file(INBOX)
    it.server.append(it.user, "Support", raw, date=DATE)
    await look_in_support(it)
    await it.file(INBOX)


async def test_in_a_mailbox_on_the_rounds_it_waits_for_the_next_visit(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """The search for what is left unfinished in mailboxes without a connection leaves it alone."""
    dovecot.create(user, "Support")
    async with scene(dovecot, user, tmp_path, RULES, watch=["INBOX", "Support"]) as it:
        await postponed(it)
        it.ahead += timedelta(minutes=5)

        found = await strays(it.context, {INBOX}, {SUPPORT})
        await it.retry(SUPPORT)

        assert found == {}
        assert it.subjects() == {"Support": ["one"], "On": ["one"]}


async def test_it_is_met_again_though_the_connection_is_lost_in_a_retry_of_another(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Support", "On")
    async with scene(dovecot, user, tmp_path, RULES, watch=["INBOX", "Support"]) as it:
        it.proxy.refuse("UID MOVE", "NO [INUSE] Mailbox is locked", times=1)
        dovecot.append(user, "Support", message("one"))
        await it.file(SUPPORT)
        await postponed(it)
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        with pytest.raises(NetworkError):
            await it.retry(SUPPORT)

        await it.until_filed(SUPPORT)
        await it.retry(SUPPORT, later=timedelta(hours=1))

        assert it.subjects() == {"Support": ["one"], "On": ["one", "one"]}


async def test_it_is_met_again_though_the_connection_is_lost_while_it_is_met_again(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Support", "On")
    async with scene(dovecot, user, tmp_path, RULES, watch=["INBOX", "Support"]) as it:
        await postponed(it)
        it.proxy.cut("UID FETCH", Point.AFTER_COMMAND)
        with pytest.raises(NetworkError):
            await it.retry(SUPPORT)
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        with pytest.raises(NetworkError):
            await it.retry(SUPPORT)

        await it.until_filed(SUPPORT)
        await it.retry(SUPPORT, later=timedelta(hours=1))

        assert it.subjects() == {"Support": ["one"], "On": ["one"]}


async def test_it_is_copied_on_once_though_the_connection_was_lost_when_it_was_met_first(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """A message that comes with it is searched for, and the answer to that search is lost."""
    rules = RULES.replace('then.move = "On"', 'match.search = "SUBJECT one"\nthen.copy = "On"')
    dovecot.create(user, "Support", "On")
    async with scene(dovecot, user, tmp_path, rules, watch=["INBOX", "Support"]) as it:
        dovecot.append(user, "Support", message("one"))
        it.proxy.cut("UID SEARCH", Point.BEFORE_COMMAND)
        with pytest.raises(NetworkError):
            await postponed(it)

        await look_in_support(it)
        again = await it.store.due("work", SUPPORT.raw, it.now() + timedelta(minutes=5))
        await it.file(INBOX)
        await it.retry(SUPPORT)
        await it.retry(SUPPORT)

        assert sorted(entry.uid for entry in again) == [2, 3]
        assert it.subjects() == {"Support": ["one", "one", "one"], "On": ["one", "one"]}


async def test_a_copy_without_an_answer_in_time_makes_it_wait_and_is_not_filed_on(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """The copy is still under way, on a connection that lives: its answer comes later than the patience ends."""
    rules = RULES.replace('then.move = "Support"', 'then.copy = "Support"')
    dovecot.create(user, "Support")
    async with (
        scene(dovecot, user, tmp_path, rules, watch=["INBOX", "Support"]) as it,
        Proxy(dovecot.ports.imap) as beside,
    ):
        it.proxy.stall("UID COPY", Point.AFTER_COMMAND)
        dovecot.deliver(user, message("one"))
        copying = asyncio.create_task(it.file(INBOX))
        await until(lambda: it.subjects().get("Support") == ["one"])
        slow, it.proxy = it.proxy, beside

        await look_in_support(it)
        waiting = it.states()
        slow.resume()
        await copying
        await it.retry(SUPPORT)

        assert waiting == [OutcomeState.PENDING]
        assert it.subjects() == {"INBOX": ["one"], "Support": ["one"]}
        assert await it.store.open_mailboxes("work") == ()
