"""What a batch costs on the disk, counted by the system calls of a process: as many syncs whatever its size."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WORK = """
import asyncio, os, sys
from dataclasses import replace
from pathlib import Path
from mailrules.store import EntryState, SqliteStore
from tests.store.builders import ACCOUNT, NOW, checkpoint, entry, seen

SIZE = int(sys.argv[2])

def entries(first):
    return [entry(uid) for uid in range(first, first + SIZE)]

def ended(begun):
    return [replace(one, state=EntryState.DONE) for one in begun]

async def main():
    async with SqliteStore(Path(sys.argv[1])) as store, store.lease(ACCOUNT):
        begun = await store.begin(entries(1), checkpoint(SIZE), [seen(1)], now=NOW)
        os.write(2, b"MARK one batch\\n")
        begun = await store.begin(entries(1), checkpoint(SIZE), [seen(1)], recorded=ended(begun), now=NOW)
        os.write(2, b"MARK window in a pipeline\\n")
        await store.record(ended(begun), now=NOW)
        os.write(2, b"MARK record\\n")
        for _ in range(100):
            await store.next_due(ACCOUNT, b"INBOX")
            await store.unfinished(ACCOUNT, b"INBOX")
            await store.arrivals(ACCOUNT, b"INBOX", 7, [seen(9)])
        os.write(2, b"MARK idle\\n")

asyncio.run(main())
"""


@pytest.mark.parametrize("size", [1, 300])
def test_a_batch_is_one_transaction_and_one_sync_however_many_messages_it_has(tmp_path: Path, size: int) -> None:
    """A window in a pipeline writes down what became of the one before at no further cost."""
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-y", "-s40", "-o", str(trace), "-etrace=write,fsync,fdatasync"]
    command = [*strace, sys.executable, "-c", WORK, str(tmp_path / "state.db"), str(size)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert [("window in a pipeline", 1), ("record", 1), ("idle", 0)] == counted(trace.read_text())


def counted(trace: str) -> list[tuple[str, int]]:
    """Count the syncs of the journal's log up to each mark, from the first mark on."""
    found: list[tuple[str, int]] = []
    syncs = 0
    for line in trace.splitlines():
        if "sync(" in line and "-wal>" in line:
            syncs += 1
        elif "MARK " in line:
            found.append((line.split("MARK ")[1].split("\\n")[0], syncs))
            syncs = 0
    return found[1:]
