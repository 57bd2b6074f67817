"""Whether a backlog is better read compressed: only where it is the line that is slow, and much is still to come; pure.

Headers shrink to a third, which costs the server some ten microseconds a message and us three. An idle connection is
never compressed: it would keep 100 KiB for nothing.
"""

from __future__ import annotations

__all__ = ["pays"]

_SLOW = 2_000_000
"""Octets in a second above which a line is no matter: servers read mail hardly faster."""
_SAVED = 0.6
"""The part of the time that is saved."""
_WORTH = 1.0
"""Seconds that must be saved."""


def pays(octets: int, seconds: float, messages: int, left: int) -> bool:
    """Decide by the octets that came while we did nothing but wait, the messages that these were, and those to come."""
    if not messages or seconds <= 0 or octets / seconds > _SLOW:
        return False
    return left * (seconds / messages) * _SAVED > _WORTH
