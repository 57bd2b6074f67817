"""Answers what rules ask of the state: whether a message like this one has come before, and where relatives were filed.

Mail is sacred: a rule that trashes duplicates must never take a message for a duplicate of itself, nor two for
duplicates of each other. So all messages with one mark have one order, that of their INTERNALDATE, and only those
before it make a message a duplicate. One whose date or size the server does not tell can't be known again: it is
neither a duplicate nor the first of its kind.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import TypeVar

from mailrules.engine.asking import Answers, Asked
from mailrules.engine.reading import Fetched
from mailrules.imap import MailboxName
from mailrules.rules import Facts, Ruleset, questions
from mailrules.rules.questions import Mark
from mailrules.store import Marked, Met, Store
from mailrules.values import value

__all__ = ["Recollection", "repetitions"]

Q = TypeVar("Q", questions.Met, questions.Filed)
_NOTED = 20_000
"""How many messages know of each other before the journal has taken them over; a dry run never hands one over."""
_NOBODY = Marked((), {})


@value(frozen=True, slots=True)
class _Noted:
    """A message that the journal has not taken over yet."""

    uid: int
    fingerprint: str
    received: datetime
    marks: frozenset[Mark]


@value(slots=True)
class Recollection:
    """What is known of the messages of one mailbox while they are on their way, the journal's knowledge with it."""

    store: Store
    account: str
    place: Callable[[], tuple[MailboxName, int]]
    """The mailbox and its UIDVALIDITY."""
    path_of: Callable[[MailboxName], str]
    """The path of a mailbox; empty if it is there no longer, or is nobody's home."""
    noted: dict[int, _Noted] = field(default_factory=dict)
    """By UID."""
    with_mark: defaultdict[Mark, dict[int, _Noted]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, messages: Iterable[Fetched], ruleset: Ruleset, facts: Facts) -> None:
        """Let messages of one mailbox know of each other."""
        if not ruleset.makes_marks:
            return
        for message in messages:
            if (marks := ruleset.marks(message.message, facts)) and message.is_known_again:
                self._forget(message.uid)
                # What is said to have come tomorrow came now, or it would be the last one until then.
                received = min(message.internaldate, facts.now)
                noted = self.noted[message.uid] = _Noted(message.uid, message.fingerprint, received, marks)
                for mark in marks:
                    self.with_mark[mark][message.uid] = noted
                if len(self.noted) > _NOTED:
                    self._forget(next(iter(self.noted)))

    def _forget(self, uid: int) -> _Noted | None:
        noted = self.noted.pop(uid, None)
        for mark in noted.marks if noted else ():
            del self.with_mark[mark][uid]
            if not self.with_mark[mark]:
                del self.with_mark[mark]
        return noted

    def taken(self, messages: Iterable[Fetched]) -> list[Met]:
        """Give what the journal has to remember of these messages, which it takes over now."""
        if not self.noted:
            return []
        taken = [noted for message in messages if (noted := self._forget(message.uid))]
        if not taken:
            return []
        name, era = self.place()
        return [
            Met(self.account, name.raw, era, noted.uid, noted.fingerprint, noted.received, mark.handle, mark.key)
            for noted in taken
            for mark in sorted(noted.marks, key=lambda mark: (mark.handle, mark.key))
        ]

    async def answer(self, asked: Asked, answers: Answers) -> None:
        """Answer the questions that are for the state."""
        await self._met(_of_kind(asked, questions.Met), answers)
        await self._filed(_of_kind(asked, questions.Filed), answers)

    async def _met(self, asked: Sequence[tuple[questions.Met, Sequence[int]]], answers: Answers) -> None:
        if not asked:
            return
        here = {question.mark: self.with_mark.get(question.mark, {}) for question, _ in asked}
        wanted = {
            (mark.handle, mark.key): {uid: noted.fingerprint for uid, noted in messages.items()}
            for mark, messages in here.items()
        }
        name, era = self.place()
        known = await self.store.met(self.account, name.raw, era, wanted)
        for question, uids in asked:
            mark = question.mark
            again = _duplicates(here[mark].values(), known.get((mark.handle, mark.key), _NOBODY), question)
            for uid in uids:
                answers.put(uid, question, uid in again if uid in here[mark] else None)

    async def _filed(self, asked: Sequence[tuple[questions.Filed, Sequence[int]]], answers: Answers) -> None:
        if not asked:
            return
        wanted = {message_id for question, _ in asked for message_id in question.message_ids}
        filed = await self.store.filed(self.account, sorted(wanted))
        for question, uids in asked:
            paths = [self.path_of(MailboxName(filed[each])) for each in question.message_ids if each in filed]
            for uid in uids:
                answers.put(uid, question, next(filter(None, paths), ""))


def _of_kind(asked: Asked, kind: type[Q]) -> list[tuple[Q, Sequence[int]]]:
    return [(question, uids) for question, uids in asked.items() if isinstance(question, kind)]


def _duplicates(here: Iterable[_Noted], known: Marked, question: questions.Met) -> frozenset[int]:
    """Put all messages with one mark in order, and name those ``here`` that are duplicates, by UID.

    Of those received at the same time the one that was met first comes first, and then the one with the lower UID:
    such are two deliveries in the same second, which can't be told apart.
    """
    elsewhere = {each.order: each.received for each in known.newest}
    line: list[tuple[datetime, float, int]] = []
    for noted in here:
        own = known.own.get(noted.uid)
        if own is None:
            line.append((noted.received, math.inf, noted.uid))
        else:
            line.append((own.received, own.order, noted.uid))
            elsewhere.pop(own.order, None)
    line += [(received, order, 0) for order, received in elsewhere.items()]
    line.sort()
    times = [received for received, _, _ in line]
    again = repetitions(times, question.within, since_last=question.since_last)
    return frozenset(uid for (_, _, uid), repeated in zip(line, again, strict=True) if repeated)


def repetitions(times: Sequence[datetime], within: timedelta, *, since_last: bool) -> Iterator[bool]:
    """Tell of each of several messages, by their ascending times, whether it came within a time of others (RFC 7352).

    The time counts from the last of those before, or from the last that was no duplicate itself.
    """
    first: datetime | None = None
    for time in times:
        repeated = first is not None and time - first < within
        yield repeated
        if since_last or not repeated:
            first = time
