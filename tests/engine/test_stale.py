"""Between the moment a message was fetched and the moment it would go, its owner may have changed their mind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from mailrules.engine import process, reading
from mailrules.engine.apply import ApplySummary
from mailrules.engine.caution import CarefulFetching
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.reading import Fetched
from mailrules.engine.stale import OUTDATED
from mailrules.engine.sweeping import Outdated
from tests.builders import message
from tests.engine.scene import Scene, rule, ruleset, scene
from tests.engine.scheduled import OLD, every, put, run
from tests.engine.test_apply import applied
from tests.servers.dovecot import Dovecot

READ = every("read", "search = 'SEEN UNFLAGGED'", "expunge = true")
BUSY = "NO [INUSE] Mailbox is locked"

Fetch = Callable[..., Awaitable[Sequence[Fetched]]]


def flag(it: Scene, uid: str = "1", flags: str = r"(\Flagged)") -> None:
    """The owner flags a message."""
    with it.server.session(it.user) as other:
        other.select("INBOX")
        other.uid("STORE", uid, "+FLAGS", flags)


def after(times: int, fetch: Fetch, something: Callable[[], None]) -> Fetch:
    """Let something happen after so many fetches."""
    done = 0

    async def counted(*arguments: object) -> Sequence[Fetched]:
        nonlocal done
        found = await fetch(*arguments)
        done += 1
        if done == times:
            something()
        return found

    return counted


async def killed(*_: object) -> Sequence[object]:
    raise SystemError("killed")


@pytest.mark.parametrize("ending", ["expunge = true", "trash = true"])
async def test_what_is_flagged_while_other_windows_are_fetched_stays(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 1)
    dovecot.create(user, "Trash")
    rules = every("read", "search = 'SEEN UNFLAGGED'", ending)
    async with scene(dovecot, user, tmp_path, rules, trash="Trash") as it:
        put(it, "dear", r"\Seen")
        put(it, "read", r"\Seen")
        await it.file()
        monkeypatch.setattr(CarefulFetching, "messages", after(1, CarefulFetching.messages, lambda: flag(it)))

        runs = await run(it)

        assert it.subjects()["INBOX"] == ["dear"]
        assert (runs["read"].matched, runs["read"].done) == (2, 1)


async def test_what_only_moves_is_not_looked_at_again(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, every("read", "search = 'SEEN'", 'move = "Read"')) as it:
        put(it, "read", r"\Seen")
        await it.file()

        await run(it)

        assert it.proxy.recording.names.count("UID FETCH") == 1


async def test_what_is_flagged_while_the_rules_are_applied_is_decided_anew(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 1)
    rules = rule("dear", r"flags = '\Flagged'", 'move = "Dear"', "stop = true")
    rules += rule("read", r"flags = '\Seen'", "expunge = true")
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "dear", r"\Seen")
        put(it, "read", r"\Seen")
        monkeypatch.setattr(CarefulFetching, "messages", after(1, CarefulFetching.messages, lambda: flag(it)))

        summary = await applied(it)

        assert it.subjects() == {"Dear": ["dear"]}
        assert summary == ApplySummary(messages=2, matched={"dear": 1, "read": 1}, done=2, pending=0, held=0)


async def test_what_is_flagged_before_a_retry_stays(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, READ) as it:
        put(it, "dear", r"\Seen")
        await it.file()
        it.proxy.refuse("UID STORE", BUSY, times=1)
        await run(it)
        flag(it)

        await it.retry()

        assert it.subjects() == {"INBOX": ["dear"]}
        assert (it.states(), it.reason()) == ([OutcomeState.PENDING, OutcomeState.GONE], OUTDATED)
        assert await it.store.open_mailboxes("work") == ()


async def test_an_unchanged_one_is_retried(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = every("read", "search = 'SEEN'", "expunge = true", "add_flags = ['$Old']")
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "read", r"\Seen")
        await it.file()
        it.proxy.refuse("UID STORE .*Deleted", BUSY, times=1)
        await run(it)

        await it.retry()

        assert it.subjects() == {}
        assert it.states() == [OutcomeState.PENDING, OutcomeState.DONE]


async def test_new_mail_that_waits_is_filed_whatever_its_flags_are_by_then(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.create(user, "Lists")
    async with scene(dovecot, user, tmp_path, rule("move", 'subject = "one"', 'move = "Lists"')) as it:
        it.proxy.refuse("UID MOVE", BUSY, times=1)
        dovecot.deliver(user, message("one"))
        await it.file()
        flag(it)

        await it.retry()

        assert it.subjects() == {"Lists": ["one"]}


@pytest.mark.parametrize(("flags", "left"), [(r"(\Flagged)", {"INBOX": ["dear"]}), ("($Old)", {})])
async def test_what_is_flagged_after_a_crash_stays_and_our_own_flags_are_no_change(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, left: dict[str, list[str]]
) -> None:
    rules = every("read", "search = 'SEEN UNFLAGGED'", "expunge = true", "add_flags = ['$Old']")
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "dear", r"\Seen")
        await it.file()
        with monkeypatch.context() as patched:
            patched.setattr(process.Path, "act", killed)
            with pytest.raises(SystemError):
                await run(it)
        flag(it, flags=flags)

        await it.file()

        assert it.subjects() == left


async def test_set_flags_of_our_own_are_no_change_after_a_crash(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = every("read", "search = 'SEEN'", 'move = "Read"', "set_flags = ['$Old']")
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "read", r"\Seen")
        await it.file()
        with monkeypatch.context() as patched:
            patched.setattr(process.Path, "act", killed)
            with pytest.raises(SystemError):
                await run(it)
        with dovecot.session(user) as other:
            other.select("INBOX")
            other.uid("STORE", "1", "FLAGS", "($Old)")

        await it.file()

        assert it.subjects() == {"Read": ["read"]}


@pytest.mark.parametrize("rules", ["", OLD.replace("90", "80")])
async def test_a_rule_that_is_taken_away_while_it_looks_does_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str
) -> None:
    async with scene(dovecot, user, tmp_path, OLD) as it:
        put(it, "old")
        await it.file()

        def reload() -> None:
            it.rules = ruleset(rules or rule("other", 'subject = "x"', 'move = "X"'))

        monkeypatch.setattr(CarefulFetching, "messages", after(1, CarefulFetching.messages, reload))

        with pytest.raises(Outdated):
            await run(it)

        assert it.subjects() == {"INBOX": ["old"]}
        assert await it.store.open_mailboxes("work") == ()
