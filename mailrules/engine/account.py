"""What all mailboxes of one account share on their way through the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import datetime

from mailrules.client import Namespace, Session
from mailrules.config import Account, Daemon
from mailrules.engine.caution import Caution
from mailrules.engine.directory import Directory
from mailrules.engine.outcome import Outcome
from mailrules.imap import MailboxName
from mailrules.rules import Facts, Ruleset
from mailrules.store import Store
from mailrules.values import value

__all__ = ["AccountContext"]


def _each_is_wanted(_number: int) -> bool:
    return False


@value(frozen=True, slots=True)
class AccountContext:
    """One account: its settings, its state, and the callbacks into the floors above."""

    name: str
    settings: Account
    store: Store
    directory: Directory
    rules: Callable[[], Ruleset]
    """Read once per batch, so that a reload falls between two batches."""
    general: Callable[[], Daemon]
    """The settings for all accounts, read like the rules: time zone, grace, and whether all is only observed."""
    report: Callable[[Outcome], None]
    complain: Callable[[str, str], None]
    """Told of what is amiss with the rules in a mailbox: its path, and a sentence."""
    now: Callable[[], datetime]
    open_session: Callable[[], AbstractAsyncContextManager[Session]]
    """A signed-in session of its own for work beside the watchers; closed afterwards."""
    spawn: Callable[[Callable[[], Coroutine[None, None, None]]], None]
    """Run something beside the watchers while the account is served; the daemon calls it again if it fails."""
    caution: Caution = field(default_factory=Caution)
    """What was lost while fetching."""
    asking: Caution = field(default_factory=Caution)
    """What was lost while asking more than that."""
    complained_of: set[tuple[str, str, str]] = field(default_factory=set)
    """The rules, by name and the digest of all, that could not be decided in a mailbox."""
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from the counting of a limited rule's uses until further ones are written down."""
    through: Callable[[int], bool] = _each_is_wanted
    """Told of so many messages that all was done with; False if an outcome is wanted of each of them."""
    in_repair: set[int | None] = field(default_factory=set)
    """The journal's entries that recovery has in hand."""

    @property
    def observe(self) -> bool:
        """Whether nothing is done, only reported."""
        return self.general().mode == "observe"

    @property
    def grace(self) -> float:
        """Seconds between two looks at a target: an old session may still be at work there."""
        return self.general().grace

    def complain_of(self, rule: str, mailbox: str, reason: str) -> None:
        """Tell of a rule that can't be decided in a mailbox, once for as long as the rules stay the same."""
        case = (self.rules().digest, mailbox, rule)
        if case not in self.complained_of:
            self.complained_of.add(case)
            self.complain(mailbox, f"rule '{rule}' could not be decided, and does nothing then: {reason}")

    def forget_losses(self, name: MailboxName, uid: int) -> None:
        """Let go of a message that may have ended the connection: the journal holds it now."""
        self.caution.forget(name, uid)
        self.asking.forget(name, uid)

    def facts(self, mailbox: str, namespace: Namespace) -> Facts:
        """What rules may ask besides the message itself."""
        delimiter = namespace.delimiter
        return Facts(
            now=self.now(),
            timezone=self.general().timezone,
            account=self.name,
            mailbox=mailbox,
            addresses=self.settings.addresses,
            delimiter=delimiter or "/",
            reserved=tuple(prefix.split(delimiter)[0] if delimiter else prefix for prefix in namespace.foreign),
            mailboxes=self.directory.paths(namespace),
            special_uses=self.directory.special_uses,
            authserv_ids=tuple(name.lower() for name in self.settings.authserv_id),
        )
