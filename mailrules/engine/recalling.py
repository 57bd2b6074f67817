"""Answers what rules ask of the state: whether a message like this one has come before, and where relatives were filed.

Mail is sacred: a rule that trashes duplicates must never take the only copy. So a message is told by its fingerprint,
which a move preserves whoever moves it, and the first of its kind stays the first however often it is looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from mailrules.engine.asking import Answers, Asked
from mailrules.engine.reading import Fetched
from mailrules.imap import MailboxName
from mailrules.rules import Facts, Ruleset, questions
from mailrules.rules.questions import Mark
from mailrules.store import Met, MetBefore, Store

__all__ = ["Recollection", "is_duplicate"]

Q = TypeVar("Q", questions.Met, questions.Filed)


@dataclass(slots=True)
class Recollection:
    """What is known of the messages of one mailbox while they are on their way, the journal's knowledge with it."""

    store: Store
    account: str
    path_of: Callable[[MailboxName], str]
    """The path of a mailbox; empty if it is there no longer."""
    marks: dict[int, frozenset[Mark]] = field(default_factory=dict)
    """By UID: marks of messages that the journal has not taken over yet."""
    prints: dict[int, str] = field(default_factory=dict)
    """Their fingerprints."""

    def note(self, messages: Iterable[Fetched], ruleset: Ruleset, facts: Facts) -> None:
        """Let messages of one mailbox know of each other."""
        for message in messages:
            if marks := ruleset.marks(message.message, facts):
                self.marks[message.uid] = marks
                self.prints[message.uid] = message.fingerprint

    def taken(self, messages: Iterable[Fetched]) -> list[Met]:
        """Give what the journal has to remember of these messages, which it takes over now."""
        met: list[Met] = []
        for message in messages:
            self.prints.pop(message.uid, None)
            marks = self.marks.pop(message.uid, frozenset())
            met += [Met(message.fingerprint, mark.handle, mark.key) for mark in marks]
        return met

    async def answer(self, asked: Asked, answers: Answers, now: datetime) -> None:
        """Answer the questions that are for the state, about messages that were noted."""
        await self._met(_of_kind(asked, questions.Met), answers, now)
        await self._filed(_of_kind(asked, questions.Filed), answers)

    async def _met(
        self,
        asked: Sequence[tuple[questions.Met, Sequence[int]]],
        answers: Answers,
        now: datetime,
    ) -> None:
        if not asked:
            return
        here: defaultdict[Mark, list[int]] = defaultdict(list)
        for uid, left in self.marks.items():
            for mark in left:
                here[mark].append(uid)
        wanted = {(each.mark.handle, each.mark.key): [self.prints[uid] for uid in here[each.mark]] for each, _ in asked}
        known = await self.store.met(self.account, wanted)
        for question, uids in asked:
            before = known.get((question.mark.handle, question.mark.key), ())
            beside = [(uid, self.prints[uid]) for uid in here[question.mark]]
            for uid in uids:
                own, others = _others(uid, self.prints[uid], before, beside, now)
                answers.put(uid, question, is_duplicate(own, others, question.within, since_last=question.since_last))

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


def _others(
    uid: int, fingerprint: str, before: Sequence[MetBefore], beside: Sequence[tuple[int, str]], now: datetime
) -> tuple[datetime, list[datetime]]:
    """When the message was met, now if it was not yet, and when those with the same mark were that come before it.

    All of them have one order: those whose mark is kept come as they were met, and then the others ``beside`` it by
    UID. A kept mark with the message's own fingerprint is its own, from before somebody moved it, unless a message with
    a lower UID here has the same: two deliveries in the same second.
    """
    place = next((place for place, each in enumerate(before) if each.fingerprint == fingerprint), None)
    kept = {each.fingerprint for each in before}
    if place is None:
        new = [now for other, its in beside if other < uid and its not in kept]
        return now, [*(each.at for each in before), *new]
    own = before[place].at
    twins = [own for other, its in beside if other < uid and its == fingerprint]
    return own, [*(each.at for each in before[:place]), *twins]


def is_duplicate(own: datetime, others: Sequence[datetime], within: timedelta, *, since_last: bool) -> bool:
    """Tell whether a message met at ``own`` came within a time of others, which are ascending and not later (RFC 7352).

    The time counts from the last of the others, or from the last that was no duplicate itself.
    """
    first: datetime | None = None
    for other in others:
        if since_last or first is None or other - first >= within:
            first = other
    return first is not None and own - first < within
