r"""A plan becomes the steps that this server can carry out; pure, and done before anything is journalled.

The table of what a move and an expunge are made of:

=============== ================================================= ==============================
the server has  move                                              expunge
=============== ================================================= ==============================
MOVE            UID MOVE                                          STORE \Deleted, UID EXPUNGE
UIDPLUS only    UID COPY; after its OK STORE \Deleted, UID EXPUNGE  STORE \Deleted, UID EXPUNGE
neither         UID COPY; after its OK STORE \Deleted             STORE \Deleted, and no EXPUNGE
=============== ================================================= ==============================

A bare EXPUNGE (RFC 3501 §6.4.3) is in none of its cells: it would take along what other
clients have marked \Deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum

from mailrules.imap import Capabilities, MailboxName, flag_key
from mailrules.rules.plan import FlagChange
from mailrules.store import Step, StepKind
from mailrules.values import value

__all__ = [
    "Destination",
    "Discard",
    "Lowering",
    "Relocation",
    "ResolvedPlan",
    "lower",
    "lowering_for",
    "removal_of_source",
    "without_move",
]


class Lowering(Enum):
    """The rows of the table: what the server offers for a move."""

    MOVE = "MOVE"
    UIDPLUS = "UIDPLUS"
    NEITHER = "neither MOVE nor UIDPLUS"


@value(frozen=True, slots=True)
class Destination:
    """A target mailbox with what was known of it before: the look after a crash starts at that UIDNEXT."""

    name: MailboxName
    uidvalidity: int | None
    uidnext: int | None


@value(frozen=True, slots=True)
class Relocation:
    """The ending of a plan that moves the message (``move`` and ``trash``)."""

    to: Destination
    rule: str


@value(frozen=True, slots=True)
class Discard:
    """The ending of a plan that expunges the message."""

    rule: str


@value(frozen=True, slots=True)
class ResolvedPlan:
    """A plan whose targets are mailboxes of the server, none of them the message's own."""

    flags: FlagChange | None
    copies: tuple[tuple[Destination, str], ...]
    """Where to, and the rule that said so."""
    ending: Relocation | Discard | None


def lowering_for(capabilities: Capabilities, *, move_refused: bool) -> Lowering:
    """The row of the table for a server; a MOVE that it refused though advertised counts as absent.

    UID EXPUNGE is only ever sent where UIDPLUS (RFC 4315) is advertised: others have it not, or
    expunge what is not marked (seen on small servers).
    """
    if "MOVE" in capabilities and not move_refused:
        return Lowering.MOVE
    return Lowering.UIDPLUS if "UIDPLUS" in capabilities else Lowering.NEITHER


def lower(plan: ResolvedPlan, lowering: Lowering, flags: Iterable[str], *, can_expunge: bool) -> tuple[Step, ...]:
    """The steps of a plan in the order they are carried out: flags, copies, ending.

    ``flags`` are those the message has now: what is so already is not stored again.
    ``can_expunge`` says whether UID EXPUNGE may be used (UIDPLUS).
    """
    steps = list(_flag_steps(plan.flags, flags)) if plan.flags else []
    steps += [_copy(to, rule) for to, rule in plan.copies]
    match plan.ending:
        case Relocation(to, rule) if lowering is Lowering.MOVE:
            steps.append(_targeted(StepKind.MOVE, to, rule))
        case Relocation(to, rule):
            steps += [_copy(to, rule), *_removal(rule, can_expunge=can_expunge)]
        case Discard(rule):
            steps += _removal(rule, can_expunge=can_expunge)
        case None:
            pass
    return tuple(steps)


def without_move(step: Step, *, can_expunge: bool) -> tuple[Step, ...]:
    """What stands in for a MOVE step that the server refused: the next row of the table."""
    return (replace(step, kind=StepKind.COPY), *_removal(step.rule, can_expunge=can_expunge))


def removal_of_source(step: Step, *, can_expunge: bool) -> tuple[Step, ...]:
    """What is left of a MOVE whose message stands in the target already and still in the source."""
    return _removal(step.rule, can_expunge=can_expunge)


def _removal(rule: str, *, can_expunge: bool) -> tuple[Step, ...]:
    mark = Step(kind=StepKind.MARK_DELETED, rule=rule)
    return (mark, Step(kind=StepKind.UID_EXPUNGE, rule=rule)) if can_expunge else (mark,)


def _copy(to: Destination, rule: str) -> Step:
    return _targeted(StepKind.COPY, to, rule)


def _targeted(kind: StepKind, to: Destination, rule: str) -> Step:
    return Step(kind=kind, rule=rule, target=to.name.raw, target_uidvalidity=to.uidvalidity, target_uidnext=to.uidnext)


def _flag_steps(change: FlagChange, flags: Iterable[str]) -> Iterable[Step]:
    present = {flag_key(flag) for flag in flags} - {"\\recent"}
    if change.replace is not None:
        if {flag_key(flag) for flag in change.replace} != present:
            yield Step(kind=StepKind.STORE_FLAGS, rule=change.rule, replace=tuple(sorted(change.replace)))
        return
    add = tuple(sorted(flag for flag in change.add if flag_key(flag) not in present))
    remove = tuple(sorted(flag for flag in change.remove if flag_key(flag) in present))
    if add:
        yield Step(kind=StepKind.STORE_FLAGS, rule=change.rule, add=add)
    if remove:
        yield Step(kind=StepKind.STORE_FLAGS, rule=change.rule, remove=remove)
