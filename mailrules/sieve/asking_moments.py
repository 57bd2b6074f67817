"""Dates that are compared as texts of ISO 8601's form (RFC 5260 §4.4), as moments where that comes to the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mailrules.sieve.logic import Atom, Expression, Operators, disjunction

if TYPE_CHECKING:
    from mailrules.sieve.comparison import Comparison

_MOMENT: Final = re.compile(
    r"(?P<clock>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)"
)
_YEARS: Final = range(1900, 9998)


def between(
    comparison: Comparison, keys: Sequence[str], build: Callable[[Operators], Operators], *, is_now: bool
) -> Expression | None:
    """Write ``:value`` with `after` and `before`; None where only the text itself can tell.

    A text begins with what the clock shows, so that in one and the same time zone texts and moments have one order.
    """
    zone = next((each.get("timezone") for each in build({}).values() if isinstance(each, dict)), None)
    moments = [_moment(key) for key in keys]
    is_order = comparison.match == "value" and comparison.relation in {"ge", "gt", "le", "lt"}
    if not is_order or comparison.numeric or not (is_now or (isinstance(zone, str) and zone != "original")):
        return None
    limits = [_limit(comparison.relation, moment, zone) for moment in moments if moment is not None]
    return disjunction(Atom.of(build(each)) for each in limits) if limits and None not in moments else None


def _moment(key: str) -> tuple[datetime, str] | None:
    """Read what the clock shows, and the offset behind it."""
    found = _MOMENT.fullmatch(key)
    try:
        clock = datetime.fromisoformat(found["clock"]) if found else None
    except ValueError:
        clock = None
    return (
        None
        if found is None or clock is None or clock.year not in _YEARS
        else (clock.replace(tzinfo=None), found["offset"] or "")
    )


def _limit(relation: str, moment: tuple[datetime, str], zone: object) -> Operators:
    """At the very second the offsets decide; in no zone in particular that second counts as the relation says."""
    clock, offset = moment
    written = f"{zone[:3]}:{zone[3:]}" if isinstance(zone, str) else offset or "+"
    if zone == "+0000":
        written = "Z"  # as Pigeonhole writes UTC
    second_counts = {
        "ge": written >= offset,
        "gt": written > offset,
        "le": written <= offset,
        "lt": written < offset,
    }[relation]
    is_after = relation in {"ge", "gt"}
    start = clock if second_counts == is_after else clock + timedelta(seconds=1)
    return {"after" if is_after else "before": _shown(start)}


def _shown(start: datetime) -> str:
    if (start.hour, start.minute, start.second) == (0, 0, 0):
        return start.date().isoformat()
    return start.isoformat(timespec="seconds" if start.second else "minutes")
