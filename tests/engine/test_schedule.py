"""Scheduled rules beside everything else: when they are due, open entries, lost connections, new rules."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.client import NetworkError
from mailrules.engine import ahead, reading
from mailrules.engine.caution import CarefulFetching
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.schedule import due_rules
from mailrules.engine.sweeping import Outdated
from tests.engine.scene import ruleset, scene, until
from tests.engine.scheduled import OLD, every, put, run
from tests.engine.test_stale import after
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

# What the journal knows


@pytest.mark.parametrize("point", Point)
async def test_a_lost_connection_leaves_each_message_once(
    dovecot: Dovecot, user: str, tmp_path: Path, point: Point
) -> None:
    rules = every("file", 'age.over = "90 days"', 'move = "Filed"', "add_flags = '$Old'")
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "one")
        put(it, "two")
        await it.file()
        it.proxy.cut("UID MOVE", point)

        with contextlib.suppress(NetworkError):
            await run(it)
        await it.settled()
        await run(it)

        assert it.subjects() == {"Filed": ["one", "two"]}
        assert it.context.in_repair == set()


async def test_while_it_works_nobody_repairs_what_it_has_in_hand(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = every("file", 'age.over = "90 days"', 'move = "Filed"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "one")
        await it.file()
        it.proxy.stall("UID MOVE", Point.BEFORE_COMMAND)
        running = asyncio.create_task(run(it))
        await until(lambda: bool(it.proxy.recording.find("UID MOVE")))

        begun = await it.store.unfinished("work", b"INBOX")
        in_hand = set(it.context.in_repair)
        it.proxy.resume()
        await running

        assert {entry.id for entry in begun} == in_hand
        assert (it.subjects(), it.context.in_repair) == ({"Filed": ["one"]}, set())


async def test_what_is_held_or_waits_is_left_alone(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = every("file", 'subject = "one"', 'move = "{list_id.name}"') + OLD
    async with scene(dovecot, user, tmp_path, rules) as it:
        put(it, "one")
        await it.file()

        first = await run(it)
        it.ahead += timedelta(days=2)
        again = await run(it)

        assert it.states() == [OutcomeState.HELD]
        assert (first["file"].looked_at, again["file"].looked_at) == (1, 0)
        assert it.subjects() == {"INBOX": ["one"]}


async def test_a_limit_leaves_the_rest_to_another_run(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = OLD.replace('every = "1 day"', 'every = "1 day"\nlimit = "2/hour"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        for _ in range(3):
            put(it, "old")
        await it.file()

        first = await run(it)
        it.ahead += timedelta(minutes=50)
        at_once = await due_rules(it.context)
        it.ahead += timedelta(minutes=15)
        then = await run(it)

        assert (first["old"].done, at_once, then["old"].done) == (2, (), 1)
        assert first["old"].full_until is not None
        assert it.states() == [OutcomeState.DONE] * 3


async def test_other_rules_end_the_run_between_two_windows(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 1)
    monkeypatch.setattr(ahead, "_TOGETHER", 1)
    async with scene(dovecot, user, tmp_path, OLD) as it:
        put(it, "one")
        put(it, "two")
        await it.file()

        def reload() -> None:
            it.rules = ruleset(OLD)

        monkeypatch.setattr(CarefulFetching, "messages", after(2, CarefulFetching.messages, reload))

        with pytest.raises(Outdated):
            await run(it)

        assert it.subjects() == {"INBOX": ["two"]}
        assert await it.store.last_run("work", "old") is None


# When


async def test_a_rule_runs_again_when_its_time_has_come(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = OLD + every("weekly", 'age.over = "90 days"', "expunge = true", interval="1 week")
    async with scene(dovecot, user, tmp_path, rules) as it:

        async def due() -> list[str]:
            return [rule.name for rule in await due_rules(it.context)]

        assert await due() == ["old", "weekly"]
        await run(it)
        assert await due() == []
        it.ahead += timedelta(days=1)
        assert await due() == ["old"]
        it.ahead += timedelta(days=10)
        await run(it)
        assert await due() == []
        it.rules = ruleset(OLD.replace('"1 day"', '"1 minute"'))
        it.ahead += timedelta(seconds=55)
        assert await due() == ["old"]
        it.ahead -= timedelta(days=3)
        assert await due() == ["old"]


@pytest.mark.parametrize("out", ['accounts = ["private"]', "enabled = false"])
async def test_a_rule_for_others_or_out_of_use_is_never_due(
    dovecot: Dovecot, user: str, tmp_path: Path, out: str
) -> None:
    async with scene(dovecot, user, tmp_path, OLD.replace("every", f"{out}\nevery")) as it:
        assert await due_rules(it.context) == ()
