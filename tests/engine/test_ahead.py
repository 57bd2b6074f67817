"""A backlog goes through in windows: what leaves when, what it costs, and what a loss in the middle leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from mailrules.client import Connection
from mailrules.engine import ahead, reading
from mailrules.engine.apply import ApplyMode, apply
from mailrules.engine.caution import CarefulFetching
from mailrules.engine.outcome import OutcomeState
from mailrules.engine.reading import Fetched
from mailrules.imap import INBOX, Command, UidMove
from mailrules.store import StateError
from tests.builders import message
from tests.engine.scene import Scene, rule, ruleset, scene
from tests.engine.test_stale import after
from tests.servers.dovecot import Dovecot
from tests.servers.faults import Point

T = TypeVar("T")
RULES = rule("even", 'subject.glob = "*even*"', 'move = "Even"') + rule("odd", 'subject.glob = "*odd*"', 'move = "Odd"')
FETCH, MOVES = ["UID FETCH"], ["UID MOVE", "UID MOVE"]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few messages are many windows."""
    monkeypatch.setattr(reading, "WINDOW", 10)
    monkeypatch.setattr(ahead, "_TOGETHER", 2)


def mails(number: int) -> list[bytes]:
    return [message(f"{'odd' if each % 2 else 'even'} {each:02}") for each in range(number)]


def filed(number: int) -> dict[str, list[str]]:
    return {
        "Even": [f"even {each:02}" for each in range(0, number, 2)],
        "Odd": [f"odd {each:02}" for each in range(1, number, 2)],
    }


async def applied(it: Scene) -> None:
    async with it.session() as session:
        await it.directory.refresh(session)
        it.proxy.recording.forget()
        await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)


