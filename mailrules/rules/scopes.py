"""Where a rule is to be asked: the accounts and mailboxes that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.rules import matching

if TYPE_CHECKING:
    from mailrules.rules.rule import Rule
    from mailrules.rules.verdict import Facts

_MAX_PLACES = 4_096  # accounts' mailboxes of which a scope remembers whether they are in it


class Scope:
    """The accounts and mailboxes that some rules are for."""

    def __init__(self, rule: Rule) -> None:
        self._of_account = matching.glob(rule.accounts or ("*",))
        self._of_mailbox = matching.mailbox(rule.mailboxes or ("*",))
        self._known: dict[tuple[str, str], bool] = {}

    def holds(self, facts: Facts) -> bool:
        """Tell whether messages there are for these rules."""
        place = (facts.account, facts.mailbox)
        holds = self._known.get(place)
        if holds is None:
            if len(self._known) >= _MAX_PLACES:
                self._known.clear()
            holds = self._known[place] = self._of_account(facts.account) and self._of_mailbox(facts.mailbox)
        return holds


_Patterns = tuple[str, ...] | None


class Scopes:
    """The scopes of rules, one for all that name the same."""

    def __init__(self) -> None:
        self._scopes: dict[tuple[_Patterns, _Patterns], Scope | None] = {(None, None): None}

    def of(self, rule: Rule) -> Scope | None:
        """Give the scope of a rule; None if it is for everything."""
        named = (rule.accounts, rule.mailboxes)
        if named not in self._scopes:
            self._scopes[named] = Scope(rule)
        return self._scopes[named]
