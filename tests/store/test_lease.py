"""Only one process works on an account, and its death frees it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailrules.store import Locked, SqliteStore
from mailrules.store.lease import lease_path
from tests.store.builders import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run another process that holds the lease, killed at the end."""
    command = [sys.executable, "-m", "tests.store.processes", "hold", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def hold(path: Path) -> int:
    """Run another process that tries to hold the lease, and return its exit status."""
    command = [sys.executable, "-m", "tests.store.processes", "hold", str(path)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False).returncode


def descriptors() -> set[str]:
    """Return the open descriptors of this process."""
    return {each.name for each in Path("/proc/self/fd").iterdir() if each.exists()}


async def test_a_second_process_is_told_who_holds_the_account(path: Path, store: SqliteStore) -> None:
    with holder(path) as process:
        with pytest.raises(Locked, match=f"account 'work' is in use by process {process.pid}: ") as refused:
            async with store.lease(ACCOUNT):
                pass
        assert (ACCOUNT, process.pid) == (refused.value.account, refused.value.pid)
        with pytest.raises(Locked, match=f" is in use by process {process.pid}: "):
            store.probe(ACCOUNT)
        async with store.lease("private"):
            pass


async def test_a_daemon_that_runs_since_before_an_update_has_its_lease(path: Path, store: SqliteStore) -> None:
    """It holds the account's own file, which was the lease before all shared one."""
    with lease_path(path, ACCOUNT).open("w") as held:
        held.write("4711\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Locked, match="account 'work' is in use by process 4711: "):
            async with store.lease(ACCOUNT):
                pass
        with pytest.raises(Locked, match=" is in use by process 4711: "):
            store.probe(ACCOUNT)
    async with store.lease(ACCOUNT):
        assert hold(path) != 0


async def test_to_ask_whether_a_lease_is_free_leaves_nothing_behind(path: Path, store: SqliteStore) -> None:
    before = descriptors()
    store.probe(ACCOUNT)
    assert not lease_path(path, ACCOUNT).exists()
    assert before == descriptors()
    async with store.lease(ACCOUNT):
        with pytest.raises(Locked):
            store.probe(ACCOUNT)
    store.probe(ACCOUNT)
    assert hold(path) == 0


async def test_the_kernel_frees_the_lease_of_a_process_that_was_killed(path: Path, store: SqliteStore) -> None:
    with holder(path) as process:
        process.kill()
        process.wait(60)
        async with store.lease(ACCOUNT):
            assert f"{os.getpid()}\n" == lease_path(store.path, ACCOUNT).read_text()


async def test_a_lease_is_held_once_in_one_process_too(store: SqliteStore) -> None:
    async with store.lease(ACCOUNT):
        with pytest.raises(Locked, match=str(os.getpid())):
            async with store.lease(ACCOUNT):
                pass
    async with store.lease(ACCOUNT):
        pass


async def test_a_lease_is_held_once_whatever_way_leads_to_the_state(path: Path, store: SqliteStore) -> None:
    (path.parent / "way").symlink_to(path.parent)
    other = SqliteStore(path.parent / "way" / path.name)
    async with store.lease(ACCOUNT):
        with pytest.raises(Locked):
            async with other.lease(ACCOUNT):
                pass
        async with other.lease("private"):
            pass
        assert 0 != await asyncio.to_thread(hold, path)


async def test_all_leases_of_a_process_take_one_descriptor(store: SqliteStore) -> None:
    before = descriptors()
    async with AsyncExitStack() as held:
        for number in range(50):
            await held.enter_async_context(store.lease(f"account {number}"))
        assert 1 == len(descriptors() - before)
    assert before == descriptors()


async def test_a_failing_block_frees_the_lease(store: SqliteStore) -> None:
    with pytest.raises(RuntimeError, match="boom"):
        async with store.lease(ACCOUNT):
            raise RuntimeError("boom")
    async with store.lease(ACCOUNT):
        pass


@pytest.mark.parametrize("account", ["../../etc/passwd", "ann@example.org", "підтримка" * 20, "a/b", "."])
async def test_any_account_name_makes_a_file_beside_the_database(store: SqliteStore, account: str) -> None:
    async with store.lease(account):
        file = lease_path(store.path, account)
        assert store.path.parent == file.parent
        assert 0o600 == file.stat().st_mode & 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root works on other users' states")
async def test_a_lease_that_root_takes_belongs_to_the_states_owner(path: Path, store: SqliteStore) -> None:
    """Otherwise `sudo mailrules apply` would shut out the daemon, which runs as that owner."""
    os.chown(path, 65534, 65534)
    async with store.lease(ACCOUNT):
        pass
    assert 65534 == lease_path(store.path, ACCOUNT).stat().st_uid
