"""What the SQLite state is asked and told beside the work in hand: each a piece of SQL, handed to the writer thread."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from mailrules.store import arrivals, facts, history, journal, mailboxes, marking
from mailrules.store.base import Store
from mailrules.store.values import Arrivals, Checkpoint, Counts, Entry, EntryState, HistoryQuery, Marked, Naming, Seen
from mailrules.store.writer import Writer


class Answering(Store):
    """The part of a state that the database alone answers; nothing of it is known by heart."""

    _writer: Writer

    async def pending_reasons(self, account: str) -> frozenset[str]:
        """Return why the account's PENDING entries are."""
        return await self._writer.read(partial(journal.read_pending_reasons, account=account))

    async def open_counts(self, account: str) -> Mapping[bytes, Counts]:
        """Count the account's PENDING and HELD entries by mailbox."""
        return await self._writer.read(partial(journal.count_open_by_mailbox, account=account))

    async def all_open_counts(self) -> Mapping[str, Mapping[bytes, Counts]]:
        """Count PENDING and HELD entries by account and mailbox."""
        return await self._writer.read(journal.count_open_everywhere)

    async def open_mailboxes(self, account: str) -> tuple[bytes, ...]:
        """Return the mailboxes with BEGUN or PENDING entries."""
        return await self._writer.read(partial(journal.read_open_mailboxes, account=account))

    async def open_uids(self, account: str, mailbox: bytes, uidvalidity: int) -> frozenset[int]:
        """Return the UIDs of messages with BEGUN or PENDING entries."""
        return await self._uids(account, mailbox, uidvalidity, (EntryState.BEGUN, EntryState.PENDING))

    async def held_uids(self, account: str, mailbox: bytes, uidvalidity: int) -> frozenset[int]:
        """Return the UIDs of messages with HELD entries."""
        return await self._uids(account, mailbox, uidvalidity, (EntryState.HELD,))

    async def _uids(
        self, account: str, mailbox: bytes, uidvalidity: int, states: tuple[EntryState, ...]
    ) -> frozenset[int]:
        return await self._writer.read(
            partial(journal.read_uids, account=account, mailbox=mailbox, uidvalidity=uidvalidity, states=states)
        )

    async def copied(self, account: str, mailbox: bytes, uidvalidity: int) -> Mapping[int, frozenset[bytes]]:
        """Return where messages of this mailbox were copied to."""
        return await self._writer.read(
            partial(journal.read_copied, account=account, mailbox=mailbox, uidvalidity=uidvalidity)
        )

    async def history(self, query: HistoryQuery) -> tuple[Entry, ...]:
        """Return the entries that the query asks for."""
        return await self._writer.read(partial(history.read_history, query=query))

    async def rules(self) -> frozenset[str]:
        """Return the names of all rules that have acted."""
        return await self._writer.read(history.read_rules)

    async def accounts(self) -> tuple[str, ...]:
        """Return the names of all accounts."""
        return await self._writer.read(history.read_accounts)

    async def undone(self, entry_ids: Collection[int]) -> Mapping[int, Entry]:
        """Return what takes these entries back."""
        return await self._writer.read(partial(history.read_undone, entry_ids=entry_ids))

    async def at(self, account: str, mailbox: bytes, uidvalidity: int, uid: int) -> tuple[Entry, ...]:
        """Return the entries of the message at this place."""
        return await self._writer.read(
            partial(history.read_at, account=account, mailbox=mailbox, uidvalidity=uidvalidity, uid=uid)
        )

    async def met(
        self, account: str, mailbox: bytes, uidvalidity: int, marks: Mapping[tuple[str, str], Mapping[int, str]]
    ) -> Mapping[tuple[str, str], Marked]:
        """Return which messages left these marks."""
        return await self._writer.read(
            partial(marking.read_met, account=account, mailbox=mailbox, uidvalidity=uidvalidity, marks=marks)
        )

    async def used(self, account: str, rule: str, since: datetime, most: int) -> Sequence[datetime]:
        """Return when the rule acted."""
        return await self._writer.read(partial(facts.read_used, account=account, rule=rule, since=since, most=most))

    async def forget_uses(self, account: str, rule: str) -> None:
        """Forget that the rule has acted."""
        await self._writer.write(partial(facts.forget_uses, account=account, rule=rule))

    async def filed(self, account: str, message_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return where mailrules last moved messages with these Message-IDs to."""
        return await self._writer.read(partial(facts.read_filed, account=account, message_ids=message_ids))

    async def last_run(self, account: str, rule: str) -> datetime | None:
        """Return when the scheduled rule last ran."""
        return await self._writer.read(partial(facts.read_last_run, account=account, rule=rule))

    async def record_run(self, account: str, rule: str, at: datetime) -> None:
        """Write down that the scheduled rule has run."""
        await self._writer.write(partial(facts.put_run, account=account, rule=rule, at=at))

    async def checkpoints(self, account: str) -> tuple[Checkpoint, ...]:
        """Return all checkpoints of the account."""
        return await self._writer.read(partial(mailboxes.read_checkpoints, account=account))

    async def fingerprints(self, account: str, mailbox: bytes) -> frozenset[str]:
        """Return the fingerprints of the messages seen last."""
        return await self._writer.read(partial(mailboxes.read_fingerprints, account=account, mailbox=mailbox))

    async def known_mailboxes(self, account: str) -> Mapping[bytes, int | None] | None:
        """Return the last LIST."""
        return await self._writer.read(partial(mailboxes.read_known, account=account))

    async def remember_mailboxes(self, account: str, listed: Mapping[bytes, int | None]) -> None:
        """Keep this LIST as the last one."""
        await self._writer.write(partial(mailboxes.remember_known, account=account, mailboxes=listed))

    async def naming(self, account: str) -> Naming | None:
        """Return how the account's server names mailboxes."""
        return await self._writer.read(partial(mailboxes.read_naming, account=account))

    async def remember_naming(self, account: str, naming: Naming) -> None:
        """Keep how the account's server names mailboxes."""
        await self._writer.write(partial(mailboxes.remember_naming, account=account, naming=naming))

    async def created_since(self, account: str, since: datetime) -> int:
        """Count the mailboxes created since then."""
        return await self._writer.read(partial(mailboxes.count_created, account=account, since=since))

    async def expects(self, account: str, mailbox: bytes) -> bool:
        """Tell whether a copy or move into this mailbox is without an answer."""
        return await self._writer.read(partial(arrivals.awaits_any, account=account, mailbox=mailbox))

    async def arrivals(self, account: str, mailbox: bytes, uidvalidity: int, messages: Sequence[Seen]) -> Arrivals:
        """Tell which of these messages mailrules itself put into this mailbox."""
        return await self._writer.write(
            partial(
                arrivals.explain_arrivals, account=account, mailbox=mailbox, uidvalidity=uidvalidity, messages=messages
            )
        )
