"""What a process knows of an account by heart while it holds the account's lease, since nobody else writes then.

Thousands of idle mailboxes ask again and again whether anything is open: they are answered without a word to the
database. Everything is forgotten when the lease ends, and what a write touches as soon as it is asked for.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

from mailrules.store.values import Checkpoint, Entry, EntryState
from mailrules.values import value


@value(frozen=True, slots=True)
class Opened:
    """What a mailbox has open: whether an entry is BEGUN, and when the first PENDING one falls due."""

    begun: bool = False
    due: datetime | None = None


NOTHING = Opened()


class Known:
    """What is known of one account."""

    __slots__ = ("_checkpoints", "_in_hand", "_opened", "_writes")

    def __init__(self) -> None:
        self._writes = 0
        self._opened: Mapping[bytes, Opened] | None = None
        self._checkpoints: dict[bytes, Checkpoint | None] = {}
        self._in_hand: dict[int, Entry] = {}

    async def opened(self, ask: Callable[[], Awaitable[Mapping[bytes, Opened]]]) -> Mapping[bytes, Opened]:
        """Tell what is open by mailbox; one that has nothing is not in it. `ask` is for the database."""
        if self._opened is not None:
            return self._opened
        writes = self._writes
        found = await ask()
        if writes == self._writes:  # else it may be what was before
            self._opened = found
        return found

    def falls_due(self, mailbox: bytes, due: datetime | None) -> bool:
        """Whether it is known that the mailbox's first PENDING entry falls due then; None: it has none."""
        return self._opened is not None and self._opened.get(mailbox, NOTHING).due == due

    async def checkpoint(self, mailbox: bytes, ask: Callable[[], Awaitable[Checkpoint | None]]) -> Checkpoint | None:
        """Tell a mailbox's checkpoint."""
        if mailbox in self._checkpoints:
            return self._checkpoints[mailbox]
        writes = self._writes
        found = await ask()
        if writes == self._writes:
            self._checkpoints[mailbox] = found
        return found

    def forget_opened(self) -> None:
        """Entries are being written, or have been: what is open may have changed."""
        self._writes += 1
        self._opened = None

    def forget_checkpoint(self, mailbox: bytes) -> None:
        """The mailbox's checkpoint is being written, or has been."""
        self._writes += 1
        self._checkpoints.pop(mailbox, None)

    # Entries that are being worked on, as they were written last: what is written next need not tell all of them again.

    def keep(self, entries: Iterable[Entry]) -> None:
        """Remember those that are BEGUN, now that they are on disk."""
        self._in_hand.update((entry.id, entry) for entry in entries if entry.id and entry.state is EntryState.BEGUN)

    def take(self, entries: Sequence[Entry]) -> dict[int, Entry]:
        """Hand out what is known of these entries, until they have been written again."""
        taken = ((entry.id, self._in_hand.pop(entry.id, None)) for entry in entries if entry.id)
        return {identifier: entry for identifier, entry in taken if entry is not None}
