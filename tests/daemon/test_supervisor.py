"""New rules, changed accounts, broken files, leases, stops: on servers in memory."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from mailrules.client import connection
from mailrules.config import load
from mailrules.daemon import link
from mailrules.daemon.account import Account
from mailrules.daemon.reload import read
from mailrules.daemon.supervisor import Supervisor
from mailrules.demo import Delay, Drop, MemoryServer
from mailrules.engine.outcome import OutcomeState
from mailrules.store import Locked, SqliteStore
from tests.builders import message
from tests.daemon.house import LIMIT, House, account, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mailrules.config import Loaded


LOOP = "cannot be read (too many levels of symbolic links)"


def rules(target: str) -> str:
    return f'[[rules]]\nname = "to {target}"\nmatch = "everything"\nthen.move = "{target}"\n'


def table(name: str, server: MemoryServer, extra: str = "") -> str:
    return account(name, server.port, server.options.user, password=server.options.password, extra=extra)


@asynccontextmanager
async def servers(number: int) -> AsyncIterator[list[MemoryServer]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(MemoryServer()) for _ in range(number)]


def mail_in(server: MemoryServer, path: str) -> int:
    return len(server.snapshot().get(path, ()))


def sign_ins(server: MemoryServer) -> int:
    return sum(command.startswith(("LOGIN", "AUTHENTICATE")) for command in server.commands)


async def test_new_rules_hold_from_the_next_message_on_without_a_new_connection(house: House) -> None:
    async with servers(2) as (one, two):
        house.write(table("one", one), table("two", two), rules=rules("Old"))
        async with house.running():
            await house.heard("watching", times=2)
            one.deliver("INBOX", message("first"))
            await house.filed(1)
            house.write(table("one", one), table("two", two), rules=rules("New"))
            await house.heard("rules taken over")
            one.deliver("INBOX", message("second"))
            two.deliver("INBOX", message("second"))
            await house.filed(3)
        assert [mail_in(one, "Old"), mail_in(one, "New"), mail_in(two, "New")] == [1, 1, 1]
        assert [sign_ins(one), sign_ins(two)] == [1, 1]


async def test_a_broken_rule_file_changes_nothing_and_says_what_is_wrong(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server), rules=rules("Old"))
        async with house.running():
            await house.heard("watching")
            house.write(table("work", server), rules="[[rules]]\nmatch = 1\nthen.mvoe = 1\n")
            await house.heard("rule file not taken over", level="error")
            (line,) = [line for line in house.lines if line["event"] == "rule file not taken over"]
            problems = str(line["problem"]).split(f"; {house.path}:")
            assert problems[0].startswith(f"{house.path}:")
            assert all(part in said for part, said in zip(["name", "match", "mvoe"], problems, strict=True))
            server.deliver("INBOX", message("one"))
            await house.filed(1)
            house.write(table("work", server), rules=rules("New"))
            await house.heard("rules taken over")
            server.deliver("INBOX", message("two"))
            await house.filed(2)
        assert (mail_in(server, "Old"), mail_in(server, "New"), sign_ins(server)) == (1, 1, 1)


async def test_a_warning_is_logged_when_it_is_new(house: House) -> None:
    seen = '[[rules]]\nname = "read"\nmatch.subject = "x"\nthen.add_flags = "Seen"\n'
    async with servers(1) as (server,):
        house.write(table("work", server))
        async with house.running():
            await house.heard("watching")
            house.write(table("work", server), rules=seen)
            await house.heard("rules taken over")
            house.write(table("work", server), rules=rules("New") + seen)
            await house.heard("rules taken over", times=2)
        known, new = [str(line["problem"]) for line in house.lines if line["event"] == "rule file"]
        assert "write '\\Seen'" in known
        assert "it takes every message" in new


async def test_a_rule_file_that_became_a_link_to_itself_is_a_broken_one(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server), rules=rules("Old"))
        async with house.running():
            await house.heard("watching")
            house.path.unlink()
            house.path.symlink_to(house.path.name)
            await house.heard("rule file not taken over", problem=f"{house.path}: {LOOP}")
            house.write(table("work", server), rules=rules("New"))
            await house.heard("rules taken over")


async def test_a_bug_while_a_rule_file_is_read_does_not_end_reloads(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bugs = [RuntimeError("bug")]
    told: list[str] = []

    def load_with_a_bug(path: Path) -> Loaded:
        if bugs:
            raise bugs.pop()
        return load(path)

    monkeypatch.setattr("mailrules.daemon.supervisor.load", load_with_a_bug)
    monkeypatch.setattr("mailrules.daemon.systemd._notify", lambda *lines: told.append(lines[0]))
    async with servers(1) as (server,):
        house.write(table("work", server))
        async with house.running(bugs=1) as supervisor:
            await house.heard("watching")
            supervisor.reload()
            await house.heard("unexpected error")
            supervisor.reload()
            await house.heard("rules taken over")
    assert [line for line in told if line != "STOPPING=1"] == ["READY=1", *["RELOADING=1", "READY=1"] * 2]


async def test_a_rule_file_that_is_saved_again_while_it_is_read_is_read_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be watched changes with the first of the two, so the watch on the files begins anew meanwhile."""
    async with servers(1) as (server,):
        saves = [lambda: house.write(table("work", server), rules=rules("New"))]

        def load_and_save(path: Path) -> Loaded:
            loaded = load(path)
            if saves:
                saves.pop()()
            return loaded

        house.write(table("work", server), rules=rules("Old"))
        async with house.running():
            await house.heard("watching")
            monkeypatch.setattr("mailrules.daemon.supervisor.load", load_and_save)
            new = house.path.with_name("new")
            new.write_text('include = ["rules.d/*.toml"]\n' + house.path.read_text())
            new.rename(house.path)
            await house.heard("rules taken over", 2)
            server.deliver("INBOX", message("one"))
            await house.filed(1)
        assert (mail_in(server, "Old"), mail_in(server, "New")) == (0, 1)


