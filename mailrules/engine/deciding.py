"""What the rules say of each message of a batch, with what they ask of the server and of the state."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.asking import Answers, ask
from mailrules.engine.caution import carefully
from mailrules.engine.proving import proofs_wanted, proved, told_by_data
from mailrules.engine.reading import UNREADABLE, Fetched
from mailrules.engine.recalling import Recollection
from mailrules.imap import (
    DELETED,
    UID,
    Flags,
    MailboxName,
    SelectedMailbox,
    UIDSet,
    has_flag,
)
from mailrules.rules import Facts, Needs, Ruleset, Verdict
from mailrules.rules.questions import Question
from mailrules.store import Own
from mailrules.values import value

__all__ = ["Decision", "Origin", "decide"]

_ROUNDS = 10
_A_TURN = 200
"""Messages that are decided in one go: a few milliseconds."""
_TOGETHER = 32 << 20
"""Octets of the messages that are asked about at the same time; of a larger one only parts are in memory."""
_UNTOLD_SIZE = 1 << 20
"""What counts for a message whose size the server tells as 0, or not at all."""


@value(frozen=True, slots=True)
class Decision:
    """A message and what the rules say of it."""

    message: Fetched
    verdict: Verdict
    origin: Own | None = None
    """Set when mailrules itself put the message here and the moving rule asked for ``chain``."""
    postponed: bool = False
    """Whether the server refused for now to say what a rule asks; the verdict's error tells its words."""


@value(frozen=True, slots=True)
class Origin:
    """The mailbox that the messages of a batch are in, on the session that has it selected."""

    session: Session
    name: MailboxName
    path: str
    selected: SelectedMailbox


async def decide(
    context: AccountContext,
    origin: Origin,
    messages: Iterable[Fetched],
    ruleset: Ruleset,
    owners: Mapping[int, Own],
    recollection: Recollection,
    answers: Answers | None = None,
) -> list[Decision]:
    r"""Ask the rules about each message; messages marked \Deleted are somebody's affair and left alone.

    ``answers`` is for whoever wants to know what was answered; without it they are forgotten as soon as may be.
    Questions that rules leave open are put to the server for all open messages together, and a part of them at a
    time so that bodies do not pile up. What can't be found out stays unknown, and a rule that ends unknown does
    nothing. A message whose questions end the connection each time can't be read: its verdict is an error.
    """
    facts = context.facts(origin.path, origin.session.namespace)
    decisions: list[Decision] = []
    open_ones: list[tuple[Fetched, Needs]] = []
    free = [message for message in messages if not (message.flags and _is_deleted(message.flags))]
    recollection.note(free, ruleset, facts)
    for begin in range(0, len(free), _A_TURN):
        if begin:
            await asyncio.sleep(0)  # what comes meanwhile is read, and other mailboxes have their turn
        for message in free[begin : begin + _A_TURN]:
            own = owners.get(message.uid) if owners else None
            verdict = ruleset.evaluate(message.message, facts, without=own.rules if own else ())
            if isinstance(verdict, Needs):
                open_ones.append((message, verdict))
            else:
                decisions.append(Decision(message, verdict, own))
    for chunk in _portions(open_ones):
        kept = Answers() if answers is None else answers
        inquiry = _Inquiry(context, origin, ruleset, owners, facts, recollection, kept)
        decisions += await inquiry.decide(chunk)
    return sorted(decisions, key=attrgetter("message.uid"))


@lru_cache(maxsize=256)  # messages have few flags, and most have the same
def _is_deleted(flags: Flags) -> bool:
    return has_flag(flags, DELETED)


def _portions(open_ones: Iterable[tuple[Fetched, Needs]]) -> Iterator[list[tuple[Fetched, Needs]]]:
    """Split off as many messages as may be in memory together, should all of them be asked for what they hold."""
    portion: list[tuple[Fetched, Needs]] = []
    octets = 0
    for message, needs in open_ones:
        size = message.size or _UNTOLD_SIZE
        if portion and octets + size > _TOGETHER:
            yield portion
            portion, octets = [], 0
        portion.append((message, needs))
        octets += size
    if portion:
        yield portion


@value(frozen=True, slots=True)
class _Inquiry:
    """Questions about some messages, and what they lead to."""

    context: AccountContext
    origin: Origin
    ruleset: Ruleset
    owners: Mapping[int, Own]
    facts: Facts
    recollection: Recollection
    answers: Answers

    async def decide(self, portion: Sequence[tuple[Fetched, Needs]]) -> list[Decision]:
        """Decide about messages, together or one by one; those that end the connection are errors.

        That the server answers has just been seen: it told their headers.
        """
        by_uid = {message.uid: (message, needs) for message, needs in portion}
        decisions, unreadable = await carefully(
            self.context.asking,
            self.origin.name,
            UIDSet(map(UID, by_uid)),
            lambda uids: self._decide([by_uid[uid] for uid in uids]),
            first=min(by_uid),
            answers=True,
        )
        return decisions + [self._failed(by_uid[uid][0], UNREADABLE) for uid in unreadable]

    async def _decide(self, open_ones: Sequence[tuple[Fetched, Needs]]) -> list[Decision]:
        """Ask until all is decided: an answer may lead to further questions, as the structure to its parts."""
        decisions: list[Decision] = []
        for _ in range(_ROUNDS):
            await self._ask(open_ones)
            again: list[tuple[Fetched, Needs]] = []
            for message, _ in open_ones:
                match self._judge(message):
                    case Needs() as needs:
                        again.append((message, needs))
                    case Decision() as decision:
                        decisions.append(decision)
            if not again:
                return decisions
            open_ones = again
        raise AssertionError("every question is answered after a few rounds, if only by unknown")

    async def _ask(self, open_ones: Iterable[tuple[Fetched, Needs]]) -> None:
        asked: defaultdict[Question[object], list[int]] = defaultdict(list)
        for message, needs in open_ones:
            for question in needs.questions:
                if (told := told_by_data(question, message)) is None:
                    asked[question].append(message.uid)
                else:
                    self.answers.put(message.uid, question, told)
        await self.recollection.answer(asked, self.answers)
        await ask(self.origin.session, asked, self.answers)

    def _judge(self, message: Fetched) -> Decision | Needs:
        uid, answers = message.uid, self.answers
        if refusal := answers.waiting.pop(uid, None):
            return replace(self._failed(message, refusal), postponed=True)
        own = self.owners.get(uid)
        known = proved(answers.of(uid))
        verdict = self.ruleset.evaluate(message.message.answered(known), self.facts, without=own.rules if own else ())
        if isinstance(verdict, Needs):
            return verdict
        if proofs := proofs_wanted(verdict, message, answers.of(uid)):
            return Needs(proofs)
        for rule in verdict.unknown:
            reason = answers.unsaid.get(uid, "the server does not say, or says the same of the contrary")
            self.context.complain_of(rule, self.origin.path, reason)
        return Decision(message, verdict, own)

    def _failed(self, message: Fetched, reason: str) -> Decision:
        return Decision(message, Verdict(error=reason), self.owners.get(message.uid))
