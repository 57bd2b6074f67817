"""What is held or waits is tried again when a person says so: as the daemon would, and nothing is done twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.engine.outcome import OutcomeState
from mailrules.engine.retrying import retry
from mailrules.imap import INBOX, MailboxName
from mailrules.store import Entry, EntryState, HistoryQuery
from tests.builders import message
from tests.engine.scene import Scene, rule, ruleset, scene
from tests.engine.test_apply import applied
from tests.servers.dovecot import Dovecot

NEVER, BUSY = "NO [NOPERM] Permission denied", "NO [INUSE] Mailbox is locked"
MOVE = rule("move", 'subject = "one"', 'move = "Lists"', "add_flags = ['$Work']")
COPY = rule("copy", 'subject = "one"', 'copy = "Lists"')
ERRING = rule("move", 'subject = "one"', 'move = "Lists/{list_id.name}"')
LOWERINGS = [(), ("MOVE",), ("MOVE", "UIDPLUS")]


async def begun(it: Scene) -> list[Entry]:
    return list(await it.store.history(HistoryQuery()))


async def again(it: Scene, *entries: Entry) -> list[tuple[EntryState, str]]:
    """Try again what is open, or these entries, and tell how each ended."""
    chosen = entries or tuple(one for one in await begun(it) if not one.state.final)
    async with it.session() as session:
        await it.directory.refresh(session)
        return [(one.state, one.reason) async for one in retry(it.context, session, chosen)]


@pytest.mark.parametrize("without", LOWERINGS)
async def test_what_was_held_is_carried_out(
    dovecot: Dovecot, user: str, tmp_path: Path, without: tuple[str, ...]
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE, without=without) as it:
        it.proxy.refuse("UID COPY" if without else "UID MOVE", NEVER, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        assert it.states() == [OutcomeState.HELD]

        assert [(EntryState.DONE, "")] == await again(it)
        left = {"INBOX": ["one"]} if "UIDPLUS" in without else {}
        assert it.subjects() == left | {"Lists": ["one"]}
        assert it.flags("Lists") == [frozenset({"$Work"})]


async def test_what_is_refused_again_is_held_again_and_its_day_begins_anew(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", NEVER, times=2)
        dovecot.deliver(user, message("one"))
        await it.file()
        it.ahead += timedelta(days=2)
        assert [(EntryState.HELD, "UID MOVE was answered NO [NOPERM] Permission denied")] == await again(it)
        assert it.flags() == [frozenset()]

        it.proxy.refuse("UID MOVE", BUSY, times=1)
        ((state, _),) = await again(it)
        (entry,) = await begun(it)
        assert (state, entry.attempts) == (EntryState.PENDING, 1)
        await it.retry()
        assert it.subjects() == {"Lists": ["one"]}


async def test_what_waits_is_tried_before_its_time(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()

        assert [(EntryState.DONE, "")] == await again(it)
        assert it.subjects() == {"Lists": ["one"]}


async def test_a_copy_that_was_made_after_all_is_not_made_again(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """It was held because nobody could tell; by now it can be seen."""
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, COPY) as it:
        it.proxy.refuse("UID COPY", NEVER, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("INBOX")
            other.copy("1", "Lists")

        assert [(EntryState.DONE, "")] == await again(it)
        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"]}


async def test_a_move_that_happened_after_all_is_seen_where_the_message_is_gone(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", NEVER, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("INBOX")
            other.uid("MOVE", "1", "Lists")

        assert [(EntryState.DONE, "")] == await again(it)
        assert (it.subjects(), it.flags("Lists")) == ({"Lists": ["one"]}, [frozenset({"$Work"})])


@pytest.mark.parametrize(
    ("rules", "state", "reason", "left"),
    [
        (MOVE, EntryState.DONE, "", {"Lists": ["one"]}),
        ("rules = []", EntryState.DONE, "no rule asks for anything now", {"INBOX": ["one"]}),
        (ERRING, EntryState.HELD, "rule 'move': {list_id.name} has no value in this message", {"INBOX": ["one"]}),
    ],
)
async def test_where_nothing_could_be_decided_the_rules_are_asked_anew(
    dovecot: Dovecot, user: str, tmp_path: Path, rules: str, state: EntryState, reason: str, left: dict[str, list[str]]
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, ERRING) as it:
        dovecot.deliver(user, message("one"))
        await it.file()
        assert it.states() == [OutcomeState.HELD]
        it.rules = ruleset(rules)

        assert [(state, reason)] == await again(it)
        assert it.subjects() == left
        await it.file()
        assert it.subjects() == left
        assert [] == [one for one in (await begun(it))[1:] if not one.state.final]


async def test_only_what_was_chosen_is_tried(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, ERRING) as it:
        dovecot.deliver(user, message("one"), message("one"))
        await it.file()
        it.rules = ruleset(MOVE)
        newest, other = await begun(it)

        assert [(EntryState.DONE, "")] == await again(it, newest)
        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"]}
        assert (other,) == await it.store.history(HistoryQuery(states=frozenset({EntryState.HELD})))


async def test_a_mailbox_that_is_not_watched_stays_so(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists", "Support")
    async with scene(dovecot, user, tmp_path, ERRING) as it:
        dovecot.append(user, "Support", message("one"))
        await applied(it, name=MailboxName(b"Support"))
        it.rules = ruleset(MOVE)

        assert [(EntryState.DONE, "")] == await again(it)
        assert it.subjects() == {"Lists": ["one"]}
        assert await it.store.checkpoint("work", b"Support") is None


async def test_what_somebody_else_has_dealt_with_is_left_to_them(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", NEVER, times=4)
        dovecot.deliver(user, message("one"), message("one"))
        await it.file()
        with dovecot.session(user) as other:
            other.select("INBOX")
            other.store("1", "+FLAGS", r"(\Deleted)")
            other.expunge()
            other.store("1", "+FLAGS", r"(\Deleted)")

        assert [
            (EntryState.GONE, r"somebody marked it \Deleted"),
            (EntryState.GONE, "somebody else moved or expunged it first"),
        ] == await again(it)
        assert it.subjects() == {"INBOX": ["one"]}


async def test_messages_of_a_mailbox_that_is_gone_or_was_renumbered_stay_held(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists", "Support")
    async with scene(dovecot, user, tmp_path, MOVE, watch=["INBOX", "Support"]) as it:
        it.proxy.refuse("UID MOVE", NEVER, times=9)
        dovecot.append(user, "Support", message("one"))
        dovecot.deliver(user, message("one"))
        await it.file(MailboxName(b"Support"))
        await it.file(INBOX)
        with dovecot.session(user) as other:
            other.delete("Support")
        it.renumber()

        ended = await again(it)
        assert [EntryState.HELD] * 2 == [state for state, _ in ended]
        assert ended[0][1] == "UIDVALIDITY changed while it was worked on"
        assert ended[1][1].startswith("its mailbox is gone: ")
        assert it.subjects() == {"INBOX": ["one"]}


async def test_a_mailbox_that_can_not_be_opened_is_said(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.refuse("UID MOVE", NEVER, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        (before,) = await begun(it)
        it.proxy.refuse("SELECT", BUSY, times=9)

        assert [(EntryState.HELD, f"SELECT was answered {BUSY}")] == await again(it)
        assert [before] == await begun(it)