async def test_a_rule_file_that_is_saved_while_the_daemon_starts_is_read_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with servers(1) as (server,):

        def load_and_save(path: Path) -> Loaded:
            loaded = load(path)
            house.write(table("work", server), rules=rules("New"))
            return loaded

        house.write(table("work", server), rules=rules("Old"))
        with monkeypatch.context() as saved_meanwhile:
            saved_meanwhile.setattr("mailrules.daemon.reload.load", load_and_save)
            loaded, as_read = read(house.path)
        async with house.running(read=(loaded, as_read)):
            await house.heard("rules taken over")
            await house.heard("watching")
            server.deliver("INBOX", message("one"))
            await house.filed(1)
        assert (mail_in(server, "Old"), mail_in(server, "New")) == (0, 1)


async def test_only_accounts_that_changed_sign_in_again(house: House) -> None:
    async with servers(4) as (kept, changed, removed, added):
        house.write(table("kept", kept), table("changed", changed), table("removed", removed))
        async with house.running() as supervisor:
            await house.heard("watching", times=3)
            house.write(table("kept", kept), table("changed", changed, extra='watch = "Box"'), table("added", added))
            supervisor.reload()  # beside the watch on the file: both are one reload or two, never a harm
            await house.heard("watching", account="added")
            await house.heard("rules taken over")
            await until(lambda: sign_ins(changed) == 2 and removed.clients == 0)
            assert [sign_ins(server) for server in (kept, changed, removed, added)] == [1, 2, 1, 1]
            added.deliver("INBOX", message("one"))
            kept.deliver("INBOX", message("two"))
            changed.deliver("INBOX", message("not watched any more"))
            await house.filed(2)
        assert [mail_in(server, "Filed") for server in (kept, changed, added)] == [1, 0, 1]
        assert [sign_ins(server) for server in (kept, changed, removed, added)] == [1, 2, 1, 1]


async def test_an_account_that_another_process_works_on_is_refused_at_the_start(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server))
        loaded = load(house.path)
        async with SqliteStore(loaded.config.daemon.state) as store, store.lease("work"):
            with pytest.raises(Locked, match="work"):
                await Supervisor(house.path, loaded, store).run()
        assert server.commands == []


