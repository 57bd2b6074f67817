"""What a server's answers to FETCH leave out, spoil, or break off at: such a message is told of, the others go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine import reading
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.reading import fetch
from mailrules.imap import INBOX, Refused, UIDSet
from tests.builders import message
from tests.engine.scene import rule, scene, until
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
HEADER = r"BODY\[HEADER\.FIELDS \([^)]*\)\] \{\d+\}\r\n.*\r\n\r\n"


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        pytest.param(r"FETCH \(UID 1 FLAGS \(\\Recent\)", r"FETCH (UID 1 FLAGS (\\Recent", id="that makes no sense"),
        pytest.param(r"(FETCH \(UID 1 .*) " + HEADER, r"\1", id="without the header"),
    ],
)
async def test_a_message_with_an_answer_is_held_and_the_others_go_on(
    dovecot: Dovecot, user: str, tmp_path: Path, pattern: str, by: str
) -> None:
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.rewrite(pattern, by)
        dovecot.deliver(user, message("one"), message("one"))

        await it.file()
        await it.file()

        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"]}
        assert {outcome.uid: outcome.state for outcome in it.outcomes} == {1: OutcomeState.HELD, 2: OutcomeState.DONE}
        assert "the server's answer about it can't be read" in {outcome.reason for outcome in it.outcomes}


async def test_a_message_that_ends_the_connection_is_held_and_the_others_go_on(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """Dovecot does so at a message that it can't read from its disk, whenever it is fetched."""
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        dovecot.deliver(user, message("one"), message("one"), message("one"))
        (file,) = dovecot.folder.glob(f"**/{user}/**/INBOX/dbox-Mails/u.2")
        file.chmod(0)

        await it.until_filed(losses=8)
        file.chmod(0o600)
        dovecot.deliver(user, message("one"))
        await it.file()

        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one", "one", "one"]}
        assert sorted(it.states(), key=lambda state: state.value) == [*[OutcomeState.DONE] * 3, OutcomeState.HELD]


async def test_a_fetch_that_was_refused_as_some_messages_are_gone_is_worth_what_came(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """RFC 9051 §7.1, EXPUNGEISSUED."""
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.rewrite("^(a\\S*) OK Fetch", r"\1 NO [EXPUNGEISSUED] Some messages were expunged. Fetch")
        dovecot.deliver(user, message("one"), message("one"))

        await it.file()

        assert it.subjects() == {"Lists": ["one", "one"]}


async def test_a_fetch_that_was_refused_for_another_reason_is_no_empty_mailbox(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, MOVE) as it, it.session() as session:
        await session.select(INBOX)
        it.proxy.refuse("UID FETCH", "NO [UNAVAILABLE] Not now")

        with pytest.raises(Refused, match="UNAVAILABLE"):
            await fetch(session, UIDSet.all())


async def test_a_message_without_message_id_is_known_by_its_header_whatever_the_rules_ask_for(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    bare = b"From: bob@example.com\r\nSubject: one\r\nX-Spam: no\r\n\r\nGood morning.\r\n"
    async with scene(dovecot, user, tmp_path, MOVE) as it, it.session() as session:
        dovecot.deliver(user, bare, bare.replace(b"one", b"two"))
        await session.select(INBOX)

        plain = await fetch(session, UIDSet.all())
        asked = await fetch(session, UIDSet.all(), ["X-SPAM", "TO"])

        assert [found.fingerprint for found in plain] == [found.fingerprint for found in asked]
        assert len({found.fingerprint.split()[0] for found in plain}) == 2
        assert {found.message_id for found in plain} == {""}


async def test_a_good_message_that_is_announced_beside_a_spoilt_answer_is_not_taken_for_unreadable(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """It came while the FETCH was on its way, which says nothing of it."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.rewrite(r"^(\* \d+ FETCH \(UID 1 )", "* junk ((\r\n\\1")
        dovecot.deliver(user, message("first"))
        it.proxy.stall("UID FETCH", Point.BEFORE_COMMAND)
        filing = asyncio.create_task(it.file())
        await until(lambda: not it.proxy.flowing.is_set())
        dovecot.deliver(user, message("one"))
        it.proxy.resume()

        await filing
        await it.file()

        assert it.subjects() == {"INBOX": ["first"], "Lists": ["one"]}
        assert OutcomeState.HELD not in it.states()


async def test_a_copy_is_not_made_again_where_an_answer_about_the_target_can_t_be_read(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """The message that the answer is about may be that copy."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, rule("copy", 'subject = "one"', 'copy = "Lists"')) as it:
        it.proxy.cut("UID COPY", Point.BEFORE_ANSWER)
        dovecot.deliver(user, message("pad"), message("one"))
        with pytest.raises(NetworkError):
            await it.file()
        it.proxy.rewrite(r"FETCH \(UID 1 FLAGS \(", "FETCH (UID 1 FLAGS ((")

        await it.file()

        assert it.subjects() == {"INBOX": ["pad", "one"], "Lists": ["one"]}
        assert it.states() == [OutcomeState.HELD]


async def test_of_many_messages_only_a_window_is_in_memory(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mailbox of a million that is renumbered is gone through as well."""
    monkeypatch.setattr(reading, "WINDOW", 2)
    async with scene(dovecot, user, tmp_path, rule("r", 'subject = "m"', "stop = true")) as it, it.session() as session:
        dovecot.deliver(user, *[message("m")] * 5)
        await session.select(INBOX)
        messages = reading.fetch_in_windows(session, UIDSet.all())
        fetched = [(one.uid, it.proxy.recording.names.count("UID FETCH")) async for one in messages]
        assert fetched == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)]
