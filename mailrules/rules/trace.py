"""Why a rule matched or did not: each condition with what it wanted and what it saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.rules.truth import Truth


@value(frozen=True, slots=True)
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


@value(frozen=True, slots=True)
class RuleTrace:
    """One rule and the conditions at the top of its `match`."""

    rule: str
    result: Truth
    conditions: tuple[ConditionTrace, ...]
    reached: bool = True
    """False when an earlier rule had ended the pipeline: then the rule did nothing, whatever `result` says."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What the traces of a rule have in common wherever it holds: all but what its conditions see in the message."""

    rule: str
    conditions: tuple[tuple[str, str], ...]
    """The key of each, and what it wants."""


class Traces(Sequence[RuleTrace]):
    """Traces of rules that are worked out when the first of them is read; nobody asks for those of most messages."""

    __slots__ = ("_traces", "_work_out")

    def __init__(self, work_out: Callable[[], tuple[RuleTrace, ...]]) -> None:
        self._work_out = work_out
        self._traces: tuple[RuleTrace, ...] | None = None

    def _all(self) -> tuple[RuleTrace, ...]:
        if self._traces is None:
            self._traces = self._work_out()
        return self._traces

    @overload
    def __getitem__(self, place: int) -> RuleTrace: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[RuleTrace]: ...
    def __getitem__(self, place: int | slice) -> RuleTrace | Sequence[RuleTrace]:
        """Give one of them, or some."""
        return self._all()[place]

    def __len__(self) -> int:
        """Count them."""
        return len(self._all())

    def __iter__(self) -> Iterator[RuleTrace]:
        """Give all."""
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        """Compare with any sequence of traces."""
        return tuple(self) == tuple(other) if isinstance(other, Traces | tuple) else NotImplemented

    def __hash__(self) -> int:
        """Give the hash of the traces."""
        return hash(self._all())

    def __repr__(self) -> str:
        """Show the traces."""
        return repr(self._all())
