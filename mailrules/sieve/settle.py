"""From what a script does to rules in order: which of them copy, and which end the run for a message.

Sieve goes on after `fileinto` and keeps the message only if nothing dealt with it; in rules `move` is the end. So what
a script files on the way is copied, and where no more can follow on a way, its last word is the ending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from mailrules.sieve.errors import NOWHERE, Place
from mailrules.sieve.events import Disabled, Discard, Event, File, Flag, Keep, Lost, Remark, Rescue, Stop
from mailrules.sieve.flagging import Change, flagging
from mailrules.sieve.groups import Course, Group, cancels
from mailrules.sieve.logic import FALSE, TRUE, Expression, Facts, conjunction, conjuncts, negation
from mailrules.sieve.naming import named
from mailrules.sieve.values import Placeholder, Value
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.sieve.state import Script


_PARTED: Final = (
    "Sieve goes on after fileinto: the rules above copy on the way, those below move each message to the last mailbox"
    " that it was filed into"
)


class End(Enum):
    """How the run ends for a message, other than by moving it."""

    STAY = auto()
    REMOVE = auto()


@value(frozen=True, slots=True)
class Draft:
    """A rule to be: on which condition, what it does."""

    place: Place
    name: str
    guard: Expression
    flags: tuple[Change, ...] = ()
    copies: tuple[Value, ...] = ()
    ending: Value | End | None = None
    """Where the message is moved, or how it ends else; None if it goes on."""
    enabled: bool = True


@value(frozen=True, slots=True)
class Note:
    """What could not be carried over."""

    place: Place
    reason: str
    source: str = ""


@value(frozen=True, slots=True)
class Hint:
    """What is to be known of the rules, though nothing is lost."""

    place: Place
    reason: str
    source: str = ""


Item = Draft | Note | Hint


def settle(script: Script) -> list[Item]:
    """Make rules of everything that the script does, in order."""
    return _without_idle_stops(list(_Settling(Course(script)).items()))


def _switched_off(filter_: Disabled) -> Iterator[Draft | Hint]:
    """Write the rules of a filter that is switched off, all of them or none."""
    items = settle(filter_.script)
    drafts = [item for item in items if isinstance(item, Draft)]
    problem = next((item.reason for item in items if isinstance(item, Note)), None)
    if drafts and problem is None:
        yield from (replace(draft, enabled=False) for draft in drafts)
        return
    why = "" if problem is None else f": {problem}"
    yield Hint(filter_.place, f"{named(filter_.name)} is switched off, and left out{why}", filter_.source)


class _Settling:
    def __init__(self, course: Course) -> None:
        self._course = course
        self._facts = Facts()
        """What is known of the messages that get as far as the next rule."""
        self._open: list[Group] = []
        """The groups so far that did something and ended nothing."""
        self._quoted: set[int] = set()
        """The `if`s of the script that have been quoted in a note."""
        self._over = False
        """Whether no message gets any further."""
        self._parted = False
        """Whether it has been said why copying and moving come apart."""

    def items(self) -> Iterator[Item]:
        """Give the rules and notes in order."""
        for place, group in enumerate(self._course.groups):
            yield from self._losses(group)
            if group.is_lost or self._over:
                continue
            ends = group.stops or not self._course.goes_on(place)
            before = [each for each in self._open if self._course.can_meet(each, group)] if ends or group.flags else []
            flags = flagging(self._course, place, before)
            yield from (Note(place, reason) for place, reason in flags.notes)
            yield from (Hint(place, reason) for place, reason in flags.hints)
            if rescuers := self._course.rescuers(place):
                lines = ", ".join(map(str, rescuers))
                yield Note(group.place, f"discard is left out for messages that line {lines} may have filed or kept")
            changes = tuple(flags.changes)
            if group.stops or (ends and len(_endings(group, before)) == 1):
                yield from self._end(group, before, changes)
                continue
            yield from self._written(Draft(group.place, group.name, group.guard, changes, _targets(group.files)))
            self._open.append(group)
        yield from self._end(Group(TRUE, (), NOWHERE, ""), self._open, ())

    def _losses(self, group: Group) -> Iterator[Item]:
        """Say what of a group is lost: everything, where its condition can't be asked for; and what else is to say."""
        cause = group.cause
        for event in group.events:
            if isinstance(event, Lost):
                yield Note(event.place, event.reason, event.source)
            elif isinstance(event, Remark):
                yield Hint(event.place, event.reason, event.source)
            elif isinstance(event, Disabled):
                yield from _switched_off(event)
            elif cause is not None and not (isinstance(event, Stop) and len(group.events) > 1):
                where = "" if cause.place in {NOWHERE, event.place} else f", line {cause.place.line}"
                reason = f"{_words(event)} depends on what can't be asked{where}: {cause.reason}"
                yield Note(event.place, reason, self._source(group))

    def _source(self, group: Group) -> str:
        """Quote the `if` that a group stands in, once."""
        number = group.path[0][0] if group.path else 0
        if number in self._quoted:
            return ""
        self._quoted.add(number)
        return self._course.script.sources.get(number, "")

    def _end(self, group: Group, before: Sequence[Group], changes: tuple[Change, ...]) -> Iterator[Draft | Hint]:
        """Write the endings that a message can have which comes out of a group."""
        endings = _endings(group, before)
        draft = Draft(group.place, group.name, group.guard, changes, _targets(group.files))
        if len(endings) == 1:
            _, ending, _ = endings[0]
            copies = tuple(target for target in draft.copies if target != ending)
            yield from self._written(replace(draft, copies=copies, ending=ending))
            return
        yield from self._written(draft)
        for guard, ending, source in endings:
            for ended in self._written(Draft(source.place, source.name, guard, ending=ending)):
                if isinstance(ending, tuple) and not self._parted:
                    self._parted = True
                    yield Hint(NOWHERE, _PARTED)
                yield ended

    def _written(self, draft: Draft) -> Iterator[Draft]:
        """Give a rule if it does anything and any message gets so far; what it ends for, no later rule need exclude."""
        guard = self._guard(draft)
        if self._over or guard == FALSE or not (draft.flags or draft.copies or draft.ending):
            return
        if draft.ending is not None:
            self._facts.learn(negation(guard))
            self._over = guard == TRUE
        yield replace(draft, guard=guard)

    def _guard(self, draft: Draft) -> Expression:
        """Leave out of a condition what is known, but not what targets take their values from."""
        ending = draft.ending if isinstance(draft.ending, tuple) else ()
        pieces = (*ending, *(piece for copy in draft.copies for piece in copy))
        needed = {piece.of for piece in pieces if isinstance(piece, Placeholder) and piece.of is not None}
        kept = [item for item in conjuncts(draft.guard) if item in needed]
        return conjunction((*kept, self._facts.without_implied(draft.guard)))


