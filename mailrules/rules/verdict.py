"""What goes into an evaluation beside the message, and what comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.rules.plan import Plan
from mailrules.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mailrules.rules.questions import Question
    from mailrules.rules.trace import RuleTrace

NO_PLAN = Plan()
"""Leaves the message as it is."""


@value(frozen=True, slots=True)
class Facts:
    """What rules may know beside the message itself; the clock is one of them."""

    now: datetime
    """Aware; `age` counts back from here."""
    timezone: tzinfo
    """Dates in templates are shown in it."""
    account: str
    mailbox: str
    """The path of the mailbox the message is in, ``/`` between its levels."""
    addresses: tuple[str, ...] = ()
    """The account's own addresses."""
    delimiter: str = "/"
    """The server's hierarchy delimiter: cleaned out of values in mailbox names."""
    reserved: tuple[str, ...] = ()
    """First levels of mailbox names that no value may make, in any case: where other users' and shared mailboxes are.

    INBOX is always one of them.
    """
    mailboxes: frozenset[str] | None = None
    """The paths of all mailboxes of the account; None where that is not known."""
    special_uses: frozenset[str] = frozenset()
    r"""The special uses (``\Junk``) that a mailbox of the account has (RFC 6154)."""
    authserv_ids: tuple[str, ...] = ()
    """Whose Authentication-Results are believed (RFC 8601 §2.5), in lower case."""


@value(frozen=True, slots=True)
class Needs:
    """What has to be found out before the rules can decide.

    Answer each question in ``Message.answers`` (`None` if it can't be found out) and evaluate again: an answer may lead
    to further questions, a few rounds of them at most.
    """

    questions: frozenset[Question[object]]


@value(frozen=True, slots=True)
class Verdict:
    """What the rules decided about one message; rules are named in the order of the file."""

    plan: Plan = NO_PLAN
    matched: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()
    """Rules in observe mode that matched; they add nothing to the plan."""
    unknown: tuple[str, ...] = ()
    """Rules that could not be decided; they did nothing."""
    trace: Sequence[RuleTrace] = ()
    """From `evaluate`: the rules that matched, were observed or stayed unknown. From `explain`: every rule in scope.

    It is worked out when it is first read.
    """
    error: str | None = None
    """Why a matching rule could not act, as when a template has no value. The plan is empty then: the message stays."""
    would: Plan = NO_PLAN
    """What the observed rules would do, put together: their flags and copies, and the first one's ending."""
