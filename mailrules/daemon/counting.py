"""Counts what the journal holds open, and names the mailboxes of it as long as an account can't tell of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mailrules.client import Namespace
from mailrules.daemon.vitals import AccountReport, MailboxReport
from mailrules.imap import MailboxName
from mailrules.store import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailrules.store import Counts, Naming, Store

__all__ = ["Counting"]

_LIMIT = 3.0  # seconds for the state to count; a report says what was known before else


class Counting:
    """What all accounts have open, as it was at the last `count`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: Mapping[str, Mapping[bytes, Counts]] = {}
        self._naming: dict[str, Naming | None] = {}

    async def count(self) -> None:
        """Count anew, if the state answers in time."""
        with suppress(TimeoutError, StateError):
            async with asyncio.timeout(_LIMIT):
                self._counts = await self._store.all_open_counts()
                for name in self._counts:
                    if self._naming.get(name) is None:  # as long as nobody has signed in
                        self._naming[name] = await self._store.naming(name)

    def of(self, account: str) -> Mapping[bytes, Counts]:
        """What this account has open, by mailbox."""
        return self._counts.get(account, {})

    def with_mailboxes(self, account: AccountReport) -> AccountReport:
        """Add the mailboxes where messages wait to an account whose list of mailboxes is not known yet."""
        if account.mailboxes or account.condition.well:
            return account
        naming = self._naming.get(account.name)
        names = Namespace(naming.prefix, naming.delimiter, naming.foreign) if naming else Namespace()
        mailboxes = tuple(
            MailboxReport(
                path=names.to_path(MailboxName(raw)),
                condition=account.condition,
                since=account.since,
                pending=each.pending,
                held=each.held,
                reason=account.reason,
                next_try=account.next_try,
            )
            for raw, each in sorted(self.of(account.name).items(), key=lambda item: (item[0] != b"INBOX", item[0]))
        )
        return replace(account, mailboxes=mailboxes)
