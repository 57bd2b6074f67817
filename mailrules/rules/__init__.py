"""Rules: a message and some facts in, a plan out; no network, no clock, no log.

``Ruleset(rules).evaluate(message, facts)`` gives a `Verdict`, or `Needs` when only the server can answer. Rules are
pydantic models (`Rule`); a condition is one class in `conditions`, an action one class in `actions`.
"""

from mailrules.rules.message import Message
from mailrules.rules.plan import CopyTo, Ending, Expunge, FlagChange, MoveTo, Plan, Target, Trash, flag_key
from mailrules.rules.rates import Limit
from mailrules.rules.rule import Rule
from mailrules.rules.ruleset import Ruleset
from mailrules.rules.tables import Table, suggestions
from mailrules.rules.trace import ConditionTrace, RuleTrace
from mailrules.rules.truth import Truth
from mailrules.rules.verdict import Facts, Needs, Verdict

__all__ = [
    "ConditionTrace",
    "CopyTo",
    "Ending",
    "Expunge",
    "Facts",
    "FlagChange",
    "Limit",
    "Message",
    "MoveTo",
    "Needs",
    "Plan",
    "Rule",
    "RuleTrace",
    "Ruleset",
    "Table",
    "Target",
    "Trash",
    "Truth",
    "Verdict",
    "flag_key",
    "suggestions",
]
