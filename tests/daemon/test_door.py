"""Who may sign in when."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, cast

import pytest
from structlog.testing import capture_logs

from mailrules.client import ConnectionLost, ConnectTimeout, HungUp, NetworkError, Session, SignInFailed
from mailrules.config import Account, Secret, SecretError
from mailrules.config.secrets import PlainSecret
from mailrules.daemon import door
from mailrules.daemon.backoff import delays
from mailrules.daemon.door import Door, DoorClosed, Pace, TurnedAway, sign_in
from mailrules.daemon.logs import logger
from mailrules.values import value
from tests.daemon.house import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = Account(host="localhost", tls="none", username="ann", password=PlainSecret("account 'work'", "x"))


class Guard:
    """Stands in for the server: answers each sign-in as told, and notes how many are under way at once."""

    def __init__(self) -> None:
        self.answers: list[Exception] = []
        self.tried_at: list[float] = []
        self.under_way = self.most = 0
        self.closed = 0

    async def __call__(self, _settings: Account) -> Session:
        self.tried_at.append(asyncio.get_running_loop().time())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        if self.answers:
            raise self.answers.pop(0)
        return cast("Session", self)

    @property
    def connection(self) -> Guard:
        return self

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    guard = Guard()
    monkeypatch.setattr(door, "sign_in", guard)
    monkeypatch.setattr(door, "_FIRST_PAUSE", 0.2)
    return guard


async def enter(entrance: Door) -> None:
    async with entrance.session():
        pass


async def test_one_sign_in_at_a_time_and_every_session_is_closed(guard: Guard) -> None:
    entrance = Door(SETTINGS, Pace(), logger())
    await asyncio.gather(*(enter(entrance) for _ in range(4)))
    assert (len(guard.tried_at), guard.most, guard.closed) == (4, 1, 4)


async def test_few_sign_ins_at_one_server_are_under_way_at_once_whosever_they_are(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_EACH", 0.0)
    pace = Pace()
    await asyncio.gather(*(enter(Door(SETTINGS, pace, logger())) for _ in range(50)))
    assert (len(guard.tried_at), guard.most) == (50, door._AT_ONCE)


@pytest.mark.usefixtures("guard")
async def test_a_server_that_keeps_everybody_waiting_holds_up_no_other() -> None:
    pace = Pace()
    for _ in range(door._AT_ONCE):
        await pace.turn("slow.example.org").__aenter__()
    stuck = asyncio.create_task(enter(Door(SETTINGS.model_copy(update={"host": "slow.example.org"}), pace, logger())))
    await asyncio.wait_for(enter(Door(SETTINGS, pace, logger())), LIMIT)
    assert not stuck.done()
    stuck.cancel()


@pytest.mark.parametrize("refusal", [SignInFailed("wrong password"), SecretError("account 'work': no password")])
async def test_a_refusal_keeps_everybody_out_for_a_while(guard: Guard, refusal: Exception) -> None:
    entrance = Door(SETTINGS, Pace(), logger(account="work"))
    guard.answers = [refusal]
    with capture_logs() as lines, pytest.raises(DoorClosed):
        await enter(entrance)
    await asyncio.gather(enter(entrance), enter(entrance))
    first, second, third = guard.tried_at
    assert second - first >= 0.1
    assert entrance._closed_until <= second <= third  # nothing keeps the third one waiting
    assert [(line["account"], line["log_level"], line["reason"]) for line in lines] == [("work", "error", str(refusal))]


def test_the_wait_grows_with_each_refusal_and_is_at_least_a_minute() -> None:
    pauses = delays(door._FIRST_PAUSE, door._LONGEST_PAUSE, chance=lambda: 0.0)
    assert [next(pauses) for _ in range(4)] == [60, 120, 240, 480]


async def test_a_server_that_is_only_busy_does_not_close_the_door(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_FIRST_PAUSE", 3600)
    entrance = Door(SETTINGS, Pace(), logger())
    guard.answers = [SignInFailed("too many connections", "UNAVAILABLE")]
    with pytest.raises(TurnedAway):
        await enter(entrance)
    await asyncio.wait_for(enter(entrance), LIMIT)
    assert len(guard.tried_at) == 2


@pytest.mark.parametrize(
    ("trouble", "closes", "turns_away"),
    [
        (SignInFailed("wrong password"), True, False),
        (SignInFailed("too many connections", "LIMIT"), False, True),
        (HungUp("too many failures", None, said_bye=True), True, True),
        (HungUp("going down", "UNAVAILABLE", said_bye=True), False, True),
        (HungUp("the connection broke", None, said_bye=False), True, False),
        (ConnectionLost("too many connections", "too many connections"), False, True),
        (ConnectionLost("the connection broke"), False, False),
        (ConnectTimeout("nobody there"), False, False),
    ],
)
async def test_what_closes_the_door_and_what_only_turns_one_away(
    guard: Guard, trouble: Exception, closes: bool, turns_away: bool
) -> None:
    """A BYE in place of an answer may be for a wrong password or for one connection too many: it is taken for both."""
    guard.answers = [trouble]
    with pytest.raises(NetworkError) as raised:
        await enter(Door(SETTINGS, Pace(), logger()))
    assert (isinstance(raised.value, DoorClosed), isinstance(raised.value, TurnedAway)) == (closes, turns_away)


@value(frozen=True, slots=True, repr=False)
class Told(Secret):
    """A secret that does what the test says."""

    read: Callable[[], str]

    @property
    def _source(self) -> str:
        return "the test"

    def _read(self) -> str:
        return self.read()


async def test_a_slow_password_command_holds_up_neither_the_loop_nor_a_stop() -> None:
    begun, release = threading.Event(), threading.Event()

    def read() -> str:
        begun.set()
        release.wait(2 * LIMIT)
        return "x"

    task = asyncio.create_task(sign_in(SETTINGS.model_copy(update={"password": Told("account 'work'", read)})))
    await asyncio.to_thread(begun.wait, LIMIT)
    task.cancel()
    await asyncio.wait({task}, timeout=LIMIT)
    release.set()
    assert task.cancelled()


async def test_an_unreadable_password_says_whose_it_is() -> None:
    def read() -> str:
        raise SecretError("account 'work': no such file")

    with pytest.raises(SecretError, match="account 'work'"):
        await sign_in(SETTINGS.model_copy(update={"password": Told("account 'work'", read)}))
