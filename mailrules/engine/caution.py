"""Finds the message that ends the connection whenever it is asked for, so that it does not hold up all others.

Dovecot breaks the connection at a message that it can't read from its disk, and would do so at each
reconnect. After some losses in a row messages are asked for one by one, and the one that does it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from mailrules.client import NetworkError, Session
from mailrules.engine.reading import WINDOW, Fetched, Fetching, fetch, uids_in
from mailrules.imap import UID, MailboxName, Refused, SelectedMailbox, UIDSet
from mailrules.store import Checkpoint

__all__ = ["CarefulFetching", "Caution", "careful_fetch", "carefully", "select_and_fetch"]

T = TypeVar("T")

_IN_A_ROW = 3
"""Losses with many messages after which they go one by one."""
_ALONE = 2
"""Losses with one message alone after which it is taken for the reason."""

_NONE: frozenset[tuple[MailboxName, int]] = frozenset()


class Caution:
    """What was lost while messages were asked for, in the mailboxes of one account.

    Losses with many messages count for those that begin with the same one: after a loss they are asked for again, and
    what goes well elsewhere says nothing of them.
    """

    def __init__(self) -> None:
        self._together: Counter[tuple[MailboxName, int]] = Counter()
        self._alone: Counter[tuple[MailboxName, int]] = Counter()
        self._suspects = _NONE

    def is_due(self, name: MailboxName, first: int) -> bool:
        """Whether messages of a mailbox, from the ``first`` on, are better asked for one by one."""
        return self._together[name, first] >= _IN_A_ROW

    def suspects(self, name: MailboxName, uids: UIDSet) -> list[int]:
        """Those of the messages that are known to end the connection, until they are forgotten."""
        return sorted(uid for mailbox, uid in self._suspects if mailbox == name and uid in uids)

    def blames(self, name: MailboxName, uid: int) -> bool:
        """Whether a message ends the connection: it was lost alone again and again, and the server answers for others.

        Where nothing is answered at all, it is the network or the server: do not ask this then.
        """
        if self._alone[name, uid] >= _ALONE:
            self._suspects |= {(name, uid)}
        return (name, uid) in self._suspects

    def in_order(self, name: MailboxName, uids: Iterable[int]) -> list[int]:
        """Put what was lost before behind the others."""
        return sorted(uids, key=lambda uid: (self._alone[name, uid], uid))

    @contextmanager
    def together(self, name: MailboxName, first: int) -> Iterator[None]:
        """Ask for many messages, from the ``first`` on, in this block."""
        try:
            yield
        except NetworkError:
            self.lost(name, first)
            raise
        self.passed(name, first)

    @contextmanager
    def alone(self, name: MailboxName, uid: int) -> Iterator[None]:
        """Ask for one message in this block."""
        try:
            yield
        except NetworkError:
            self._alone[name, uid] += 1
            raise
        del self._alone[name, uid]

    def lost(self, name: MailboxName, first: int) -> None:
        """Take note that the connection was lost while these messages were asked for."""
        self._together[name, first] += 1

    def passed(self, name: MailboxName, first: int) -> None:
        """Take note that these messages were all answered for, but for those that end the connection."""
        del self._together[name, first]

    def forget(self, name: MailboxName, uid: int) -> None:
        """Let go of a message: from now on the journal holds it, and who frees it there wants another try."""
        if self._suspects:
            self._suspects = self._suspects - {(name, uid)} or _NONE
        del self._alone[name, uid]


async def carefully(
    caution: Caution,
    name: MailboxName,
    uids: UIDSet,
    ask: Callable[[UIDSet], Awaitable[Sequence[T]]],
    *,
    first: int,
    answers: bool,
) -> tuple[list[T], list[int]]:
    """Ask for messages, together or one by one; return what came, and the UIDs of those that end the connection.

    ``first`` is where the messages begin that were wanted. ``answers`` says whether the server has just shown on this
    connection that it answers. Raises NetworkError.
    """
    suspects = caution.suspects(name, uids)
    free = [uid for uid in uids if uid not in suspects]
    found: list[T] = []
    if not caution.is_due(name, first):
        if free:
            with caution.together(name, first):
                found += await ask(UIDSet(free))
        return found, suspects
    for uid in caution.in_order(name, free):
        if answers and caution.blames(name, uid):
            suspects.append(uid)
            continue
        with caution.alone(name, uid):
            found += await ask(UIDSet([UID(uid)]))
        answers = True
    caution.passed(name, first)
    return found, suspects


async def careful_fetch(
    caution: Caution, session: Session, name: MailboxName, uids: UIDSet, fields: Iterable[str]
) -> Sequence[Fetched]:
    """Fetch messages of a mailbox, ascending; one that is known to end the connection comes as unreadable."""
    return await CarefulFetching(caution, session, name, uids, fields).messages()


class CarefulFetching:
    """The same in two steps: it is sent when this is made, unless the messages are better asked for one by one."""

    def __init__(
        self, caution: Caution, session: Session, name: MailboxName, uids: UIDSet, fields: Iterable[str]
    ) -> None:
        self._caution = caution
        self._session = session
        self._name = name
        self._fields = fields
        self.uids = uids
        self._first = uids.first or 0
        must_wait = caution.is_due(name, self._first) or caution.suspects(name, uids)
        self._fetching = None if must_wait else Fetching(session, uids, fields)

    @property
    def goes_alone(self) -> bool:
        """Whether nothing else may be asked meanwhile: what ends the connection then must be one of these messages."""
        return self._fetching is None

    async def messages(self) -> Sequence[Fetched]:
        """Wait for the messages. Raises Refused and NetworkError."""
        if self._fetching is not None:
            with self._caution.together(self._name, self._first):
                return await self._fetching.messages()
        session, fields = self._session, self._fields
        session.connection.done()
        there = UIDSet(map(UID, await uids_in(session, self.uids)))
        first, ask = self._first, lambda some: fetch(session, some, fields)
        found, suspects = await carefully(self._caution, self._name, there, ask, first=first, answers=False)
        found += [Fetched.unreadable(uid) for uid in suspects]
        return sorted(found, key=lambda message: message.uid)

    def note_loss(self) -> None:
        """Take note of the loss of the connection where nobody has waited for the answer yet."""
        if self._fetching is not None and self._fetching.is_lost:
            self._caution.lost(self._name, self._first)

    def abandon(self) -> None:
        """Want the messages no more."""
        if self._fetching is not None:
            self._fetching.abandon()


async def select_and_fetch(
    caution: Caution, session: Session, checkpoint: Checkpoint, fields: Iterable[str]
) -> tuple[SelectedMailbox, Sequence[Fetched]]:
    """SELECT a mailbox and fetch what is above its checkpoint in one flight; nothing, if that may not be all there is.

    So it is where there are many, and where the mailbox is not the one of the checkpoint. Raises Refused and
    NetworkError.
    """
    name, first = MailboxName(checkpoint.mailbox), checkpoint.uid + 1
    uids = UIDSet.from_ranges([(first, first + WINDOW - 1)])
    if caution.is_due(name, first) or caution.suspects(name, uids):
        return await session.select(name), ()
    selecting = session.select(name)
    fetching = CarefulFetching(caution, session, name, uids, fields)
    try:
        selected = await selecting
    except Refused:
        fetching.abandon()
        raise
    except NetworkError:
        fetching.note_loss()
        raise
    messages = await fetching.messages()
    whole = selected.uidnext is not None and selected.uidnext <= first + WINDOW
    return selected, messages if whole and selected.uidvalidity == checkpoint.uidvalidity else ()