async def test_an_account_that_is_added_while_another_process_works_on_it_is_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailrules.daemon.tending._LEASE_PAUSE", 0.1)
    async with servers(2) as (one, two):
        house.write(table("one", one))
        async with house.running():
            await house.heard("watching")
            other = SqliteStore(load(house.path).config.daemon.state)
            async with other.lease("two"):
                house.write(table("one", one), table("two", two))
                await house.heard("account in use", account="two")
                assert two.commands == []
            await house.heard("watching", account="two")


async def test_a_bug_in_one_account_is_logged_and_the_account_begins_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles = [ValueError("bug")]
    share_out = Account._share_out

    async def trouble(account: Account) -> None:
        if troubles:
            raise troubles.pop()
        await share_out(account)

    monkeypatch.setattr(Account, "_share_out", trouble)
    async with servers(1) as (server,):
        house.write(table("work", server))
        async with house.running(bugs=1):
            await house.heard("unexpected error", account="work")
            await house.heard("watching", account="work")


async def test_a_daemon_that_is_cancelled_ends(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server))
        loaded = load(house.path)
        async with SqliteStore(loaded.config.daemon.state) as store:
            running = asyncio.create_task(Supervisor(house.path, loaded, store).run())
            await server.heard("IDLE")
            running.cancel()
            done, _ = await asyncio.wait({running}, timeout=LIMIT)
    assert done == {running}


async def test_a_stop_signs_off_and_frees_the_lease(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "GOODBYE", LIMIT)
    async with servers(1) as (server,):
        house.write(table("work", server))
        async with house.running():
            await server.heard("IDLE")
        assert server.clients == 0
        assert server.commands[-2:] == ["DONE", "LOGOUT"]
        async with house.running():
            await house.heard("watching", times=2)


async def test_a_stop_lets_the_flight_in_hand_come_to_its_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "GRACE", LIMIT)
    async with servers(1) as (server,):
        house.write(table("work", server))
        server.faults.plan("UID MOVE", Delay(0.5))
        async with house.running():
            await house.heard("watching")
            server.deliver("INBOX", message("one"))
            await server.heard("UID MOVE")
        assert (mail_in(server, "INBOX"), mail_in(server, "Filed"), len(house.outcomes)) == (0, 1, 1)


async def test_what_a_lost_connection_left_half_done_is_finished_beside_the_watch(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server))
        server.faults.plan("UID MOVE", Drop.BEFORE)
        async with house.running():
            await house.heard("watching")
            server.deliver("INBOX", message("one"))
            await house.heard("finishing what was interrupted")
            await house.filed(1)
        assert (mail_in(server, "INBOX"), mail_in(server, "Filed")) == (0, 1)


async def test_a_second_stop_waits_for_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "GRACE", 10 * LIMIT)
    async with servers(1) as (server,):
        house.write(table("work", server))
        server.faults.plan("UID MOVE", Delay(10 * LIMIT))
        async with house.running() as supervisor:
            await house.heard("watching")
            server.deliver("INBOX", message("one"))
            await server.heard("UID MOVE")
            supervisor.stop()
            await asyncio.sleep(0.05)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < LIMIT


async def test_a_file_that_is_empty_for_a_moment_leaves_the_accounts_alone(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server))
        async with house.running() as supervisor:
            await house.heard("watching")
            house.path.write_text("")
            supervisor.reload()
            await house.heard("rule file not taken over")
            house.write(table("work", server))
            supervisor.reload()
            await house.heard("rules taken over")
            assert sign_ins(server) == 1


async def test_what_holds_for_all_accounts_changes_without_a_new_sign_in(house: House) -> None:
    async with servers(1) as (server,):
        house.write(table("work", server))
        async with house.running() as supervisor:
            await house.heard("watching")
            house.path.write_text(house.path.read_text().replace("[daemon]\n", '[daemon]\nmode = "observe"\n', 1))
            supervisor.reload()
            await house.heard("rules taken over")
            server.deliver("INBOX", message("bob"))
            await house.filed(1)
            assert [outcome.state for outcome in house.outcomes] == [OutcomeState.OBSERVED]
            assert sign_ins(server) == 1
