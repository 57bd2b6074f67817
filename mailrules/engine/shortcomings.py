"""What an account lacks of what the rule file asks: mailboxes, special uses, and extensions that its server has not.

Nothing of it keeps the rest from working, but nobody should have to find it out by mail that stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mailrules.client import Session
from mailrules.engine import separator
from mailrules.engine.account import AccountContext
from mailrules.engine.directory import TargetError
from mailrules.engine.lowering import Lowering, lowering_for
from mailrules.engine.watching import is_watched
from mailrules.rules import Rule, Ruleset, Target, matching
from mailrules.values import value

__all__ = ["Shortcomings"]

_NOTHING: frozenset[str] = frozenset()
_MOVING = frozenset({"move", "trash", "expunge"})


class Shortcomings:
    """What one account lacks, as far as it is known from the last LIST, the capabilities and the rules in force."""

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._judged: Ruleset | None = None
        self._of_rules: tuple[str, ...] = ()
        self.told = _NOTHING
        """What was lacking the last time."""

    def news(self, session: Session) -> tuple[str, ...]:
        """Tell, a sentence each, what was not lacking the last time."""
        ruleset = self._context.rules()
        if ruleset is not self._judged:  # to look through a thousand rules each minute would be a waste
            self._judged, self._of_rules = ruleset, tuple(self._judge(ruleset, session))
        found = frozenset((*self._of_rules, *self._unwatched(session))) or _NOTHING
        news, self.told = found - self.told, found
        return tuple(sorted(news))

    def _unwatched(self, session: Session) -> Iterator[str]:
        for pattern in self._context.settings.watch:
            if wrong := separator.mistake(pattern, session.namespace):
                yield f"watch: {wrong}"
            elif not any(is_watched(info, (pattern,)) for info in self._context.directory.mailboxes):
                yield f"watch: there is no mailbox {pattern}"

    def _judge(self, ruleset: Ruleset, session: Session) -> Iterator[str]:
        asked = [each for each in _LATEST.asked(ruleset) if _is_for(self._context.name, each.rule)]
        for each in asked:
            for target in each.special_targets:
                try:
                    self._context.directory.resolve(target, session)
                except TargetError as error:
                    yield f"rule '{each.rule.name}': {error}"
        trash = self._context.settings.trash
        if trash and (wrong := separator.mistake(trash, session.namespace)):
            yield f"trash: {wrong}"
        yield from separator.of_rules([each.rule for each in asked], ruleset, session.namespace)
        yield from _extensions(session, frozenset().union(*{each.actions for each in asked}))


@value(frozen=True, slots=True)
class _Asked:
    """What one rule asks of the account and of the server."""

    rule: Rule
    special_targets: Sequence[Target]
    actions: frozenset[str]

    @classmethod
    def by(cls, rule: Rule) -> _Asked:
        actions = frozenset(action.key for action in rule.then.actions())
        uses = {target.special_use for target in rule.then.targets() if target.special_use}
        if "trash" in actions:
            uses.add("\\Trash")
        return cls(rule, [Target(special_use=use) for use in sorted(uses)], actions)


class _Latest:
    """What the rules in force ask, worked out for the first account: all have them in common.

    For ten thousand rules it takes tens of milliseconds, in which every mailbox waits.
    """

    def __init__(self) -> None:
        self._ruleset: Ruleset | None = None
        self._asked: Sequence[_Asked] = ()

    def asked(self, ruleset: Ruleset) -> Sequence[_Asked]:
        """Give what each of the enabled rules asks."""
        if ruleset is not self._ruleset:
            self._ruleset, self._asked = ruleset, [_Asked.by(rule) for rule in ruleset.rules if rule.enabled]
        return self._asked


_LATEST = _Latest()


def _is_for(account: str, rule: Rule) -> bool:
    return rule.accounts is None or matching.glob(rule.accounts)(account)


def _extensions(session: Session, actions: Iterable[str]) -> Iterator[str]:
    wanted = _MOVING.intersection(actions)
    if wanted and lowering_for(session.capabilities, move_refused=False) is Lowering.NEITHER:
        yield "the server has neither MOVE nor UIDPLUS: what rules move or expunge stays as well, marked \\Deleted"
    elif "expunge" in wanted and "UIDPLUS" not in session.capabilities:
        yield "the server has no UIDPLUS: what rules expunge stays, marked \\Deleted"
