"""What every state must be able to do: journal, checkpoints, own arrivals and leases, behind one asynchronous face.

Nothing here says how it is kept. A call that writes returns when its transaction is on disk, so whoever has awaited
`begin` may send the first byte. A call that is cancelled may still take effect. All of them raise StateError.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from mailrules.store.values import (
    Acted,
    Arrivals,
    Checkpoint,
    Counts,
    Entry,
    HistoryQuery,
    Marked,
    Met,
    Naming,
    Seen,
)

FINGERPRINTS = 10_000
"""How many of a mailbox's messages are remembered, for the day its UIDVALIDITY changes."""

MET_BEFORE = 100
"""How many of the messages that left one mark are told of unasked."""

USES_KEPT = timedelta(days=8)
"""How long uses of rules are remembered: the longest window of a limit is a week."""

MARKS_KEPT = timedelta(days=400)
"""How long duplicates' marks are remembered where nobody says otherwise."""


class Store(ABC):
    """The state of all accounts. Open it, or use it as an asynchronous context manager."""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @abstractmethod
    async def open(self) -> None:
        """Open the state, made or migrated if need be. Raises StateTooNew, StateDamaged."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was asked for, then let go of the state."""

    @abstractmethod
    async def ping(self) -> None:
        """Return when all that was asked for before has been answered: a disk that hangs keeps one waiting."""

    @abstractmethod
    def lease(self, account: str) -> AbstractAsyncContextManager[None]:
        """Be the only process that works on `account`, until the block ends or the process dies. Raises Locked."""

    @abstractmethod
    def probe(self, account: str) -> None:
        """Find out whether `lease` would raise Locked now, and raise it then."""

    # The journal

    @abstractmethod
    async def begin(
        self,
        entries: Sequence[Entry],
        checkpoint: Checkpoint | None,
        seen: Sequence[Seen] = (),
        created: Sequence[bytes] = (),
        *,
        met: Sequence[Met] = (),
        acted: Sequence[Acted] = (),
        recorded: Sequence[Entry] = (),
        now: datetime,
    ) -> tuple[Entry, ...]:
        """Take responsibility for a batch of messages of one mailbox, in one transaction; return the entries with ids.

        `checkpoint` moves with them, never back within one UIDVALIDITY. `seen` are all messages of the batch, those
        without a plan too; `created` are the mailboxes that this batch is about to create. `met` and `acted` count from
        now on, for the same message once: a mark keeps its first time, a use takes the last. `recorded` are entries of
        an earlier batch, whose states are written down as `record` does, before the new ones. The mailbox is the
        checkpoint's, or without one the first entry's, or that of the first that is `met`.
        """

    @abstractmethod
    async def record(self, entries: Sequence[Entry], *, now: datetime) -> None:
        """Write down how far these entries and their steps have come; the steps may have been replaced by others."""

    @abstractmethod
    async def unfinished(self, account: str, mailbox: bytes) -> tuple[Entry, ...]:
        """Return the mailbox's BEGUN entries by UID: what a crash has left behind."""

    @abstractmethod
    async def due(self, account: str, mailbox: bytes, now: datetime) -> tuple[Entry, ...]:
        """Return the mailbox's PENDING entries whose time has come, by UID."""

    @abstractmethod
    async def next_due(self, account: str, mailbox: bytes) -> datetime | None:
        """Return when the first PENDING entry falls due, None when there is none."""

    @abstractmethod
    def falls_due(self, account: str, mailbox: bytes, due: datetime | None) -> bool:
        """Whether it is known, without a word to the database, that `next_due` would return this."""

    @abstractmethod
    async def pending_reasons(self, account: str) -> frozenset[str]:
        """Return why the account's PENDING entries are."""

    @abstractmethod
    async def hasten(self, account: str, reasons: Collection[str], now: datetime) -> None:
        """Let the account's PENDING entries with these reasons fall due now."""

    @abstractmethod
    async def open_counts(self, account: str) -> Mapping[bytes, Counts]:
        """Count the account's PENDING and HELD entries by mailbox; one that has none is not in it."""

    @abstractmethod
    async def all_open_counts(self) -> Mapping[str, Mapping[bytes, Counts]]:
        """Count the same for all accounts at once, by their names; one that has none is not in it."""

    @abstractmethod
    async def open_mailboxes(self, account: str) -> tuple[bytes, ...]:
        """Return the mailboxes with BEGUN or PENDING entries."""

    @abstractmethod
    async def open_uids(self, account: str, mailbox: bytes, uidvalidity: int) -> frozenset[int]:
        """Return the UIDs of a mailbox's messages with BEGUN or PENDING entries."""

    @abstractmethod
    async def held_uids(self, account: str, mailbox: bytes, uidvalidity: int) -> frozenset[int]:
        """Return the UIDs of a mailbox's messages with HELD entries."""

    @abstractmethod
    async def copied(self, account: str, mailbox: bytes, uidvalidity: int) -> Mapping[int, frozenset[bytes]]:
        """Return where messages of this mailbox were copied to: the targets of finished COPY steps, by the UID here."""

    @abstractmethod
    async def settled(self, entry_ids: Collection[int], within: float) -> bool:
        """Wait until none of these entries is BEGUN any more; False when `within` seconds have passed first."""

    @abstractmethod
    async def prune(
        self, before: datetime, *, now: datetime, marks: timedelta = MARKS_KEPT, octets: int | None = None
    ) -> int:
        """Forget the entries that finished before this time, a bounded chunk at a time; return how many went.

        Marks of messages received longer ago than `marks` and uses older than USES_KEPT are forgotten with them. If the
        history still takes more than `octets`, the oldest of it goes until it takes nine tenths of that; never what is
        not finished, and never the newest.
        """

    @abstractmethod
    async def grown(self, rows: int) -> None:
        """Return when so many more entries and marks have been written since it returned before."""

    # What has been done

    @abstractmethod
    async def history(self, query: HistoryQuery) -> tuple[Entry, ...]:
        """Return the entries that the query asks for, the newest first."""

    @abstractmethod
    async def rules(self) -> frozenset[str]:
        """Return the names of all rules that have acted on anything. It reads through the whole journal."""

    @abstractmethod
    async def accounts(self) -> tuple[str, ...]:
        """Return the names of all accounts that anything is known of."""

    @abstractmethod
    async def undone(self, entry_ids: Collection[int]) -> Mapping[int, Entry]:
        """Return by the id of each of these entries that has been taken back the newest entry that does so."""

    @abstractmethod
    async def at(self, account: str, mailbox: bytes, uidvalidity: int, uid: int) -> tuple[Entry, ...]:
        """Return the entries of the message at this place, the oldest first."""

    # Facts that count

    @abstractmethod
    async def met(
        self, account: str, mailbox: bytes, uidvalidity: int, marks: Mapping[tuple[str, str], Mapping[int, str]]
    ) -> Mapping[tuple[str, str], Marked]:
        """Return by (handle, key) which messages left these marks: of each the MET_BEFORE that were received last.

        With each mark come messages of this mailbox that have it, by UID with their fingerprints. Such a message is one
        that was met before if that was in the same place, or had the same fingerprint, or the one that it had when
        mailrules moved it here. A mark that nobody left is not in it.
        """

    @abstractmethod
    async def used(self, account: str, rule: str, since: datetime, most: int) -> Sequence[datetime]:
        """Return when the rule acted at that time or later: its newest `most` uses, ascending."""

    @abstractmethod
    async def forget_uses(self, account: str, rule: str) -> None:
        """Let the rule begin to count anew: what it has done so far counts against its limit no more."""

    @abstractmethod
    async def filed(self, account: str, message_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return by Message-ID (with its brackets) the mailbox that mailrules last moved such a message to.

        One that was never moved: where it was last copied to. Only what is known to be done counts.
        """

    # Scheduled rules

    @abstractmethod
    async def last_run(self, account: str, rule: str) -> datetime | None:
        """Return when the scheduled rule last ran over the account, None when it never did."""

    @abstractmethod
    async def record_run(self, account: str, rule: str, at: datetime) -> None:
        """Write down that the scheduled rule has run over the account."""

    # How far each mailbox has been read

    @abstractmethod
    async def checkpoint(self, account: str, mailbox: bytes) -> Checkpoint | None:
        """Return the mailbox's checkpoint, None when it was never watched."""

    @abstractmethod
    async def checkpoints(self, account: str) -> tuple[Checkpoint, ...]:
        """Return all checkpoints of the account, by raw mailbox name."""

    @abstractmethod
    async def set_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Put the checkpoint where the caller says: the first run, or a new UIDVALIDITY."""

    @abstractmethod
    async def fingerprints(self, account: str, mailbox: bytes) -> frozenset[str]:
        """Return the fingerprints of the last FINGERPRINTS messages seen there, under whatever UIDVALIDITY."""

    # Mailboxes

    @abstractmethod
    async def known_mailboxes(self, account: str) -> Mapping[bytes, int | None] | None:
        """Return the last LIST, raw name to UIDVALIDITY (None: not known); None before the account's first run."""

    @abstractmethod
    async def remember_mailboxes(self, account: str, listed: Mapping[bytes, int | None]) -> None:
        """Keep this LIST as the last one. Costs nothing when it is the same as before."""

    @abstractmethod
    async def naming(self, account: str) -> Naming | None:
        """Return how the account's server names mailboxes; None before the first sign-in."""

    @abstractmethod
    async def remember_naming(self, account: str, naming: Naming) -> None:
        """Keep how the account's server names mailboxes. Costs nothing when it is the same as before."""

    @abstractmethod
    async def created_since(self, account: str, since: datetime) -> int:
        """Count the mailboxes that `begin` was told to have been created since then."""

    # Own arrivals

    @abstractmethod
    async def expects(self, account: str, mailbox: bytes) -> bool:
        """Tell whether `arrivals` could answer Awaited about any message of this mailbox; nothing is changed."""

    @abstractmethod
    async def arrivals(self, account: str, mailbox: bytes, uidvalidity: int, messages: Sequence[Seen]) -> Arrivals:
        """Tell which of these messages mailrules itself put into this mailbox.

        Own, when a step that is DONE says so by UID (COPYUID decides), or without a UID by fingerprint: then that step
        has found its message and is used up, so that a genuine second delivery stays one. Awaited, when a COPY or MOVE
        without an answer could have done it. The rest are genuine deliveries. Asked again, a UID gets the same answer.
        """
