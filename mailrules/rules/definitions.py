"""What a rule file defines by name for its rules to refer to: lookup tables and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.rules.checks import Group
    from mailrules.rules.clues import Guard
    from mailrules.rules.lookup import Lookup
    from mailrules.rules.match import Match


@value(frozen=True, slots=True)
class Definitions:
    """The named things of one rule file; every name that its rules refer to is known to be here."""

    tables: Mapping[str, Lookup] = field(default_factory=dict)
    """``[tables.x]``"""
    conditions: Mapping[str, Match] = field(default_factory=dict)
    """``[conditions.x]``; none of them leads back to itself."""
    _checks: dict[str, Group] = field(default_factory=dict, init=False, repr=False, compare=False)
    _guards: dict[str, Guard | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def check(self, name: str) -> Group:
        """Give a condition ready to run. It is made so once, for all that refers to it."""
        if name not in self._checks:
            self._checks[name] = self.conditions[name].check(f"condition.{name}", self)
        return self._checks[name]

    def guard(self, name: str) -> Guard | None:
        """Give a condition's guard, the same for all that refers to it."""
        if name not in self._guards:
            self._guards[name] = self.conditions[name].guard(self)
        return self._guards[name]

    def written(self) -> dict[str, dict[str, object]]:
        """Give all of it as data, tables by their digests."""
        return {
            "tables": {name: table.digest for name, table in self.tables.items()},
            "conditions": {
                name: match.model_dump(mode="json", exclude_defaults=True) for name, match in self.conditions.items()
            },
        }


NOTHING = Definitions()
