"""Things that a script does together: for the same messages, with nothing between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Final

from mailrules.sieve.errors import Place
from mailrules.sieve.events import Disabled, Discard, Event, File, Flag, Keep, Lost, Remark, Rescue, Stop
from mailrules.sieve.logic import FALSE, Atom, Expression, Facts, Unknown, at_most, atoms, unknowns
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.sieve.state import Script


@value(slots=True)
class Group:
    """Events of one guard and one path."""

    guard: Expression
    path: tuple[tuple[int, int], ...]
    place: Place
    name: str
    events: list[Event] = field(default_factory=list)
    asked: frozenset[Atom] = field(init=False)
    """What its guard asks."""
    cause: Unknown | None = field(init=False)
    """What of its guard no rule can ask."""

    def __post_init__(self) -> None:
        self.asked = frozenset(atoms(self.guard))
        self.cause = next(unknowns(self.guard), None)

    @property
    def stops(self) -> bool:
        """Whether the script ends with it."""
        return any(isinstance(event, Stop) for event in self.events)

    @property
    def says_only(self) -> bool:
        """Whether it holds nothing but remarks, which name no rule."""
        return all(isinstance(event, Remark) for event in self.events)

    @property
    def is_lost(self) -> bool:
        """Whether no rule can be written for it."""
        return self.cause is not None or all(isinstance(event, Lost | Remark | Disabled) for event in self.events)

    @property
    def files(self) -> list[File]:
        """What it files."""
        return [event for event in self.events if isinstance(event, File)]

    @property
    def flags(self) -> bool:
        """Whether it says anything about flags."""
        return any(isinstance(event, Flag | File | Keep) and event.flags is not None for event in self.events)

    @property
    def settles(self) -> bool:
        """Whether it decides if the message is kept, whatever else happens."""
        return any((isinstance(event, Keep) and not event.is_copy) or cancels(event) for event in self.events)

    @property
    def delivers(self) -> bool:
        """Whether it puts the message anywhere."""
        return any(map(is_delivery, self.events))


def is_delivery(event: Event) -> bool:
    """Tell what puts the message somewhere, with the flags of the moment."""
    return isinstance(event, File | Keep)


def cancels(event: Event) -> bool:
    """Tell what a message counts as dealt with by, so that it is not kept without being told to."""
    return isinstance(event, Discard) or (isinstance(event, File) and not event.is_copy)


_DELIVERS_NOTHING: Final = frozenset(
    {
        "addflag",
        "addheader",
        "break",
        "convert",
        "deleteheader",
        "denotify",
        "enclose",
        "expire",
        "extracttext",
        "ihave",
        "notify",
        "removeflag",
        "replace",
        "report",
        "setflag",
        "vacation",
    }
)
"""The commands that, where they are lost, would not have put the message anywhere."""


def _with_rescue(event: Event) -> Iterator[Event]:
    """Note where a message may have been put somewhere in a way that is lost, so that nothing discards it."""
    yield event
    lost = event.command not in _DELIVERS_NOTHING if isinstance(event, Lost) else any(unknowns(event.guard))
    if lost and isinstance(event, Lost | File | Keep):
        yield Rescue(at_most(event.guard), event.path, event.place, event.name)


def grouped(events: Sequence[Event]) -> Iterator[Group]:
    """Put together what belongs together."""
    group: Group | None = None
    for event in events:
        if group is None or group.stops or group.says_only or (group.guard, group.path) != (event.guard, event.path):
            if group is not None:
                yield group
            group = Group(event.guard, event.path, event.place, event.name)
        group.events.append(event)
    if group is not None:
        yield group


class Course:
    """The groups in order, and which of them one message can come through."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.groups = list(grouped([each for event in script.events for each in _with_rescue(event)]))

    def rescuers(self, place: int) -> list[int]:
        """Give the lines that may have put somewhere what a group discards."""
        group = self.groups[place]
        if not any(isinstance(event, Discard) for event in group.events):
            return []
        others = [
            (at, each) for at, each in enumerate(self.groups) if any(isinstance(event, Rescue) for event in each.events)
        ]
        met = (
            each for at, each in others if (self.can_meet(each, group) if at < place else self.can_meet(group, each))
        )
        return sorted({each.place.line for each in met})

    def can_meet(self, earlier: Group, later: Group) -> bool:
        """Tell whether one message can come through both."""
        if not self.script.can_meet(earlier.path, later.path):
            return False
        return earlier.asked.isdisjoint(later.asked) or _together(earlier.guard, later.guard)

    def goes_on(self, place: int) -> bool:
        """Tell whether anything that matters can happen to a message after this group."""
        group = self.groups[place]
        return any(
            self._matters(group, later, event)
            for later in range(place + 1, len(self.groups))
            if not self.groups[later].is_lost and self.can_meet(group, self.groups[later])
            for event in self.groups[later].events
        )

    def _matters(self, group: Group, place: int, event: Event) -> bool:
        match event:
            case File() | Keep():
                return True
            case Discard():
                return not group.settles
            case Rescue():
                return any(isinstance(each, Discard) for each in group.events)
            case Flag():
                return self.is_used(event, place, group)
            case _:
                return False

    def is_used(self, flag: Flag, place: int, also: Group) -> bool:
        """Tell whether anything is delivered after a change of flags, for messages that come through `also` too."""
        group = self.groups[place]
        behind = group.events[group.events.index(flag) + 1 :]
        if any(map(is_delivery, behind)) or not (group.settles or also.settles):
            return True
        return any(
            later.delivers and not later.is_lost and self.can_meet(group, later) and self.can_meet(also, later)
            for later in self.groups[place + 1 :]
        )


def _together(one: Expression, other: Expression) -> bool:
    """Tell whether two conditions do not exclude each other, as far as that can be seen."""
    return Facts([one]).simplify(other) != FALSE and Facts([other]).simplify(one) != FALSE
