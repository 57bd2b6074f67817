"""Finds the message that ends the connection whenever it is fetched, so that it does not hold up all others.

Dovecot breaks the connection at a message that it can't read from its disk, and would do so at each
reconnect. After some losses in a row messages are fetched one by one, and the one that does it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from mailrules.client import NetworkError, Session
from mailrules.engine.reading import Fetched, fetch, uids_in
from mailrules.imap import UID, MailboxName, UIDSet

__all__ = ["Caution", "careful_fetch"]

_IN_A_ROW = 3
"""Lost fetches of many messages after which they are fetched one by one."""
_ALONE = 2
"""Lost fetches of one message alone after which it is taken for the reason."""


class Caution:
    """What was lost while fetching, in the mailboxes of one account."""

    def __init__(self) -> None:
        self._together: Counter[MailboxName] = Counter()
        self._alone: Counter[tuple[MailboxName, int]] = Counter()
        self._others: set[MailboxName] = set()

    def is_due(self, name: MailboxName) -> bool:
        """Whether messages of a mailbox are better fetched one by one."""
        return self._together[name] >= _IN_A_ROW

    def is_suspect(self, name: MailboxName, uid: int) -> bool:
        """Whether a message ends the connection: it was lost again and again, and others were not.

        Where nothing can be fetched at all, it is the network or the server, and no message is to blame.
        """
        return self._alone[name, uid] >= _ALONE and name in self._others

    def in_order(self, name: MailboxName, uids: Iterable[int]) -> list[int]:
        """Put what was lost before behind the others."""
        return sorted(uids, key=lambda uid: (self._alone[name, uid], uid))

    @contextmanager
    def together(self, name: MailboxName) -> Iterator[None]:
        """Fetch many messages in this block."""
        try:
            yield
        except NetworkError:
            self._together[name] += 1
            raise
        del self._together[name]

    @contextmanager
    def alone(self, name: MailboxName, uid: int) -> Iterator[None]:
        """Fetch one message in this block."""
        try:
            yield
        except NetworkError:
            self._alone[name, uid] += 1
            raise
        del self._alone[name, uid]
        self._others.add(name)

    def passed(self, name: MailboxName) -> None:
        """All messages were fetched one by one, or are known to be unreadable."""
        del self._together[name]
        self._others.discard(name)


async def careful_fetch(
    caution: Caution, session: Session, name: MailboxName, uids: UIDSet, fields: Iterable[str]
) -> Sequence[Fetched]:
    """Fetch messages of a mailbox, ascending; one that is known to end the connection comes as unreadable."""
    if not caution.is_due(name):
        with caution.together(name):
            return await fetch(session, uids, fields)
    found: list[Fetched] = []
    session.connection.done()
    for uid in caution.in_order(name, await uids_in(session, uids)):
        if caution.is_suspect(name, uid):
            found.append(Fetched.unreadable(uid))
            continue
        with caution.alone(name, uid):
            found += await fetch(session, UIDSet([UID(uid)]), fields)
    caution.passed(name)
    return sorted(found, key=lambda message: message.uid)
