"""The disk fails while the daemon works: what is not journalled is not sent, nothing is done twice, and it goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import repeat
from pathlib import Path

import pytest

from mailrules.store import EntryState, SqliteStore, StateError
from tests.faults.disk_recording import LIMIT, Scenario, Scene, daemon, settled
from tests.faults.disk_sabotage import Trouble, Writing, failing, silent
from tests.scenarios.setting import until
from tests.store.builders import NOW, checkpoint, entry

STEPS = ("UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE")
SAID = {
    Trouble.WRITE: "state.db: the disk reports an error (disk I/O error): look at the system's log",
    Trouble.SYNC: "state.db: the disk reports an error (disk I/O error): look at the system's log",
    Trouble.READ_ONLY: "state.db: the state is read-only (attempt to write a readonly database)",
    Trouble.FULL: "state.db: the disk is full: make room, mailrules goes on by itself",
}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long before the next try."""
    monkeypatch.setattr("mailrules.daemon.link.delays", lambda: repeat(0.05))
    monkeypatch.setattr("mailrules.engine.recovery._SHORTEST_WAIT", 0.05)


def steps(scene: Scene) -> list[str]:
    """What was sent that changes mail."""
    return [command for command in scene.server.commands if command.startswith(STEPS)]


@pytest.mark.parametrize("trouble", Trouble)
async def test_without_room_in_the_journal_nothing_is_sent(tmp_path: Path, trouble: Trouble) -> None:
    scene = Scene(Scenario("MOVE"))
    async with scene.server, daemon(scene, tmp_path) as store:
        await scene.watched()
        with failing(Writing.BEGIN, trouble, times=3) as plan:
            scene.deliver("one")
            before = scene.places()
            await until(lambda: plan.struck == 3)
            assert steps(scene) == []
            assert scene.places() == before
            assert await settled(scene, store)
        assert scene.places() == scene.expected()
        assert [SAID[trouble] in str(line["reason"]) for line in scene.said("interrupted")] == [True] * 3


@pytest.mark.parametrize(
    ("lowering", "trouble"),
    [*(("MOVE", trouble) for trouble in Trouble), ("UIDPLUS only", Trouble.SYNC), ("neither", Trouble.SYNC)],
)
async def test_what_was_done_and_could_not_be_recorded_is_found_and_not_done_again(
    tmp_path: Path, lowering: str, trouble: Trouble
) -> None:
    scene = Scene(Scenario(lowering))
    async with scene.server, daemon(scene, tmp_path) as store:
        await scene.watched()
        with failing(Writing.RECORD, trouble, times=2) as plan:
            scene.deliver("one")
            assert await settled(scene, store)
            assert plan.struck == 2
        scene.deliver("two")
        assert await settled(scene, store)
        assert scene.places() == scene.expected()


@pytest.mark.parametrize("trouble", Trouble)
async def test_a_history_that_cannot_be_forgotten_just_now_holds_up_nobody(tmp_path: Path, trouble: Trouble) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        await store.begin([entry(1, state=EntryState.DONE)], None, now=NOW - timedelta(days=1_000))
    scene = Scene(Scenario("MOVE"))
    with failing(Writing.PRUNE, trouble):
        async with scene.server, daemon(scene, tmp_path) as store:
            await scene.watched()
            scene.deliver("one")
            assert await settled(scene, store)
            await until(lambda: bool(scene.said("old history can't be forgotten")))
    assert [SAID[trouble] in str(line["reason"]) for line in scene.said("old history can't be forgotten")] == [True]


async def test_a_disk_that_does_not_answer_holds_up_nothing_but_the_mail(tmp_path: Path) -> None:
    scene, loop = Scene(Scenario("MOVE")), asyncio.get_running_loop()
    async with scene.server, daemon(scene, tmp_path) as store:
        await scene.watched()
        with silent() as answers:
            scene.deliver("one")
            before, slowest = scene.places(), 0.0
            for _ in range(50):
                at = loop.time()
                await asyncio.sleep(0.01)
                slowest = max(slowest, loop.time() - at)
            assert slowest < 1.0
            assert (steps(scene), scene.places()) == ([], before)
            answers.set()
            assert await settled(scene, store)
        assert scene.places() == scene.expected()


async def test_a_disk_that_does_not_answer_does_not_keep_the_process_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailrules.store.writer.LAST_WORDS", 0.1)
    store = SqliteStore(tmp_path / "state.db")
    await store.open()
    with silent() as answers:
        writing = asyncio.ensure_future(store.begin([entry(1)], checkpoint(1), now=NOW))
        await asyncio.sleep(0)
        with pytest.raises(StateError, match=r"state\.db: the disk does not answer"):
            await store.close()
        assert not writing.done()
        answers.set()
        await asyncio.wait_for(writing, LIMIT)
