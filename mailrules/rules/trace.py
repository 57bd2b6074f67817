"""Why a rule matched or did not: each condition with what it wanted and what it saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailrules.rules.truth import Truth


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """One condition, or one group (`any`, `all`, `not`) with its `children`."""

    key: str
    """As in the file: ``subject.contains``."""
    wanted: str
    """The patterns, printable and shortened; empty for a group."""
    seen: str
    """The message's value, printable and shortened: the one that matched, else what there was; empty for a group."""
    result: Truth
    children: tuple[ConditionTrace, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule and the conditions at the top of its `match`."""

    rule: str
    result: Truth
    conditions: tuple[ConditionTrace, ...]
    reached: bool = True
    """False when an earlier rule had ended the pipeline: then the rule did nothing, whatever `result` says."""