def _endings(group: Group, before: Sequence[Group]) -> list[tuple[Expression, Value | End, Group]]:
    """Give what becomes of a message, by condition; the first that holds counts, and the last one always does."""
    endings = list(_all_endings(group, before))
    while len(endings) > 1 and endings[-2][1] == endings[-1][1]:
        del endings[-2]
    return endings


def _all_endings(group: Group, before: Sequence[Group]) -> Iterator[tuple[Expression, Value | End, Group]]:
    """Go through what a message has come through.

    It stays if it was kept; else it goes where it was filed last; else away if it was discarded.
    """
    done = [(each, event) for each in (*before, group) for event in each.events]
    cancelled = [(each, event) for each, event in reversed(done) if cancels(event)]
    deciding: list[tuple[Group, Event, Value | End]] = []
    if cancelled:
        deciding += [(each, event, End.STAY) for each, event in done if isinstance(event, Keep)]
    deciding += [(each, event, event.mailbox) for each, event in cancelled if isinstance(event, File)]
    if any(isinstance(event, Discard) for _, event in cancelled):
        deciding += [(each, event, End.STAY) for each, event in done if isinstance(event, Rescue)]
    deciding += [(each, event, End.REMOVE) for each, event in cancelled if isinstance(event, Discard)]
    known = Facts([group.guard] if any(event.guard is not group.guard for _, event, _ in deciding) else [])
    for each, event, ending in deciding:
        rest = TRUE if event.guard is group.guard else known.simplify(event.guard)
        if rest != FALSE:
            yield conjunction((group.guard, rest)), ending, each
        if rest == TRUE:
            return
    yield group.guard, End.STAY, group


def _targets(files: Sequence[File]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(file.mailbox for file in files))


def _without_idle_stops(items: list[Item]) -> list[Item]:
    """Take `stop` out where no rule stands behind it."""
    place = len(items) - 1
    while place >= 0:
        item = items[place]
        if isinstance(item, Draft) and item.enabled:
            if item.ending is not End.STAY:
                break
            if item.flags or item.copies:
                items[place] = replace(item, ending=None)
                break
            del items[place]
        place -= 1
    return items


def _words(event: Event) -> str:
    match event:
        case File():
            return "fileinto"
        case Keep():
            return "keep"
        case Discard():
            return "discard"
        case Flag(change=change):
            return f"{change}flag"
        case _:
            return "stop"
