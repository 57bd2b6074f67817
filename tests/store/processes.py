"""What the tests do in another process: take a lease, or write until they are killed.

Run as `python -m tests.store.processes VERB STATE`; every line it prints tells what has been done.
"""

import asyncio
import sys
from pathlib import Path

from mailrules.store import Acted, Met, SqliteStore
from tests.store.builders import ACCOUNT, INBOX, NOW, checkpoint, entry, seen

BATCH = 50


async def hold(store: SqliteStore) -> None:
    """Take the lease and keep it until the input ends."""
    async with store.lease(ACCOUNT):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def write(store: SqliteStore) -> None:
    """Begin one batch after the other; a line means that the batch is on disk."""
    for last in range(BATCH, 1_000_000, BATCH):
        uids = range(last - BATCH + 1, last + 1)
        await store.begin(
            [entry(uid) for uid in uids],
            checkpoint(last),
            [seen(uid) for uid in uids],
            met=[Met(ACCOUNT, INBOX, 7, uid, f"f{uid}", NOW, "subject", "the same") for uid in uids],
            acted=[Acted("lists", 7, uid) for uid in uids],
            now=NOW,
        )
        print(last, flush=True)


async def main() -> None:
    verb, path = sys.argv[1:]
    async with SqliteStore(Path(path)) as store:
        await {"hold": hold, "write": write}[verb](store)


if __name__ == "__main__":
    asyncio.run(main())
