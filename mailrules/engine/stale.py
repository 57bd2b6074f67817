r"""Whether a message is still what its plan was made for: somebody may have changed its flags since.

New mail is acted on right after it was fetched. What is acted on later, and would be gone by it, is looked at once
more: a message that its owner has just flagged is not the one that an old rule was to throw away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailrules.client import Session
from mailrules.engine.deciding import Decision
from mailrules.engine.executor import look_at
from mailrules.engine.reading import Fetched
from mailrules.imap import DELETED, RECENT, Flags, flag_key, has_flag
from mailrules.rules import Expunge, Ruleset, Trash
from mailrules.store import Entry, StepKind, StepState

__all__ = ["OUTDATED", "changed", "is_outdated"]

OUTDATED = "somebody changed its flags first: its rules are to decide anew"
"""Why nothing is done any more about a message that `is_outdated`."""


async def changed(session: Session, decisions: Iterable[Decision]) -> Sequence[Decision]:
    """Look again at the messages that are to be trashed or expunged; return those that are gone or otherwise by now.

    One UID FETCH for all of them, none where there are none.
    """
    removing = [decision for decision in decisions if isinstance(decision.verdict.plan.ending, Trash | Expunge)]
    if not removing:
        return ()
    now = await look_at(session, [decision.message.uid for decision in removing])
    return [one for one in removing if not _is_the_same(one.message, now.get(one.message.uid))]


def is_outdated(entry: Entry, flags: Iterable[str], rules: Ruleset) -> bool:
    """Whether an entry is better dropped, its message having these flags now.

    It is where nothing but flags may have been sent for it, and those of the message are not of our making. Rules for
    new mail would not find the message again, so their entries stay; scheduled rules will.
    """
    new_mail = {rule.name for rule in rules.rules if rule.every is None}
    begun = all(step.kind is StepKind.STORE_FLAGS or step.state is not StepState.DONE for step in entry.steps)
    if not begun or has_flag(flags, DELETED) or new_mail.issuperset(entry.rules):
        return False
    stores = [step for step in entry.steps if step.kind is StepKind.STORE_FLAGS]
    ours = _keys(flag for step in stores for flag in (*step.add, *step.remove))
    made = [entry.prior_flags, *(step.replace for step in stores if step.replace is not None)]
    return all(_keys(flags) - ours != _keys(state) - ours for state in made)


def _is_the_same(message: Fetched, flags: Flags | None) -> bool:
    return flags is not None and _keys(flags) == _keys(message.flags)


def _keys(flags: Iterable[str]) -> frozenset[str]:
    return frozenset(flag_key(flag) for flag in flags if flag_key(flag) != flag_key(RECENT))
