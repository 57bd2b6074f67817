"""Sees to it that there are descriptors for all connections, and says so before they run out."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from mailrules.client.dial import KEPT_BACK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structlog.typing import FilteringBoundLogger

    from mailrules.config import Account

__all__ = ["make_room"]


def make_room(accounts: Iterable[Account], log: FilteringBoundLogger) -> None:
    """Raise the limit of this process to all that it may have, and warn where that may be too few for the accounts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):  # macOS tells of no limit, and refuses that
            pass
    needed = sum(_least(account) for account in accounts) + KEPT_BACK
    if soft != resource.RLIM_INFINITY and needed > soft:
        log.error(
            "too few descriptors",
            reason=f"the accounts need {needed} at least, for a connection each, and the system grants {soft}",
            remedy="raise LimitNOFILE= in the unit, or ulimit -n",
        )


def _least(account: Account) -> int:
    """Count the connections that an account is known to want: its wildcards may mean any number of mailboxes."""
    return min(account.max_connections, len(account.watch))
