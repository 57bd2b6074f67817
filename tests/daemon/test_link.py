"""What is repeated after which trouble, and what a stop waits for."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from mailrules.client import ConnectFailed, ConnectionLost
from mailrules.client.connection import GOODBYE
from mailrules.daemon import link
from mailrules.daemon.door import DoorClosed
from mailrules.daemon.link import ended, retried, unhurried
from mailrules.daemon.logs import logger
from mailrules.daemon.pulse import Pulse
from mailrules.daemon.vitals import Condition
from mailrules.imap import Answer, Kind, No, Tagged
from mailrules.store import StateError
from tests.daemon.house import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Delays count up by one second, and are noted instead of waited for."""
    noted: list[float] = []

    def delays() -> Iterator[float]:
        yield from (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)

    async def sleep(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(link, "delays", delays)
    monkeypatch.setattr("mailrules.daemon.link.asyncio.sleep", sleep)
    return noted


class Work:
    """Fails in the ways it is given, then succeeds."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.tries = 0

    async def __call__(self) -> None:
        self.tries += 1
        if self.troubles:
            raise self.troubles.pop(0)


def throttled(text: str) -> No:
    return No("SELECT", Answer(Tagged(b"A1", Kind.NO, None, text), ()))


@pytest.mark.parametrize(
    "trouble",
    [ConnectFailed("refused"), ConnectionLost("gone"), throttled("no"), StateError("disk full"), ValueError("bug")],
)
async def test_whatever_goes_wrong_is_tried_again_after_growing_pauses(trouble: Exception, pauses: list[float]) -> None:
    work = Work(trouble, trouble, trouble)
    with capture_logs() as lines:
        await retried(work, logger(), Pulse("work"))
    assert (work.tries, pauses) == (4, [1.0, 2.0, 3.0])
    assert [line["reason"] for line in lines if line["event"] == "interrupted"] == [str(trouble)] * 3


async def test_only_a_bug_is_logged_with_a_traceback(pauses: list[float]) -> None:
    with capture_logs() as lines:
        await retried(Work(ConnectionLost("gone"), ValueError("bug")), logger(), Pulse("work"))
    assert [line["event"] for line in lines] == ["interrupted", "unexpected error", "interrupted"]
    assert pauses == [1.0, 2.0]


async def test_what_somebody_else_has_cancelled_is_tried_again_and_a_stop_is_one(pauses: list[float]) -> None:
    cancelled, never = (asyncio.get_running_loop().create_future() for _ in range(2))
    cancelled.cancel()
    wait_for = [never, cancelled]

    async def work() -> None:
        await wait_for.pop()

    with capture_logs() as lines:
        task = asyncio.create_task(retried(work, logger(), Pulse("work")))
        await asyncio.wait({task}, timeout=1.0)
        assert wait_for == []
        task.cancel()
        await asyncio.wait({task}, timeout=LIMIT)
    assert (task.cancelled(), pauses) == (True, [1.0])
    assert [line["event"] for line in lines] == ["unexpected error", "interrupted"]


async def test_a_pulse_tells_of_the_trouble_and_of_the_next_try(pauses: list[float]) -> None:
    pulse = Pulse("work")
    told: list[tuple[Condition, str]] = []

    class Noted(Work):
        async def __call__(self) -> None:
            told.append((pulse.condition, pulse.reason))
            await super().__call__()

    await retried(Noted(ConnectionLost("gone"), throttled("no"), DoorClosed("wrong password", 9.0)), logger(), pulse)
    assert told == [
        (Condition.STARTING, ""),
        (Condition.BACKING_OFF, "gone"),
        (Condition.REFUSED, "SELECT was answered NO no"),
        (Condition.REFUSED, "wrong password"),
    ]
    assert pulse.next_try is not None
    assert pauses == [1.0, 2.0]


async def test_the_door_keeps_its_own_time(pauses: list[float]) -> None:
    with capture_logs() as lines:
        await retried(Work(DoorClosed(), DoorClosed()), logger(), Pulse("work"))
    assert (pauses, lines) == ([], [])


@pytest.mark.parametrize(
    ("gets_in", "lasts", "expected"),
    [(True, True, [1.0, 2.0, 1.0, 2.0]), (True, False, [1.0, 2.0, 3.0, 4.0]), (False, True, [1.0, 2.0, 3.0, 4.0])],
)
async def test_pauses_begin_anew_after_work_that_got_in_and_lasted(
    gets_in: bool, lasts: bool, expected: list[float], pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that swallows all takes its time to fail too, and a server that throws us out at once let us in."""
    troubles = [ConnectFailed("1"), ConnectFailed("2"), ConnectionLost("3"), ConnectFailed("4")]
    pulse = Pulse("work")

    async def work() -> None:
        if not troubles:
            return
        trouble = troubles.pop(0)
        third = isinstance(trouble, ConnectionLost)
        if third and gets_in:
            pulse.arrived = True
        monkeypatch.setattr(link, "_STEADY", 0.0 if third and lasts else 60.0)
        raise trouble

    await retried(work, logger(), pulse)
    assert pauses == expected


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("Request is throttled. Suggested Backoff Time: 299609 milliseconds", 299.609),
        ("Request is throttled. Suggested Backoff Time: 10 milliseconds", 1.0),
        ("Request is throttled. Suggested Backoff Time: 999999999 milliseconds", 3600.0),
        ("throttled", 1.0),
    ],
)
async def test_a_server_that_names_a_pause_gets_it(text: str, pause: float, pauses: list[float]) -> None:
    await retried(Work(throttled(text)), logger(), Pulse("work"))
    assert pauses == [pause]