async def test_all_is_asked_for_ahead_and_no_batch_waits_for_the_answers_to_the_one_before(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    for mailbox in ("Even", "Odd"):
        dovecot.create(user, mailbox)
    dovecot.deliver(user, *mails(55))
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await applied(it)

        assert it.proxy.recording.names == ["SELECT", *FETCH * 6, *MOVES * 3]
        assert it.proxy.recording.flights[:2] == [["SELECT"], FETCH * 3]
        assert it.proxy.recording.flights[2:3] == [FETCH * 3]  # when the first window has come
        assert it.subjects() == filed(55)


async def test_no_command_of_a_batch_leaves_before_the_journal_has_all_of_it(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is one transaction: its commands are sent when there have been so many."""
    sent: list[tuple[int, int]] = []
    submit = Connection.submit
    for mailbox in ("Even", "Odd"):
        dovecot.create(user, mailbox)
    dovecot.deliver(user, *mails(60))
    async with scene(dovecot, user, tmp_path, RULES) as it, it.session() as session:
        await it.directory.refresh(session)
        before = it.store.commits

        def noted(self: Connection, command: Command[T]) -> asyncio.Future[T]:
            if isinstance(command, UidMove):
                sent.append((it.store.commits - before, len(command.messages)))
            return submit(self, command)

        monkeypatch.setattr(Connection, "submit", noted)
        await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)

    assert sent == [(batch, 10) for batch in (1, 1, 2, 2, 3, 3)]


async def test_ten_windows_are_filed_in_five_flights(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However they overlap, a line is waited for no more often: SELECT, two to read, and one for each batch."""
    monkeypatch.setattr(ahead, "_TOGETHER", 5)
    for mailbox in ("Even", "Odd"):
        dovecot.create(user, mailbox)
    dovecot.deliver(user, *mails(100))
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await applied(it)

        assert it.proxy.recording.flights == [["SELECT"], FETCH * 3, FETCH * 7, MOVES, MOVES]
        assert it.subjects() == filed(100)


async def test_where_uids_are_far_apart_they_are_searched_for_beside_the_first_window(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    dovecot.deliver(user, *mails(100))
    with dovecot.session(user) as other:
        other.select("INBOX")
        other.uid("STORE", "1:99", "+FLAGS", r"(\Deleted)")
        other.expunge()
    dovecot.deliver(user, *mails(12))
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await applied(it)

        assert it.proxy.recording.flights[:3] == [["SELECT"], ["UID SEARCH", "UID FETCH"], FETCH * 2]
        assert {name: len(found) for name, found in it.subjects().items()} == {"Even": 6, "Odd": 7}


async def test_a_batch_costs_one_transaction_and_the_last_one_two(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    for mailbox in ("Even", "Odd"):
        dovecot.create(user, mailbox)
    dovecot.deliver(user, *mails(60))
    async with scene(dovecot, user, tmp_path, RULES) as it:
        async with it.session() as session:
            await it.directory.refresh(session)
            before = it.store.commits
            await apply(it.context, session, INBOX, mode=ApplyMode.DO, progress=lambda _done, _all: None)

        assert it.store.commits - before == 60 // 20 + 1
        assert it.states() == [OutcomeState.DONE] * 60


async def test_a_mailbox_of_one_window_is_not_searched(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.create(user, "Even")
    dovecot.deliver(user, message("even"))
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await applied(it)

        assert it.proxy.recording.flights == [["SELECT"], ["UID FETCH"], ["UID MOVE"]]


async def test_few_messages_among_many_uids_are_read_to_the_last(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.deliver(user, *mails(100))
    with dovecot.session(user) as other:
        other.select("INBOX")
        other.uid("STORE", "1:2,4:39,41:97", "+FLAGS", r"(\Deleted)")
        other.expunge()
    dovecot.deliver(user, *mails(12))
    async with scene(dovecot, user, tmp_path, RULES) as it:
        await applied(it)

        assert {name: len(found) for name, found in it.subjects().items()} == {"Even": 8, "Odd": 9}


@pytest.mark.parametrize("point", list(Point))
@pytest.mark.parametrize(("command", "nth"), [("UID FETCH", 1), ("UID FETCH", 4), ("UID MOVE", 1), ("UID MOVE", 3)])
async def test_a_loss_in_the_middle_loses_and_doubles_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, command: str, nth: int, point: Point
) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        dovecot.deliver(user, *mails(55))
        it.proxy.cut(command, point, nth=nth)

        await it.until_filed()

        assert {name: sorted(found) for name, found in it.subjects().items()} == filed(55)
        assert sorted(it.states(), key=str) == [OutcomeState.DONE] * 55
        assert await it.store.open_mailboxes("work") == ()


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("nth", [1, 3])
async def test_a_refusal_in_one_batch_holds_up_no_other(
    dovecot: Dovecot, user: str, tmp_path: Path, nth: int, times: int
) -> None:
    """The next batch is on its way into the same mailboxes, so a look at them can't tell what was moved by whom."""
    async with scene(dovecot, user, tmp_path, RULES) as it:
        dovecot.create(user, "Even", "Odd")
        dovecot.deliver(user, *mails(55))
        it.proxy.refuse("UID MOVE", "NO [INUSE] Not now", times=times, nth=nth)

        await it.until_filed()
        await it.settled()
        await it.retry(later=timedelta(hours=1))

        assert {name: sorted(found) for name, found in it.subjects().items()} == filed(55)
        assert await it.store.open_mailboxes("work") == ()


async def test_what_could_not_be_recorded_with_the_next_batch_is_looked_for(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        dovecot.deliver(user, *mails(55))
        begin, calls = it.store.begin, iter(range(100))

        async def fails_the_third_time(*arguments: object, **named: object) -> object:
            if next(calls) == 2:
                raise StateError("the disk is full")
            return await begin(*arguments, **named)  # type: ignore[arg-type]  # handed on as they are

        monkeypatch.setattr(type(it.store), "begin", lambda _, *args, **named: fails_the_third_time(*args, **named))
        async with it.filing() as filing:
            with pytest.raises(StateError):
                await filing.handle_new(lambda: None)
        await it.settled()
        await it.until_filed()

        assert {name: sorted(found) for name, found in it.subjects().items()} == filed(55)
        assert await it.store.open_mailboxes("work") == ()


@pytest.mark.parametrize("point", list(Point))
@pytest.mark.parametrize(("command", "nth"), [("UID FETCH", 4), ("UID MOVE", 1), ("UID MOVE", 3)])
async def test_a_stop_in_the_middle_loses_and_doubles_nothing(
    dovecot: Dovecot, user: str, tmp_path: Path, command: str, nth: int, point: Point
) -> None:
    async with scene(dovecot, user, tmp_path, RULES) as it:
        dovecot.deliver(user, *mails(55))
        loop, work = asyncio.get_running_loop(), asyncio.create_task(it.file())
        it.proxy.meanwhile(command, point, lambda: loop.call_soon_threadsafe(work.cancel), nth=nth)
        await asyncio.wait([work])
        assert work.cancelled()
        await it.settled()
        await it.proxy.finished()

        await it.until_filed()

        assert {name: sorted(found) for name, found in it.subjects().items()} == filed(55)
        assert await it.store.open_mailboxes("work") == ()


async def test_a_reload_falls_between_two_windows_that_were_asked_for_what_each_of_the_rules_wants(
    dovecot: Dovecot, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The windows on their way have no header that only the new rules want; they go by the old ones."""
    async with scene(dovecot, user, tmp_path, rule("old", "header.X-Old.exists = true", 'move = "Old"')) as it:
        headers = "X-Old: yes\r\nX-New: yes\r\n"
        dovecot.deliver(user, *(headers.encode() + mail for mail in mails(50)))

        def reload() -> None:
            it.rules = ruleset(rule("new", "header.X-New.exists = true", 'move = "New"'))

        monkeypatch.setattr(CarefulFetching, "messages", after(1, CarefulFetching.messages, reload))

        await it.file()

        assert {name: len(found) for name, found in it.subjects().items()} == {"Old": 30, "New": 20}


async def test_progress_is_told_with_all_that_is_known_to_come(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    dovecot.deliver(user, *mails(25))
    seen: list[tuple[int, int]] = []
    async with scene(dovecot, user, tmp_path, RULES) as it, it.session() as session:
        await it.directory.refresh(session)
        await apply(it.context, session, INBOX, mode=ApplyMode.DRY_RUN, progress=lambda *now: seen.append(now))

    assert seen == [(10, 25), (20, 25), (25, 25)]


async def test_what_is_read_no_more_is_not_waited_for(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    """Whoever fails in the middle leaves nothing behind that somebody would have to look at."""
    dovecot.deliver(user, *mails(55))
    async with scene(dovecot, user, tmp_path, RULES) as it:

        async def failing(_self: object) -> Sequence[Fetched]:
            raise ValueError("no")

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(CarefulFetching, "messages", failing)
            with pytest.raises(ValueError, match="no"):
                await applied(it)
        await applied(it)

        assert it.subjects() == filed(55)
