"""Three-valued truth: what a condition can say about a message.

UNKNOWN is for what could not be read or was not fetched. A header that is missing is not unknown, it is absent, and a
condition on it is FALSE. A rule that ends UNKNOWN does nothing. The tables are Kleene's.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Truth(Enum):
    """The value of a condition, a group of conditions or a rule."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


TRUE = Truth.TRUE
FALSE = Truth.FALSE
UNKNOWN = Truth.UNKNOWN


def truth_of(value: bool | None) -> Truth:  # noqa: FBT001 - the value is what is translated
    """Translate Python's ``True``, ``False`` and ``None``."""
    if value is None:
        return UNKNOWN
    return TRUE if value else FALSE


def all_of(values: Iterable[Truth]) -> Truth:
    """Say whether every value holds; stops at the first FALSE."""
    result = TRUE
    for value in values:
        if value is FALSE:
            return FALSE
        if value is UNKNOWN:
            result = UNKNOWN
    return result


def any_of(values: Iterable[Truth]) -> Truth:
    """Say whether some value holds; stops at the first TRUE."""
    result = FALSE
    for value in values:
        if value is TRUE:
            return TRUE
        if value is UNKNOWN:
            result = UNKNOWN
    return result


def none_of(values: Iterable[Truth]) -> Truth:
    """Say whether no value holds: under ``not`` each key excludes by itself."""
    return opposite(any_of(values))


def opposite(value: Truth) -> Truth:
    """Turn TRUE and FALSE round; what is unknown stays so."""
    match value:
        case Truth.TRUE:
            return FALSE
        case Truth.FALSE:
            return TRUE
        case Truth.UNKNOWN:
            return UNKNOWN