async def test_a_flight_in_hand_comes_to_its_end_before_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "GRACE", LIMIT)
    landed, taken_off, landing = [], asyncio.Event(), asyncio.Event()

    async def flight() -> None:
        taken_off.set()
        await landing.wait()
        landed.append("yes")

    task = asyncio.create_task(unhurried(flight()))
    await taken_off.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    landing.set()
    await asyncio.wait({task}, timeout=LIMIT)
    assert (landed, task.cancelled()) == (["yes"], True)


def test_all_that_a_stop_waits_for_takes_less_than_five_seconds() -> None:
    assert link.GRACE + GOODBYE < 5


async def test_a_flight_that_takes_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "GRACE", 0.05)
    task = asyncio.create_task(unhurried(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=LIMIT)
    assert task.cancelled()


async def test_a_second_stop_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "GRACE", 2 * LIMIT)
    inner = asyncio.Event()

    async def flight() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            inner.set()

    task = asyncio.create_task(unhurried(flight()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()
    task.cancel()
    await asyncio.wait({task}, timeout=LIMIT)
    assert (task.cancelled(), inner.is_set()) == (True, True)


async def test_what_a_flight_returns_or_raises_comes_through() -> None:
    async def land(value: int) -> int:
        if value < 0:
            raise ConnectionLost("gone")
        return value

    assert await unhurried(land(7)) == 7
    with pytest.raises(ConnectionLost):
        await unhurried(land(-1))


async def test_tasks_that_ignore_a_first_cancel_are_cancelled_again_when_the_caller_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "GRACE", 2 * LIMIT)

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    tasks = [asyncio.create_task(stubborn()) for _ in range(3)]
    await asyncio.sleep(0)
    ending = asyncio.create_task(ended(tasks))
    await asyncio.sleep(0.01)
    assert not ending.done()
    ending.cancel()
    await asyncio.wait({ending}, timeout=LIMIT)
    assert (ending.cancelled(), all(task.cancelled() for task in tasks)) == (True, True)


async def test_a_lack_of_descriptors_is_told_of_in_one_line_and_tried_again_later(pauses: list[float]) -> None:
    work = Work(OSError(errno.EMFILE, "Too many open files"))
    with capture_logs() as lines:
        await retried(work, logger(), Pulse("INBOX"))
    assert [(line["event"], line["log_level"]) for line in lines] == [("interrupted", "warning")]
    assert pauses == [1.0]
