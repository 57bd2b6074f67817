"""Says what the rules make of messages on the server, and why: the same path as the daemon's, but nothing is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailrules.client import Session
from mailrules.engine.account import AccountContext
from mailrules.engine.asking import Answers
from mailrules.engine.process import Path
from mailrules.engine.proving import proved
from mailrules.engine.reading import UNREADABLE, Fetched, fetch
from mailrules.imap import DELETED, UID, MailboxName, UIDSet, has_flag
from mailrules.rules import Ruleset, Verdict
from mailrules.values import value

__all__ = ["Explanation", "explain"]


@value(frozen=True, slots=True)
class Explanation:
    """One message, and what the rules make of it."""

    uid: int
    verdict: Verdict | None = None
    """With a trace of every rule in scope; None if the rules are not asked about it."""
    scheduled: Verdict | None = None
    """The same of those with `every`; None if there are none."""
    reason: str = ""
    """Why the rules are not asked."""


async def explain(
    context: AccountContext, session: Session, name: MailboxName, uids: Iterable[int]
) -> Sequence[Explanation]:
    """Look at messages of one mailbox, in the order in which they are named, without changing anything.

    Raises Refused if the mailbox can't be opened, NetworkError.
    """
    await session.examine(name)
    rules = context.rules()
    on_schedule = rules.on_schedule() if any(rule.every for rule in rules.rules) else None
    fields = rules.header_fields | (on_schedule.header_fields if on_schedule else frozenset())
    wanted = tuple(dict.fromkeys(uids))
    messages = {each.uid: each for each in await fetch(session, UIDSet(map(UID, wanted)), fields)}
    free = [message for message in messages.values() if _why_not(message) is None]
    path = Path(context, session, name)
    verdicts = await _verdicts(path, free, rules)
    scheduled = await _verdicts(path, free, on_schedule) if on_schedule else {}
    return [
        Explanation(uid, verdicts.get(uid), scheduled.get(uid), _why_not(messages.get(uid)) or "") for uid in wanted
    ]


def _why_not(message: Fetched | None) -> str | None:
    if message is None:
        return "there is no such message"
    if not message.readable:
        return UNREADABLE
    return r"it is marked \Deleted and so left alone" if has_flag(message.flags, DELETED) else None


async def _verdicts(path: Path, messages: Sequence[Fetched], rules: Ruleset) -> dict[int, Verdict]:
    """Decide as the daemon does; then show every rule with the answers that this took."""
    answers = Answers()
    facts = path.context.facts(path.readable, path.session.namespace)
    verdicts: dict[int, Verdict] = {}
    for decision in await path.evaluate(messages, rules, {}, answers):
        message = decision.message
        known = message.message.answered(proved(answers.of(message.uid)))
        verdicts[message.uid] = replace(decision.verdict, trace=rules.explain(known, facts).trace)
    return verdicts
