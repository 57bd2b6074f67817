"""What a running daemon tells of itself: each account's way in, each mailbox's condition, and what waits there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailrules.daemon import link, visits
from mailrules.daemon.backoff import delays
from mailrules.daemon.vitals import AccountReport, Condition, MailboxReport
from mailrules.demo import MemoryServer, Refuse
from mailrules.demo.faults import Hold
from mailrules.store import EntryState, Naming, SqliteStore
from tests.builders import message
from tests.daemon.house import LIMIT, House, account
from tests.servers.proxy import Proxy
from tests.store.builders import NOW, entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailrules.daemon.supervisor import Supervisor


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "delays", partial(delays, 0.3, 0.5))


def table(server: MemoryServer, extra: str = "", *, port: int = 0, password: str = "") -> str:
    options = server.options
    return account("work", port or server.port, options.user, password=password or options.password, extra=extra)


async def told(supervisor: Supervisor, holds: Callable[[AccountReport], bool]) -> AccountReport:
    """Wait until the first account is told of so."""
    async with asyncio.timeout(LIMIT):
        while not holds(found := (await supervisor.report()).accounts[0]):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    return found


def box(report: AccountReport, path: str = "INBOX") -> MailboxReport:
    return next(mailbox for mailbox in report.mailboxes if mailbox.path == path)


async def test_each_watched_mailbox_is_told_of_by_the_way_it_is_watched(house: House) -> None:
    async with MemoryServer() as server:
        for path in ("A", "B", "Locked"):
            server.deliver(path, message("makes the mailbox"))
        house.write(table(server, 'watch = ["INBOX", "A", "B", "Locked"]\nmax_connections = 2'))
        began = datetime.now(UTC)
        async with house.running() as supervisor:
            report = await told(supervisor, lambda account: account.well and len(account.mailboxes) == 4)
            conditions = {mailbox.path: mailbox.condition for mailbox in report.mailboxes}
            assert conditions == {
                "INBOX": Condition.IDLE,
                "A": Condition.IDLE,
                "B": Condition.ROUNDS,
                "Locked": Condition.ROUNDS,
            }
            for mailbox in report.mailboxes:
                assert mailbox.alive is not None
                assert began <= min(mailbox.since, mailbox.alive)
                assert max(mailbox.since, mailbox.alive) <= datetime.now(UTC)
                assert (mailbox.last_message, mailbox.backlog, mailbox.reason) == (None, 0, "")
            whole = await supervisor.report()
            assert (whole.well, whole.rules, whole.refused, whole.late) == (True, 1, "", ())
            assert began <= whole.started <= whole.loaded <= report.since


async def test_what_is_handled_and_what_waits_is_counted(house: House) -> None:
    async with MemoryServer() as server:
        house.write(table(server))
        async with house.running() as supervisor:
            await house.heard("watching")
            server.deliver("INBOX", message("one"))
            await house.filed(1)
            await told(supervisor, lambda account: box(account).last_message is not None and not box(account).backlog)
            released = asyncio.Event()
            server.faults.plan("UID MOVE", Hold(released))
            for subject in ("two", "three", "four"):
                server.deliver("INBOX", message(subject))
            await told(supervisor, lambda account: box(account).backlog == 3)
            released.set()
            await told(supervisor, lambda account: box(account).backlog == 0)
            await house.filed(4)


async def test_mailboxes_are_named_as_people_do_as_soon_as_it_is_known_how(house: House) -> None:
    async with MemoryServer() as server, Proxy(server.port) as proxy:
        proxy.stop_listening()
        house.write(table(server, port=proxy.port))
        async with SqliteStore(house.path.with_name("state.db")) as store:
            held = replace(entry(1), mailbox=b"INBOX.Lists", state=EntryState.HELD)
            await store.begin([held], None, now=NOW)
        async with house.running() as supervisor:
            await told(supervisor, lambda account: [each.path for each in account.mailboxes] == ["INBOX.Lists"])
            await supervisor._store.remember_naming("work", Naming("INBOX.", "."))
            await told(supervisor, lambda account: [each.path for each in account.mailboxes] == ["Lists"])


async def test_what_the_journal_holds_open_is_counted(house: House) -> None:
    async with MemoryServer() as server:
        house.write(table(server))
        server.faults.plan("UID MOVE", Refuse("NO [UNAVAILABLE] later"), times=1000)
        server.faults.plan("UID COPY", Refuse("NO [UNAVAILABLE] later"), times=1000)
        async with house.running() as supervisor:
            await house.heard("watching")
            server.deliver("INBOX", message("one"))
            await told(supervisor, lambda account: box(account).pending == 1)


async def test_what_waits_is_told_before_an_account_has_signed_in(house: House) -> None:
    """And while it is paused."""
    async with MemoryServer() as server, Proxy(server.port) as proxy:
        house.write(table(server, port=proxy.port))
        async with SqliteStore(house.path.with_name("state.db")) as store:
            for uid, state, due in (
                (1, EntryState.PENDING, NOW),
                (2, EntryState.PENDING, NOW),
                (3, EntryState.HELD, None),
            ):
                (begun,) = await store.begin([entry(uid, account="work", mailbox=b"B&APw-ro")], None, now=NOW)
                await store.record([replace(begun, state=state, due=due)], now=NOW)
        proxy.stop_listening()
        async with house.running() as supervisor:
            report = await told(supervisor, lambda account: account.condition is Condition.BACKING_OFF)
            (mailbox,) = report.mailboxes
            assert (mailbox.path, mailbox.pending, mailbox.held) == ("Büro", 2, 1)
            assert (mailbox.condition, mailbox.reason) == (Condition.BACKING_OFF, report.reason)
            async with supervisor._pause("work"):
                (paused,) = (await supervisor.report()).accounts
                assert [(each.condition, each.pending) for each in paused.mailboxes] == [(Condition.PAUSED, 2)]


async def test_a_dead_server_is_told_of_with_the_reason_and_the_next_try(house: House) -> None:
    async with MemoryServer() as server, Proxy(server.port) as proxy:
        house.write(table(server, port=proxy.port))
        async with house.running() as supervisor:
            report = await told(supervisor, lambda account: account.well)
            proxy.stop_listening()
            proxy.cut_all()
            report = await told(supervisor, lambda account: "refused" in account.reason)
            for told_of in (report, box(report)):
                assert told_of.condition is Condition.BACKING_OFF
                assert "connection refused" in told_of.reason
                assert told_of.next_try is not None
            alive = box(report).alive
            assert alive is not None
            assert report.since >= alive
            await proxy.listen()
            report = await told(supervisor, lambda account: account.well)
            assert (report.reason, report.next_try, box(report).condition) == ("", None, Condition.IDLE)


async def test_a_sign_in_that_is_refused_is_told_of(house: House) -> None:
    async with MemoryServer() as server:
        house.write(table(server, password="wrong"))
        async with house.running() as supervisor:
            report = await told(supervisor, lambda account: account.condition is not Condition.STARTING)
            assert (report.condition, report.mailboxes) == (Condition.REFUSED, ())
            assert report.next_try is not None
            assert (report.next_try - datetime.now(UTC)).total_seconds() > 30


@pytest.mark.parametrize("connections", [1, 2])
async def test_a_mailbox_that_can_not_be_selected_is_told_of_and_the_others_are_well(
    house: House, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it would have a connection of its own or not."""
    monkeypatch.setattr(visits.Visits, "are_due", lambda *_: asyncio.sleep(0, result=True))
    async with MemoryServer() as server, Proxy(server.port) as proxy:
        server.deliver("Locked", message("makes the mailbox"))
        proxy.refuse('SELECT "?Locked', "NO [NOPERM] not yours")
        house.write(table(server, f'watch = ["Locked", "INBOX"]\nmax_connections = {connections}', port=proxy.port))
        async with house.running(poll=0.5) as supervisor:
            report = await told(
                supervisor, lambda account: [each.condition.well for each in account.mailboxes] == [True, False]
            )
            locked = box(report, "Locked")
            assert (locked.condition, report.condition, report.well) == (Condition.REFUSED, Condition.IDLE, False)
            assert "not yours" in locked.reason


async def test_an_account_of_which_nothing_is_watched_is_not_well_and_says_why(house: House) -> None:
    async with MemoryServer() as server:
        house.write(table(server, 'watch = "Nothing"'))
        async with house.running() as supervisor:
            report = await told(supervisor, lambda account: account.condition.well)
            assert (report.well, report.reason) == (False, "none of the mailboxes that it is to watch is there")


async def test_a_rule_file_that_is_refused_and_a_pause_are_told_of(house: House) -> None:
    async with MemoryServer() as server:
        house.write(table(server))
        async with house.running() as supervisor:
            await house.heard("watching")
            before = await supervisor.report()
            house.write(table(server), rules="[[rules]]\nname = 1")
            await house.heard("rule file not taken over")
            report = await supervisor.report()
            assert "name" in report.refused
            assert (report.well, report.loaded) == (False, before.loaded)
            house.write(table(server))
            await house.heard("rules taken over")
            report = await supervisor.report()
            assert report.refused == ""
            assert report.loaded > before.loaded
            async with supervisor._pause("work"):
                (paused,) = (await supervisor.report()).accounts
                assert (paused.condition, paused.mailboxes) == (Condition.PAUSED, ())
            await told(supervisor, lambda account: account.well)
