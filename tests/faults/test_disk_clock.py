"""The clock is put back an hour, or forward a day, while the daemon runs and while it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailrules.demo import Refuse
from mailrules.store import EntryState, HistoryQuery, SqliteStore
from tests.builders import message
from tests.faults.disk_clock import Clock, settable_clock
from tests.faults.disk_recording import KINDS, LIMIT, LOWERINGS, Scenario, Scene, daemon, settled
from tests.scenarios.setting import until

BACK, FORWARD = timedelta(hours=-1), timedelta(days=1)
PENDING = HistoryQuery(states=frozenset({EntryState.PENDING}))
HELD = HistoryQuery(states=frozenset({EntryState.HELD}))


@pytest.fixture
def clock() -> Iterator[Clock]:
    with settable_clock() as clock:
        yield clock


@pytest.mark.parametrize("lowering", LOWERINGS)
async def test_no_message_is_lost_or_doubled_and_the_history_keeps_its_order(
    tmp_path: Path, clock: Clock, lowering: str
) -> None:
    scene = Scene(Scenario(lowering))
    async with scene.server:
        async with daemon(scene, tmp_path) as store:
            await scene.watched()
            for batch, step in (("one", BACK), ("two", FORWARD), ("three", BACK)):
                scene.deliver(batch)
                assert await settled(scene, store)
                clock.ahead += step
        clock.ahead += BACK
        async with daemon(scene, tmp_path) as store:
            scene.deliver("four")
            assert await settled(scene, store)
            history = await store.history(HistoryQuery())
    assert scene.places() == scene.expected()
    acting = [kind for kind in KINDS if kind != "stays"]
    batches = [entry.subject.split()[-1] for entry in reversed(history)]
    assert batches == [batch for batch in ("one", "two", "three", "four") for _ in acting]


async def _stirred(scene: Scene, subject: str) -> None:
    """Let something come that no rule is for: at each message the daemon looks what is due."""
    since = len(scene.server.commands)
    scene.server.deliver("INBOX", message(subject))
    await asyncio.wait_for(scene.server.heard("UID FETCH", since), LIMIT)
    await asyncio.wait_for(scene.server.heard("IDLE", since), LIMIT)


@pytest.mark.parametrize(
    ("step", "later"),
    [
        pytest.param(BACK, timedelta(hours=1, minutes=2), id="back an hour"),
        pytest.param(FORWARD, timedelta(), id="forward a day"),
    ],
)
async def test_what_waits_for_its_next_try_waits_no_longer_than_the_clock_was_put_back(
    tmp_path: Path, clock: Clock, step: timedelta, later: timedelta
) -> None:
    scene = Scene(Scenario("MOVE"))
    async with scene.server, daemon(scene, tmp_path) as store:
        await scene.watched()
        scene.server.faults.plan("UID MOVE", Refuse("NO [INUSE] Mailbox is locked"), times=100)
        scene.deliver("one")
        await _pending(store, more_than=0)
        scene.server.faults.clear()
        clock.ahead += step
        await _stirred(scene, "stays awake")
        if later:
            assert await store.history(PENDING) != ()
        clock.ahead += later
        await _stirred(scene, "stays up")
        async with asyncio.timeout(LIMIT):
            while await store.history(PENDING):  # noqa: ASYNC110 - the journal tells nobody
                await asyncio.sleep(0.01)
        assert await store.history(HELD) == ()
    stirring = {"stays awake", "stays up"}
    assert {place for place in scene.places() if place[1] not in stirring} == set(scene.expected())


async def _pending(store: SqliteStore, more_than: int) -> None:
    async with asyncio.timeout(LIMIT):
        while len(await store.history(PENDING)) <= more_than:  # noqa: ASYNC110 - the journal tells nobody
            await asyncio.sleep(0.01)


LIMITED = """
[[rules]]
name = "few"
match.subject.contains = "stays"
limit = "2/hour"
then.move = "Few"
"""


@pytest.mark.parametrize("step", [BACK, FORWARD])
async def test_what_waits_for_a_rules_limit_has_its_turn(tmp_path: Path, clock: Clock, step: timedelta) -> None:
    scene = Scene(Scenario("MOVE"), rules=LIMITED)
    async with scene.server, daemon(scene, tmp_path) as store:
        await scene.watched()
        for number in range(3):
            scene.server.deliver("INBOX", message(f"stays {number}"))
        await _pending(store, more_than=0)
        assert len(scene.server.snapshot()["Few"]) == 2
        clock.ahead += step
        await _stirred(scene, "wakes")
        assert len(scene.server.snapshot()["Few"]) == (3 if step == FORWARD else 2)
        clock.ahead += timedelta(hours=2, minutes=1)
        await _stirred(scene, "wakes again")
        await until(lambda: len(scene.server.snapshot()["Few"]) == 3)


SCHEDULED = """
[[rules]]
name = "sweep"
every = "1 hour"
match.subject.contains = "filed"
then.move = "Swept"
"""


@pytest.mark.parametrize("step", [BACK, timedelta(days=-400), FORWARD])
async def test_a_scheduled_rule_does_not_wait_for_the_old_time_to_come_again(
    tmp_path: Path, clock: Clock, step: timedelta
) -> None:
    scene = Scene(Scenario("MOVE"), rules=SCHEDULED)
    async with scene.server:
        for _ in range(3):
            scene.lines.clear()
            async with daemon(scene, tmp_path):
                await until(lambda: bool(scene.said("scheduled rule ran")))
            clock.ahead += step
        swept = [place[1] for place in scene.places().elements() if place[0] == "Swept"]
    assert swept == ["filed before the daemon came"]
