"""Translates rules into IMAP searches that find every message they can match, and often not many more; pure.

A mailbox of a million messages is not fetched to find ten. What SEARCH has no equal for is left out, so that more is
found; nothing that could match is ever left out. The rules themselves are asked about what is found.

Each condition has two searches: a wide one finds at least what it matches, a narrow one, for use under ``not``, finds
nothing else. None stands for the search that says nothing: for every message the wide one, for no message the narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial, reduce
from operator import and_, or_

from mailrules.imap import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, ArgumentError, SearchProgram, parse_search, search
from mailrules.imap.flags import flag_key
from mailrules.rules import Rule
from mailrules.rules.conditions.age import Age
from mailrules.rules.conditions.base import Condition
from mailrules.rules.conditions.flags import Flags
from mailrules.rules.conditions.gmail import Gmail
from mailrules.rules.conditions.named import Named
from mailrules.rules.conditions.search import Search
from mailrules.rules.conditions.size import Size
from mailrules.rules.definitions import Definitions
from mailrules.rules.match import Groups
from mailrules.values import value

__all__ = ["narrowed"]

_DAY = timedelta(days=1)
_EARLIEST = date(1971, 1, 1)
"""Mail is younger; servers that count seconds since 1970 answer nonsense for days before."""
_SYSTEM_FLAGS = {flag_key(flag): flag[1:].upper() for flag in (ANSWERED, DELETED, DRAFT, FLAGGED, SEEN)}


@value(frozen=True, slots=True)
class _Searches:
    wide: SearchProgram | None = None
    narrow: SearchProgram | None = None


_UNSEARCHABLE = _Searches()


def narrowed(rule: Rule, definitions: Definitions, now: datetime) -> SearchProgram | None:
    """The search that finds all messages that a rule can match at that time; None if that may be any message."""
    return _Narrowing(definitions, now).of_groups(rule.match).wide if isinstance(rule.match, Groups) else None


@value(frozen=True, slots=True)
class _Narrowing:
    definitions: Definitions
    now: datetime

    def of_groups(self, groups: Groups) -> _Searches:
        """The searches for a table of conditions."""
        return _all(self._parts(groups))

    def _parts(self, groups: Groups) -> list[_Searches]:
        parts = [self._of_condition(condition) for condition in groups.conditions()]
        if groups.any_ is not None:
            parts.append(_any([self.of_groups(table) for table in groups.any_]))
        if groups.all_ is not None:
            parts.append(_all([self.of_groups(table) for table in groups.all_]))
        if groups.not_ is not None:
            parts.append(_not(_any(self._parts(groups.not_))))
        return parts

    def _of_condition(self, condition: Condition) -> _Searches:
        match condition:
            case Age(over=over, under=under):
                return _all([*_bounds(_old, over, self.now), *_bounds(_young, under, self.now)])
            case Size(over=over, under=under):
                return _all([*_sizes("LARGER", over), *_sizes("SMALLER", under)])
            case Flags(has=flags):
                return _any([_exactly(partial(_flagged, flag)) for flag in flags or ()])
            case Search(matches=texts):
                return _any([_exactly(partial(parse_search, text)) for text in texts or ()])
            case Gmail(labels=None, searches=texts):
                return _any([_exactly(partial(parse_search, text)) for text in texts])
            case Named(names=names):
                return _any([self.of_groups(self.definitions.conditions[name]) for name in names])
        return _UNSEARCHABLE


def _all(parts: Sequence[_Searches]) -> _Searches:
    return _Searches(
        wide=_joined(and_, [part.wide for part in parts if part.wide is not None]),
        narrow=_joined(and_, [part.narrow for part in parts]),
    )


def _any(parts: Sequence[_Searches]) -> _Searches:
    return _Searches(
        wide=_joined(or_, [part.wide for part in parts]),
        narrow=_joined(or_, [part.narrow for part in parts if part.narrow is not None]),
    )


def _not(part: _Searches) -> _Searches:
    return _Searches(
        wide=None if part.narrow is None else ~part.narrow, narrow=None if part.wide is None else ~part.wide
    )


def _joined(
    join: Callable[[SearchProgram, SearchProgram], SearchProgram], programs: Sequence[SearchProgram | None]
) -> SearchProgram | None:
    known = [program for program in programs if program is not None]
    return reduce(join, known) if known and len(known) == len(programs) else None


def _exactly(make: Callable[[], SearchProgram]) -> _Searches:
    """The searches where IMAP can say just the same; where it can't write it, nothing is said."""
    try:
        program = make()
    except ArgumentError:
        return _UNSEARCHABLE
    return _Searches(program, program)


def _sizes(name: str, octets: int | None) -> Iterable[_Searches]:
    if octets is not None:
        yield _exactly(partial(search.key, name, octets))


def _flagged(flag: str) -> SearchProgram:
    name = _SYSTEM_FLAGS.get(flag_key(flag))
    return search.key("KEYWORD", flag) if name is None else search.key(name)


def _bounds(make: Callable[[date], _Searches], age: timedelta | None, now: datetime) -> Iterable[_Searches]:
    """A bound on the age; SEARCH knows days only, in a zone of its own: one more or less is taken to be sure."""
    if age is not None:
        today = now.astimezone(UTC).date()
        far = age > today - _EARLIEST
        yield _UNSEARCHABLE if far else make((now.astimezone(UTC) - age).date())


def _old(day: date) -> _Searches:
    return _Searches(search.key("BEFORE", day + 2 * _DAY), search.key("BEFORE", day - _DAY))


def _young(day: date) -> _Searches:
    return _Searches(search.key("SINCE", day - _DAY), search.key("SINCE", day + 2 * _DAY))
