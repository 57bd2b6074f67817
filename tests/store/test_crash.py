"""A batch that was acknowledged survives a SIGKILL, and any batch is there whole or not at all."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mailrules.store import MET_BEFORE, SqliteStore
from tests.store.builders import ACCOUNT, INBOX, NOW, checkpoint, entry, seen
from tests.store.processes import BATCH

if TYPE_CHECKING:
    from pathlib import Path


def kill_after(path: Path, batches: int) -> int:
    """Let another process write, kill it once it has said so many batches; return the last UID it has spoken of."""
    command = [sys.executable, "-m", "tests.store.processes", "write", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(batches):
            acknowledged = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        for line in process.stdout:
            acknowledged = line if line.endswith(b"\n") else acknowledged
    assert -signal.SIGKILL == process.returncode
    return int(acknowledged)


@pytest.mark.parametrize("batches", [1, 2, 5, 9])
async def test_what_begin_has_returned_from_is_there_after_a_kill(path: Path, batches: int) -> None:
    acknowledged = kill_after(path, batches)
    async with SqliteStore(path) as store:
        stands = await store.checkpoint(ACCOUNT, INBOX)
        assert stands is not None
        assert acknowledged <= stands.uid
        assert 0 == stands.uid % BATCH
        assert list(range(1, stands.uid + 1)) == [entry.uid for entry in await store.unfinished(ACCOUNT, INBOX)]
        assert stands.uid == len(await store.fingerprints(ACCOUNT, INBOX))
        assert stands.uid == len(await store.used(ACCOUNT, "lists", NOW, 1_000_000))
        left = await store.met(ACCOUNT, INBOX, 7, {("subject", "the same"): {}})
        assert min(stands.uid, MET_BEFORE) == len(left["subject", "the same"].newest)


async def test_every_prefix_of_the_write_ahead_log_holds_a_prefix_of_the_batches(path: Path, tmp_path: Path) -> None:
    """A power cut may tear the log anywhere; what stands before the tear is read, and no part of what comes after."""
    async with SqliteStore(path) as store:
        for uid in range(2, 13, 2):
            batch = [entry(uid - 1), entry(uid)]
            await store.begin(batch, checkpoint(uid), [seen(uid - 1), seen(uid)], now=NOW)
        log = path.with_name("state.db-wal").read_bytes()
        torn = tmp_path / "torn" / "state.db"
        torn.parent.mkdir()
        reached = [0]
        for length in sorted({*range(0, len(log), len(log) // 60), len(log) - 1, len(log)}):
            shutil.copy(path, torn)
            torn.with_name("state.db-wal").write_bytes(log[:length])
            reached.append(await reached_by(torn))
    assert reached == sorted(reached)
    assert {0, 2, 4, 6, 8, 10, 12} == set(reached)


async def reached_by(path: Path) -> int:
    """Open the state and tell how far it has come; its parts must agree with each other."""
    async with SqliteStore(path) as store:
        entries = await store.unfinished(ACCOUNT, INBOX)
        stands = await store.checkpoint(ACCOUNT, INBOX)
        uid = 0 if stands is None else stands.uid
        assert list(range(1, uid + 1)) == [entry.uid for entry in entries]
        assert uid == sum(len(entry.steps) for entry in entries)
        assert uid == len(await store.fingerprints(ACCOUNT, INBOX))
    return uid
