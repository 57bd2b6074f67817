"""The rules over mail that is there already, beside what is open, what was done before, and what comes meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine import ahead, reading
from mailrules.engine.apply import ApplyMode, ApplySummary, apply
from mailrules.engine.outcome import OutcomeState
from mailrules.imap import INBOX, MailboxName
from tests.builders import message
from tests.engine.scene import Scene, rule, ruleset, scene
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

COPY = rule("copy", 'subject = "one"', 'copy = "Lists"')
MOVE = rule("move", 'subject = "one"', 'move = "Lists"')
CHANGES = {"STORE", "COPY", "MOVE", "EXPUNGE", "CREATE", "SELECT"}


async def applied(it: Scene, mode: ApplyMode = ApplyMode.DO, name: MailboxName = INBOX) -> ApplySummary:
    """Run the rules over a mailbox, as the command does, and finish what that leaves beside it."""
    async with it.session() as session:
        await it.directory.refresh(session)
        summary = await apply(it.context, session, name, mode=mode, progress=lambda _done, _all: None)
        await it.settled()
        return summary


async def test_what_was_there_before_the_first_run_is_filed(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.deliver(user, message("one"), message("two"), message("one"))
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        summary = await applied(it)

        assert it.subjects() == {"INBOX": ["two"], "Lists": ["one", "one"]}
        assert summary == ApplySummary(messages=3, matched={"move": 2}, done=2, pending=0, held=0)


async def test_what_all_was_done_with_is_only_counted_where_that_is_enough(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.deliver(user, message("one"), message("two"), message("one"))
    rules = MOVE + rule("template", 'subject = "two"', 'move = "{list_id.name}"')
    through: list[int] = []

    def counted(number: int) -> bool:
        through.append(number)
        return True

    async with scene(dovecot, user, tmp_path, rules) as it:
        it.context = replace(it.context, through=counted)
        summary = await applied(it)

        assert sum(through) == 2
        assert it.states() == [OutcomeState.HELD]
        assert summary == ApplySummary(messages=3, matched={"move": 2, "template": 1}, done=2, pending=0, held=1)


async def test_an_empty_mailbox_has_nothing_to_apply_to(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        assert await applied(it) == ApplySummary(messages=0, matched={}, done=0, pending=0, held=0)


async def test_a_dry_run_tells_what_would_be_done_and_changes_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = MOVE + rule("template", 'subject = "two"', 'move = "{list_id.name}"')
    dovecot.deliver(user, message("one"), message("two"))
    async with scene(dovecot, user, tmp_path, rules) as it:
        before = dovecot.look(user)
        it.proxy.recording.forget()

        summary = await applied(it, ApplyMode.DRY_RUN)

        assert dovecot.look(user) == before
        assert CHANGES & {name.split()[-1] for name in it.proxy.recording.names} == set()
        assert it.states() == [OutcomeState.OBSERVED, OutcomeState.HELD]
        assert summary == ApplySummary(messages=2, matched={"move": 1, "template": 1}, done=0, pending=0, held=0)
        assert (await applied(it)).done == 1


@pytest.mark.parametrize("way", ["begun", "pending"])
async def test_a_message_with_an_open_entry_is_not_copied_twice(
    dovecot: Dovecot, user: str, tmp_path: Path, way: str
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, COPY) as it:
        dovecot.deliver(user, message("one"))
        if way == "begun":
            it.proxy.cut("UID COPY", Point.BEFORE_COMMAND)
            with pytest.raises(NetworkError):
                await it.file()
        else:
            it.proxy.refuse("UID COPY", "NO [INUSE] Mailbox is locked", times=1)
            await it.file()

        await applied(it)
        await it.retry()

        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"]}
        assert it.states()[-1] is OutcomeState.DONE


async def test_a_copy_is_made_once_however_often_the_rules_are_applied(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.deliver(user, message("one"))
    async with scene(dovecot, user, tmp_path, COPY) as it:
        first = await applied(it)
        again = await applied(it)
        it.rules = ruleset(COPY + rule("flag", 'subject = "one"', 'add_flags = ["$Work"]', 'copy = "Other"'))
        more = await applied(it)

        assert (first.done, again.done, more.done) == (1, 0, 1)
        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"], "Other": ["one"]}
        assert it.flags() == [frozenset({"$Work"})]


async def test_a_message_that_can_not_be_read_is_held(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        it.proxy.rewrite(r"FETCH \(UID 1 ", "FETCH (UID 1 ((")
        dovecot.deliver(user, message("one"), message("one"))

        dry = await applied(it, ApplyMode.DRY_RUN)
        summary = await applied(it)

        assert (dry.held, dry.matched) == (0, {"move": 1})
        assert summary == ApplySummary(messages=2, matched={"move": 1}, done=1, pending=0, held=1)
        assert it.subjects() == {"INBOX": ["one"], "Lists": ["one"]}


async def test_mail_that_the_rules_were_applied_to_is_not_new_to_the_daemon(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, COPY) as it:
        dovecot.deliver(user, message("one"), message("two"))
        await applied(it)
        it.rules = ruleset('[[rules]]\nname = "all"\nmatch = "everything"\nthen.copy = "Seen"\n')

        await it.file()
        dovecot.deliver(user, message("three"))
        await it.file()

        assert it.subjects()["Seen"] == ["three"]


async def test_a_mailbox_that_is_not_watched_gets_no_checkpoint(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    archive = MailboxName(b"Archive")
    dovecot.append(user, "Archive", message("one"))
    async with scene(dovecot, user, tmp_path, COPY) as it:
        first = await applied(it, name=archive)
        again = await applied(it, name=archive)

        assert (first.done, again.done, it.subjects()["Lists"]) == (1, 0, ["one"])
        assert await it.store.checkpoint("work", archive.raw) is None


async def test_many_windows_are_one_command_for_each_target(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 2)
    monkeypatch.setattr(ahead, "_TOGETHER", 3)
    dovecot.deliver(user, *(message("one") for _ in range(13)))
    async with scene(dovecot, user, tmp_path, MOVE) as it:
        seen: list[tuple[int, int]] = []
        async with it.session() as session:
            await it.directory.refresh(session)
            await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda *now: seen.append(now))

        assert it.subjects() == {"Lists": ["one"] * 13}
        assert it.proxy.recording.names.count("UID MOVE") == 3
        assert seen == [(done, 13) for done in (2, 4, 6, 8, 10, 12, 13)]
