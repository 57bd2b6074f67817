"""What is open in mailboxes that nobody serves is finished or held all the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.recovery import replay
from mailrules.engine.strays import strays
from mailrules.imap import INBOX, MailboxName
from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
SUPPORT = MailboxName(b"Support")
WATCH = ["INBOX", "Support"]


async def pending(it: Scene) -> None:
    """Leave a message of Support to be tried again, and let its time come."""
    it.proxy.refuse("UID MOVE", "NO [INUSE] Mailbox is locked", times=1)
    it.server.append(it.user, "Support", message("one"))
    await it.file(SUPPORT)
    it.ahead += timedelta(minutes=5)


async def take_up(it: Scene, *served: MailboxName) -> Collection[MailboxName]:
    """Do what the daemon does after each LIST; return the mailboxes where something was found."""
    found = await strays(it.context, served, ())
    for name, entries in found.items():
        await replay(it.context, name, entries)
    return found.keys()


async def test_a_pending_message_of_a_mailbox_that_is_not_watched_any_more_is_tried_again(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists", "Support")
    async with scene(dovecot, user, tmp_path, MOVE, watch=WATCH) as it:
        await pending(it)

        assert await take_up(it, INBOX) == {SUPPORT}
        assert it.subjects() == {"Lists": ["one"]}
        assert it.states() == [OutcomeState.PENDING, OutcomeState.DONE]


@pytest.mark.parametrize("renamed", [True, False])
async def test_a_pending_message_of_a_mailbox_that_is_gone_is_held(
    dovecot: Dovecot, user: str, tmp_path: Path, renamed: bool
) -> None:
    dovecot.create(user, "Lists", "Support")
    async with scene(dovecot, user, tmp_path, MOVE, watch=WATCH) as it:
        await pending(it)
        with dovecot.session(user) as other:
            if renamed:
                other.rename("Support", "Sales")
            else:
                other.delete("Support")

        await take_up(it, INBOX)

        assert it.subjects() == ({"Sales": ["one"]} if renamed else {})
        assert it.states() == [OutcomeState.PENDING, OutcomeState.HELD]
        assert it.reason().startswith("its mailbox is gone: SELECT was answered NO")
        assert await take_up(it, INBOX) == set()


async def test_what_was_begun_in_a_mailbox_that_is_not_watched_any_more_is_finished(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists", "Support")
    async with scene(dovecot, user, tmp_path, MOVE, watch=WATCH) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_ANSWER)
        dovecot.append(user, "Support", message("one"))
        with pytest.raises(NetworkError):
            await it.file(SUPPORT)

        await take_up(it, INBOX)

        assert (it.subjects(), it.states()) == ({"Lists": ["one"]}, [OutcomeState.DONE])


async def test_mailboxes_that_are_served_messages_that_are_not_due_and_what_is_in_repair_are_left_alone(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists", "Support")
    async with scene(dovecot, user, tmp_path, MOVE, watch=WATCH) as it:
        await pending(it)
        served = await strays(it.context, [SUPPORT], [])
        it.ahead -= timedelta(minutes=5)
        not_due = await strays(it.context, [INBOX], [])
        it.ahead += timedelta(minutes=5)
        (entry,) = await it.store.due("work", SUPPORT.raw, it.now())
        it.context.in_repair.add(entry.id)
        in_repair = await strays(it.context, [INBOX], [])

        assert (served, not_due, in_repair) == ({}, {}, {})
        assert await it.store.due("work", SUPPORT.raw, it.now()) == (entry,)


async def test_in_a_mailbox_that_is_visited_only_what_was_begun_is_taken_up(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    """What is due is the visitor's: it looks whether somebody has flagged or marked the message since."""
    dovecot.create(user, "Lists", "Support")
    async with scene(dovecot, user, tmp_path, MOVE, watch=WATCH) as it:
        await pending(it)

        assert await strays(it.context, [INBOX], [SUPPORT]) == {}


async def test_a_repair_that_never_gets_to_look_is_given_up_at_last(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.cut("UID MOVE", Point.BEFORE_COMMAND)
        dovecot.deliver(user, message("one"))
        with pytest.raises(NetworkError):
            await it.file()
        (entry,) = await it.store.unfinished("work", INBOX.raw)
        await it.store.record([replace(entry, attempts=60)], now=it.now())
        it.proxy.refuse("EXAMINE", "NO [NOPERM] Permission denied")

        await replay(it.context, INBOX, [entry])

        assert (it.subjects(), it.states()) == ({"INBOX": ["one"]}, [OutcomeState.HELD])
