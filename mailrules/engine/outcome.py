"""What became of one message, told to whoever logs it or counts it.

The engine knows no logger: it hands an ``Outcome`` to the callback of its context, and the
floors above print it.
"""

from __future__ import annotations

from enum import Enum

from mailrules.engine.reasons import read_reasons
from mailrules.rules import RuleTrace
from mailrules.values import value

__all__ = ["ActionDone", "ActionKind", "Outcome", "OutcomeState"]


class ActionKind(Enum):
    """The actions as the rule file names them; a lowered move is still a move."""

    ADD_FLAGS = "add_flags"
    REMOVE_FLAGS = "remove_flags"
    SET_FLAGS = "set_flags"
    COPY = "copy"
    MOVE = "move"
    TRASH = "trash"
    """What would be done; once it is, it is a move."""
    EXPUNGE = "expunge"


class OutcomeState(Enum):
    """How far the actions of one message came."""

    DONE = "done"
    """Every step is carried out and the server said so."""
    PENDING = "pending"
    """The server could not do it now; it is tried again by itself."""
    HELD = "held"
    """It needs a person; the message stays where it was."""
    GONE = "gone"
    """Somebody else moved or expunged the message first; nothing is left to do."""
    OBSERVED = "observed"
    """A rule in observe mode, or a dry run: this is what would be done."""


@value(frozen=True, slots=True)
class ActionDone:
    """One action with its target mailbox (path with "/") or its flags, and the rule that asked for it."""

    kind: ActionKind
    rule: str
    target: str | None = None
    flags: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class Outcome:
    """What was done to one message, by which rules, and why."""

    account: str
    mailbox: str
    uid: int
    message_id: str
    sender: str
    subject: str
    state: OutcomeState
    rules: tuple[str, ...]
    actions: tuple[ActionDone, ...]
    reason: str = ""
    """Why it is pending or held, or what to know of one that is done; a sentence for people."""
    why: str = ""
    """The reasons as the journal keeps them; `trace` reads them."""

    observed: tuple[str, ...] = ()
    """Rules in observe mode that matched; ``rules`` are the others."""
    unknown: tuple[str, ...] = ()
    """Rules that could not be decided."""
    undoes: int | None = None
    """The id of the entry that this takes back: then the rules are those whose doing is taken back."""

    @property
    def trace(self) -> tuple[RuleTrace, ...]:
        """The rules that matched, with what each of their conditions saw."""
        return read_reasons(self.why)
