"""Flags: a script gives each thing that it files the flags of that moment, rules give a message one set of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mailrules.sieve.errors import Place
from mailrules.sieve.events import Event, File, Flag, Keep
from mailrules.sieve.flags import why_not
from mailrules.sieve.groups import is_delivery
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.sieve.groups import Course, Group

Change = tuple[Literal["set", "add", "remove"], tuple[str, ...]]


@value(slots=True)
class Flagging:
    """What a rule changes in the flags, and what of the script's wishes it can't do."""

    changes: list[Change] = field(default_factory=list)
    notes: list[tuple[Place, str]] = field(default_factory=list)
    hints: list[tuple[Place, str]] = field(default_factory=list)
    """Which wishes come to nothing in the script itself."""


def flagging(course: Course, place: int, before: Sequence[Group]) -> Flagging:
    """Work out the flags of a group; `before` has the groups that a message may have come through and gone on from."""
    group = course.groups[place]
    result = Flagging()
    delivered: list[Event] = [event for each in before for event in each.events if is_delivery(event)]
    changed = any(isinstance(event, Flag) for each in course.groups[:place] for event in each.events)
    for event in group.events:
        match event:
            case Flag(flags=flags, change=change) if course.is_used(event, place, group):
                settable = tuple(_settable(event.place, flags, result))
                if settable or not flags:
                    result.changes.append((change, settable))
                    _warn(result, event.place, delivered)
                    changed = True
            case Flag(change=change):
                reason = f"this {change}flag changes nothing: in Sieve flags count for what is filed after them"
                result.hints.append((event.place, reason))
            case File(flags=flags) | Keep(flags=flags) if flags is not None:
                _deliver(course, place, event, flags, (result, delivered, changed))
            case _:
                pass
        if is_delivery(event):
            delivered.append(event)
    return result


def _deliver(
    course: Course,
    place: int,
    event: Event,
    flags: tuple[str, ...],
    so_far: tuple[Flagging, list[Event], bool],
) -> None:
    """Give what is filed the flags that it is filed with."""
    result, delivered, changed = so_far
    others = [each for each in (*delivered, *_later(course, place, event)) if _flags_of(each) != _flags_of(event)]
    stays = isinstance(event, File) and event.is_copy and not course.groups[place].settles
    settable = tuple(_settable(event.place, flags, result))
    if stays and (settable or changed):
        result.notes.append((event.place, "a copy has the flags of the message itself, so it gets none of its own"))
        return
    if changed:
        result.changes.append(("set", settable))
    elif settable:
        result.changes.append(("add", settable))
    if settable or changed:
        _warn(result, event.place, others)


def _later(course: Course, place: int, event: Event) -> Iterator[Event]:
    group = course.groups[place]
    yield from (each for each in group.events[group.events.index(event) + 1 :] if is_delivery(each))
    for later in course.groups[place + 1 :]:
        if not later.is_lost and later.delivers and course.can_meet(group, later):
            yield from (each for each in later.events if is_delivery(each))


def _flags_of(event: Event) -> frozenset[str] | None:
    flags = event.flags if isinstance(event, File | Keep) else None
    return None if flags is None else frozenset(flag.lower() for flag in flags)


def _warn(result: Flagging, place: Place, others: Sequence[Event]) -> None:
    lines = sorted({each.place.line for each in others})
    if lines:
        shown = ", ".join(map(str, lines))
        result.notes.append(
            (place, f"a message has one set of flags wherever it is filed, so these count for line {shown} as well")
        )


def _settable(place: Place, flags: Sequence[str], result: Flagging) -> Iterator[str]:
    for flag in flags:
        problem = why_not(flag)
        if problem is None:
            yield flag
        else:
            result.notes.append((place, f"the flag {flag}: {problem}"))
